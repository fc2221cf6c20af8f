import FoundationEssentials

extension Data {
    /// In the alphabet of URLs and without padding (RFC 4648 §5).
    var base64URL: String {
        String(
            base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
