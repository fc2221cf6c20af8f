import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

/// Whatever bytes arrive: a value or a ``WireError``, never a trap. A value must be one that can be written and read
/// again, and an action one that keeps the limits.
@Suite struct HostileBytesTests {
    @Test(arguments: WireFormat.allCases, ClientSamples.all)
    func truncatedClientFrame(format: WireFormat, sample: Sample<WireClientFrame>) {
        let bytes = format.encode(sample.frame)
        for length in bytes.indices { readAsClient(Array(bytes[..<length]), format) }
    }

    @Test(arguments: WireFormat.allCases, ServerSamples.all)
    func truncatedServerFrame(format: WireFormat, sample: Sample<WireServerFrame>) {
        let bytes = format.encode(sample.frame)
        for length in bytes.indices { readAsServer(Array(bytes[..<length]), format) }
    }

    @Test(arguments: WireFormat.allCases, ClientSamples.all)
    func mutatedClientFrame(format: WireFormat, sample: Sample<WireClientFrame>) {
        forEachMutation(of: format.encode(sample.frame)) { readAsClient($0, format) }
    }

    @Test(arguments: WireFormat.allCases, ServerSamples.all)
    func mutatedServerFrame(format: WireFormat, sample: Sample<WireServerFrame>) {
        forEachMutation(of: format.encode(sample.frame)) { readAsServer($0, format) }
    }

    /// JSON has no legal proper prefix of an object, and protobuf none that ends inside a field.
    @Test(arguments: ClientSamples.all)
    func truncatedJSONIsRefused(sample: Sample<WireClientFrame>) {
        let bytes = WireFormat.json.encode(sample.frame)
        for length in bytes.indices {
            #expect(throws: WireError.self) { try WireFormat.json.decodeClientFrame(Array(bytes[..<length])) }
        }
    }

    @Test(arguments: [
        "", "null", "[]", "1", "{", "{}}", "{\"send\":[]}", "{\"ack\":{\"through\":-1}}", "{\"ack\":{\"through\":1.5}}",
        "{\"ack\":{\"through\":\"18446744073709551616\"}}", "{\"ping\":{},\"ack\":{}}",
        "{\"send\":{\"payload\":\"%\"}}",
        "{\"send\":{\"user\":\"\\ud800\"}}", "{\"x\":" + String(repeating: "[", count: 100_000),
    ])
    func badJSONIsInvalidData(text: String) {
        expectInvalid(Array(text.utf8), .json)
    }

    @Test(
        arguments: [
            [0xFF], [0x12, 0x05, 0x0A], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            // A name that is not UTF-8; a group that is never closed; a wire type that there is not.
            [0x12, 0x03, 0x12, 0x01, 0xFF], [0x0B], [0x0F],
        ] as [[UInt8]])
    func badProtobufIsInvalidData(bytes: [UInt8]) {
        expectInvalid(bytes, .proto)
    }

    @Test func textThatIsNotUTF8IsInvalidData() {
        expectInvalid(Array("{\"send\":{\"user\":\"".utf8) + [0xFF] + Array("\"}}".utf8), .json)
    }

    private func expectInvalid(_ bytes: [UInt8], _ format: WireFormat) {
        let error = #expect(throws: WireError.self) { try format.decodeClientFrame(bytes) }
        #expect(error?.closeCode == .invalidData)
    }

    private func readAsClient(_ bytes: [UInt8], _ format: WireFormat) {
        do {
            let frame = try format.decodeClientFrame(bytes)
            if try format.decodeClientFrame(format.encode(frame)) != frame { Issue.record("\(bytes) changed") }
            if case .send(let submission) = try format.decodeAction(bytes, from: alice, limits: tight),
                submission.content.byteCount > tight.messageBytes
            {
                Issue.record("\(bytes) passed the limit")
            }
        } catch {
            if ![.invalidData, .badFrame].contains(error.closeCode) { Issue.record("\(bytes): \(error)") }
        }
    }

    private func readAsServer(_ bytes: [UInt8], _ format: WireFormat) {
        do {
            let frame = try format.decodeServerFrame(bytes)
            if try format.decodeServerFrame(format.encode(frame)) != frame { Issue.record("\(bytes) changed") }
        } catch {
            if error.closeCode != .invalidData { Issue.record("\(bytes): \(error)") }
        }
    }

    /// Every byte in turn as every other value.
    private func forEachMutation(of bytes: [UInt8], _ body: ([UInt8]) -> Void) {
        var mutated = bytes
        for index in bytes.indices {
            for difference in 1...UInt8.max {
                mutated[index] = bytes[index] ^ difference
                body(mutated)
            }
            mutated[index] = bytes[index]
        }
    }

    private let tight: RestanteCore.Limits = {
        var limits = RestanteCore.Limits()
        limits.messageBytes = 3
        return limits
    }()
}
