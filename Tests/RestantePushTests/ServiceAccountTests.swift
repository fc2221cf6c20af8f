import Foundation
import PushServers
import Testing

@testable import RestantePush

/// The file of a Google service account.
struct ServiceAccountTests {
    @Test func badFilesSayWhatToDo() throws {
        let good = try FCMRules(clock: FakeClock()).account(tokenURL: "https://oauth2.example.org/token")
        #expect(good.project == FCMRules.project)
        #expect("\(good)" == "the service account of example-project")
        for json in ["", "{}", #"{"type":"authorized_user"}"#] {
            #expect(throws: PushError.self) { try ServiceAccount(json: Data(json.utf8), name: "account.json") }
        }
        let fields = [
            "type": "service_account", "project_id": "p", "private_key_id": "k", "private_key": "secret",
            "client_email": "e",
            "token_uri": "https://oauth2.example.org/token",
        ]
        let error = #expect(throws: PushError.self) {
            try ServiceAccount(json: JSONEncoder().encode(fields), name: "account.json")
        }
        #expect(error?.message.contains("account.json") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(arguments: ["client_email", "private_key_id", "project_id"], ["", "a b", "../x"])
    func aFileWithAnEmptyFieldIsNone(field: String, value: String) throws {
        let isGood = value == "../x" && field != "project_id"
        let file = try FCMRules(clock: FakeClock()).accountFile(tokenURL: "https://oauth2.example.org/token")
        var fields = try JSONDecoder().decode([String: String].self, from: file)
        fields[field] = value
        let json = try JSONEncoder().encode(fields)
        guard !isGood else {
            _ = try ServiceAccount(json: json, name: "account.json")
            return
        }
        let error = #expect(throws: PushError.self) { try ServiceAccount(json: json, name: "account.json") }
        #expect(error?.message.contains(field) == true)
    }
}
