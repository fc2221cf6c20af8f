import Crypto
import RestanteCore

extension RestanteCore.Request {
    /// What neither the wire, which knows no cryptography, nor the store looks for: a key of Web Push that is no point of the curve
    /// encrypts nothing, and its device would never be woken.
    var keyFault: Refusal? {
        guard case .registerPush(.webPush(_, let key, _), _) = self,
            (try? P256.KeyAgreement.PublicKey(x963Representation: key)) == nil
        else { return nil }
        return Refusal(.badRequest, "key must be p256dh as the browser made it: this is no point of P-256")
    }
}
