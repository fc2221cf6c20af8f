import Configuration
import RestanteCore
import RestanteGateway

/// The settings of TLS, of what stands before the server, and of tokens.
extension SettingsReader {
    mutating func readTransport(_ settings: inout ServeSettings) {
        settings.tls = tls()
        settings.allowPlain = flag(.allowPlain) ?? settings.allowPlain
        let host = settings.gateway.host
        let isLocal = host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true
        if !isLocal, settings.tls == nil, !settings.allowPlain, !given.contains(.tlsCertificate) {
            problems.append(
                "host: other machines can reach \(host), and without TLS everybody on the way reads their tokens: give "
                    + "tlsCertificate and tlsKey, or allowPlain (\(Setting.allowPlain.flag)) behind a proxy that does TLS"
            )
        }
        settings.gateway.trustedProxies.ranges = ranges()
        settings.gateway.trustedProxies.header = header() ?? .xForwardedFor
        settings.gateway.allowedOrigins = origins()
    }

    mutating func readTokens(_ settings: inout ServeSettings) {
        settings.tokenAudience = text(.tokenAudience)
        settings.tokenIssuer = text(.tokenIssuer)
        settings.tokenClockSkew = number(.tokenClockSkew, 0...300).map(Int64.init) ?? settings.tokenClockSkew
        guard let names = list(.tokenAlgorithms) else { return }
        let algorithms = names.compactMap(KeySet.Algorithm.init(rawValue:))
        guard algorithms.count == names.count, !algorithms.isEmpty else {
            let known = KeySet.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("tokenAlgorithms: must be some of \(known)")
            return
        }
        settings.tokenAlgorithms = Set(algorithms)
    }

    private mutating func tls() -> TLSFiles? {
        let (certificate, key, authorities) = (text(.tlsCertificate), text(.tlsKey), text(.tlsClientCa))
        guard let certificate, let key else {
            if certificate != nil || key != nil || authorities != nil {
                problems.append("tlsCertificate, tlsKey: TLS needs both, with tlsClientCa or without")
            }
            return nil
        }
        return TLSFiles(certificate: certificate, key: key, clientAuthorities: authorities)
    }

    private mutating func ranges() -> [IPNetwork] {
        let texts = list(.trustedProxies) ?? []
        let ranges = texts.compactMap { IPNetwork($0) }
        if ranges.count < texts.count {
            problems.append(
                "trustedProxies: must be addresses or ranges like 10.0.0.0/8 (bits after the prefix are zero), not names"
            )
        }
        return ranges
    }

    private mutating func header() -> TrustedProxies.Header? {
        guard let name = text(.forwardedHeader) else { return nil }
        guard let header = TrustedProxies.Header(rawValue: name.lowercased()) else {
            let known = TrustedProxies.Header.allCases.map(\.rawValue).joined(separator: " or ")
            problems.append("forwardedHeader: must be \(known)")
            return nil
        }
        return header
    }

    private mutating func origins() -> AllowedOrigins {
        guard let origins = AllowedOrigins(list(.allowedOrigins) ?? []) else {
            problems.append("allowedOrigins: must be origins like https://app.example.org, without a path, or *")
            return AllowedOrigins()
        }
        return origins
    }

    mutating func flag(_ setting: Setting) -> Bool? {
        guard given.contains(setting) else { return nil }
        guard let flag = config.bool(forKey: configKey(setting)) else {
            problems.append("\(setting.key): must be true or false")
            return nil
        }
        return flag
    }

    /// A text with commas, or in the configuration file also an array.
    mutating func list(_ setting: Setting) -> [String]? {
        guard given.contains(setting) else { return nil }
        let text = config.string(forKey: configKey(setting))
        guard
            let parts = text.map({ $0.split(separator: ",").map(String.init) })
                ?? config.stringArray(forKey: configKey(setting))
        else {
            problems.append("\(setting.key): must be a list, or a text with commas")
            return nil
        }
        return parts.map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }
}
