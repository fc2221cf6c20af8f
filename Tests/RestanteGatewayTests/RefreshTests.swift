import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// A connection goes on with a newer token of its device.
@Suite(.timeLimit(.minutes(5))) struct RefreshTests {
    private static let session = MachineDriver.session
    private static let newer = KeySet.Fingerprint(bits: 2)
    private static let newest = KeySet.Fingerprint(bits: 3)

    private func claims(_ address: DeviceAddress = TestKeys.alice, expiresAt: Int64 = 9000) -> TokenClaims {
        TokenClaims(bearer: .device(address), issuedAt: 4000, expiresAt: expiresAt)
    }

    @Test func theStoreIsAskedAndTheExpiryMoves() {
        var driver = MachineDriver.live()
        #expect(
            driver.take(.refreshing(claims(), key: Self.newer, id: 7)) == [
                .enqueue(.request(.refresh(issuedAt: 4000, expiresAt: 9_000_000), id: 7, from: .session(Self.session)))
            ])
        let answer = Result<Reply, Refusal>.success(.refreshed(expiresAt: 9_000_000))
        #expect(
            driver.take(.replied(answer, id: 7)) == [
                .expire(at: 9_000_000, key: Self.newer), .write(.other(.answered(answer, id: 7))),
            ])
    }

    /// The older token is still good for longer: that one was not taken back.
    @Test func anEarlierExpiryShortensNothing() {
        var driver = MachineDriver.live()
        _ = driver.take(.refreshing(claims(expiresAt: 4500), key: Self.newer, id: 7))
        let kept = Result<Reply, Refusal>.success(.refreshed(expiresAt: 5_000_000))
        #expect(
            driver.take(.replied(.success(.refreshed(expiresAt: 4_500_000)), id: 7)) == [
                .expire(at: 5_000_000), .write(.other(.answered(kept, id: 7))),
            ])
    }

    @Test(arguments: [
        (nil, ErrorCode.invalidToken),
        (
            TokenClaims(
                bearer: .device(DeviceAddress(user: TestKeys.alice.user, device: DeviceName(unchecked: "other"))),
                issuedAt: 1, expiresAt: 9000), .notAllowed
        ),
        (TokenClaims(bearer: .service(ServiceName(unchecked: "alice")), issuedAt: 1, expiresAt: 9000), .notAllowed),
    ])
    func anotherTokenIsRefusedAndTheSessionGoesOn(claims: TokenClaims?, code: ErrorCode) {
        var driver = MachineDriver.live()
        let actions = driver.take(.refreshing(claims, key: nil, id: 7))
        guard actions.count == 1, case .write(.other(let frame)) = actions[0] else {
            Issue.record("\(actions)")
            return
        }
        #expect(frame.requestID == 7 && frame.failure.code == UInt32(code.rawValue))
        #expect(driver.take(.received(.ping)) == [.write(.other(.pong()))])
    }

    @Test func aRefusalOfTheStoreMovesNothing() {
        var driver = MachineDriver.live()
        _ = driver.take(.refreshing(claims(), key: Self.newer, id: 7))
        let answer = Result<Reply, Refusal>.failure(Refusal(.invalidToken, "revoked"))
        #expect(driver.take(.replied(answer, id: 7)) == [.write(.other(.answered(answer, id: 7)))])
    }

    /// Each key stays with its own token until the store has said what it thinks of that.
    @Test func theKeyIsThatOfTheTokenThatWasTaken() {
        var driver = MachineDriver.live()
        _ = driver.take(.refreshing(claims(expiresAt: 8000), key: Self.newer, id: 7))
        _ = driver.take(.refreshing(claims(), key: Self.newest, id: 8))
        let taken = Result<Reply, Refusal>.success(.refreshed(expiresAt: 8_000_000))
        let refused = Result<Reply, Refusal>.failure(Refusal(.invalidToken, "revoked"))
        #expect(driver.take(.replied(taken, id: 7)).first == .expire(at: 8_000_000, key: Self.newer))
        #expect(driver.take(.replied(refused, id: 8)) == [.write(.other(.answered(refused, id: 8)))])
        _ = driver.take(.refreshing(claims(), key: Self.newer, id: 9))
        let last = Result<Reply, Refusal>.success(.refreshed(expiresAt: 9_000_000))
        #expect(driver.take(.replied(last, id: 9)).first == .expire(at: 9_000_000, key: Self.newer))
    }

    /// Also for a client that gives two requests the same id: they are answered in order.
    @Test func oneIDForSeveralTokensMixesUpNoKeys() {
        var driver = MachineDriver.live()
        let failed = Result<Reply, Refusal>.failure(Refusal(.invalidToken, "revoked"))
        _ = driver.take(.received(.request(.listGroups, id: 7)))
        _ = driver.take(.refreshing(claims(), key: Self.newer, id: 7))
        _ = driver.take(.refreshing(claims(), key: Self.newest, id: 7))
        for _ in 0..<2 { _ = driver.take(.replied(failed, id: 7)) }
        let taken = Result<Reply, Refusal>.success(.refreshed(expiresAt: 9_000_000))
        #expect(driver.take(.replied(taken, id: 7)).first == .expire(at: 9_000_000, key: Self.newest))
    }

    /// Over a socket: the key of a token that the store refused keeps no session open, and takes none along when it goes.
    @Test func theKeyOfARefusedTokenCountsForNothing() async throws {
        let (first, second) = (SigningKey.hmac(), SigningKey.p256())
        let store = ScriptedStore { command in
            guard case .request(.refresh, let id, let origin) = command else { return ScriptedStore.agreeable(command) }
            return [.replied(.failure(Refusal(.invalidToken, "revoked")), id: id, to: origin)]
        }
        try await TestServer.run(store: store) { server in
            server.gateway.use(try await KeySet.of([first.jwk(), second.jwk()]))
            let now = WallClock.seconds()
            let text = #"{"sub": "alice", "device": "phone", "iat": \#(now), "exp": \#(now + 3600)}"#
            try await RawClient.with(server) { client in
                let response = try await client.upgrade([
                    "authorization: Bearer \(try first.token(text))", "sec-websocket-protocol: restante.v1.json",
                ])
                #expect(response?.status == 101)
                #expect(await client.text()?.contains("welcome") == true)
                let token = try second.token(text)
                try await client.send(#"{"requestId": "1", "refresh": {"token": "\#(token)"}}"#)
                #expect(await client.text()?.contains("invalid_token") == true)
                server.gateway.use(try await KeySet.of([first.jwk()]))
                try await client.send(#"{"ping": {}}"#)
                #expect(await client.text() == #"{"pong":{}}"#)
                server.gateway.use(try await KeySet.of([second.jwk()]))
                #expect(await client.text() == #"{"closing":{"reason":"token_expired"}}"#)
            }
        }
    }

    /// Over a socket: it lives past the expiry of the token that it was opened with, and ends with the one of the last.
    @Test func aRefreshedConnectionLivesAsLongAsItsLastToken() async throws {
        let store = ScriptedStore { command in
            guard case .request(.refresh(_, let expiresAt), let id, let origin) = command else {
                return ScriptedStore.agreeable(command)
            }
            return [.replied(.success(.refreshed(expiresAt: expiresAt)), id: id, to: origin)]
        }
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                let start = ContinuousClock.now
                let first = try server.userToken(lifetime: 8)
                let response = try await client.upgrade([
                    "authorization: Bearer \(first)", "sec-websocket-protocol: restante.v1.json",
                ])
                #expect(response?.status == 101)
                #expect(await client.text()?.contains(#""expiresAt":""#) == true)
                try await client.send(#"{"requestId": "1", "refresh": {"token": "not.a.token"}}"#)
                let refused = await client.text()
                #expect(refused?.contains("invalid_token") == true && refused?.contains("not.a.token") == false)
                let second = try server.userToken(lifetime: 12)
                try await client.send(#"{"requestId": "2", "refresh": {"token": "\#(second)"}}"#)
                let answer = await client.text()
                #expect(answer?.contains(#""refreshed":{"expiresAt":""#) == true && answer?.contains(second) == false)
                #expect(await client.text() == #"{"closing":{"reason":"token_expired"}}"#)
                #expect(start.duration(to: .now) > .seconds(9))
                #expect(await client.frame() == .close(4401, "token_expired"))
            }
        }
    }
}
