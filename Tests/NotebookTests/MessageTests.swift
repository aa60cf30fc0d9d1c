import Foundation
import LuaFlow
import Testing

@testable import Notebook

@Suite struct MessageTests {
    private static let key = Signature(key: Array("secret".utf8))

    private static func frames(_ change: (inout [[UInt8]]) -> Void = { _ in }) -> [[UInt8]] {
        var message = Message("execute_request", ["code": "1 + 1", "é": .null], session: "s", parent: ["a": 1])
        message.identities = [[0, 255, 7], Array("second".utf8)]
        message.buffers = [[1, 2, 3], []]
        var frames = message.frames(key)
        change(&frames)
        return frames
    }

    /// The first three test cases of RFC 4231.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), nil,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
    ] as [([UInt8], String?, String)])
    func signaturesAreHMACSHA256(_ key: [UInt8], _ text: String?, _ expected: String) {
        let bytes = text.map { Array($0.utf8) } ?? [UInt8](repeating: 0xdd, count: 50)
        #expect(Signature(key: key).of([bytes]) == expected)
        // The signature of several parts is that of their concatenation.
        #expect(Signature(key: key).of([Array(bytes.prefix(3)), Array(bytes.dropFirst(3))]) == expected)
    }

    @Test func whatIsSentIsRead() throws {
        let message = try Message(Self.frames(), Self.key)
        #expect(message.type == "execute_request" && !message.id.isEmpty)
        #expect(message.identities == [[0, 255, 7], Array("second".utf8)])
        #expect(message.content == ["code": "1 + 1", "é": .null] && message.parent == ["a": 1])
        #expect(message.buffers == [[1, 2, 3], []])
        #expect(message.header["version"] == "5.4")
        let date = message.header["date"]?.text ?? ""
        #expect(date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil, "\(date)")
    }

    @Test func aWrongSignatureIsRefusedBeforeAnythingIsRead() {
        let wrong: [(inout [[UInt8]]) -> Void] = [
            { $0[3][0] ^= 1 }, { $0[3] = [] }, { $0[3].removeLast() },
            { $0[3] = Array(String(repeating: "0", count: 64).utf8) }, { $0[7].append(0x20) },
            { $0[4] = Array("{}".utf8) }, { $0[5] = Array("no JSON".utf8) }, { $0.swapAt(5, 6) },
        ]
        for (number, change) in wrong.enumerated() {
            let fault = #expect(throws: Message.Fault.self, "\(number)") { try Message(Self.frames(change), Self.key) }
            #expect(fault?.description.contains("signature") == true, "\(number): \(String(describing: fault))")
        }
        let other = Signature(key: Array("other".utf8))
        #expect(throws: Message.Fault.self) { try Message(Self.frames(), other) }
        // With an empty key nothing is signed.
        #expect(throws: Never.self) { try Message(Self.frames { $0[3] = [] }, Signature(key: [])) }
    }

    @Test(arguments: [
        ([], "no frame <IDS|MSG>"), (["a", "b"], "no frame <IDS|MSG>"), (["<IDS|MSG>"], "got 0 frames"),
        (["<IDS|MSG>", "", "{}", "{}", "{}"], "got 4 frames"),
        (["<IDS|MSG>", "", "{", "{}", "{}", "{}"], "header is no JSON object"),
        (["<IDS|MSG>", "", "{\"msg_type\": \"x\"}", "[]", "{}", "{}"], "parent header is no JSON object"),
        (["<IDS|MSG>", "", "{\"msg_type\": \"x\"}", "{}", "{}", "3"], "content is no JSON object"),
        (["<IDS|MSG>", "", "{}", "{}", "{}", "{}"], "no msg_type"),
        (["<IDS|MSG>", "", "{\"msg_type\": 3}", "{}", "{}", "{}"], "no msg_type"),
    ])
    func framesThatAreNoMessageAreErrorsInWords(_ frames: [String], _ words: String) {
        let fault = #expect(throws: Message.Fault.self) {
            try Message(frames.map { Array($0.utf8) }, Signature(key: []))
        }
        #expect(fault?.description.contains(words) == true, "\(String(describing: fault))")
    }

    // MARK: Connection files

    private static let file: [String: JSON] = [
        "transport": "tcp", "ip": "127.0.0.1", "shell_port": 1, "control_port": 2, "iopub_port": 3, "stdin_port": 4,
        "hb_port": 65535, "key": "k", "signature_scheme": "hmac-sha256", "kernel_name": "luaflow",
    ]

    @Test func aConnectionFileIsRead() throws {
        let file = try ConnectionFile(JSON.object(Self.file).bytes, called: "c.json")
        #expect(file.address(.heartbeat) == "tcp://127.0.0.1:65535" && file.key == [UInt8(ascii: "k")])
        let members = Self.file.merging(["transport": "ipc", "ip": "run/k"]) { $1 }
        let ipc = try ConnectionFile(JSON.object(members).bytes, called: "")
        #expect(ipc.address(.iopub) == "ipc://run/k-3")
    }

    @Test(arguments: [
        ("transport", JSON.null, "\"transport\" is missing"), ("transport", "udp", "\"tcp\" or \"ipc\" expected"),
        ("ip", 3, "\"ip\" is missing"), ("hb_port", 0, "\"hb_port\" is missing, or no number from 1 to 65535"),
        ("stdin_port", 65536, "\"stdin_port\""), ("shell_port", "5", "\"shell_port\""), ("key", .null, "\"key\""),
        ("signature_scheme", "hmac-md5", "\"hmac-sha256\" expected"), ("iopub_port", .number(2.5), "\"iopub_port\""),
    ] as [(String, JSON, String)])
    func aWrongOneIsAnErrorInWords(_ member: String, _ value: JSON, _ words: String) {
        let bytes = JSON.object(Self.file.merging([member: value]) { $1 }).bytes
        let error = #expect(throws: ScriptError.self) { try ConnectionFile(bytes, called: "c.json") }
        let message = error?.message ?? ""
        #expect(message.contains(words) && message.hasPrefix("c.json: "), "\(message)")
    }

    @Test func aFileThatIsNoneIsAnErrorInWords() throws {
        #expect(throws: ScriptError.self) { try ConnectionFile(Array("{\"transport\"".utf8), called: "c.json") }
        #expect(throws: ScriptError.self) { try ConnectionFile(Array("[]".utf8), called: "c.json") }
        #expect(throws: ScriptError.self) { try ConnectionFile(path: "/no/such/file") }
        #expect(throws: ScriptError.self) { try ConnectionFile(path: "/dev/zero") }
    }

    @Test func withoutLibzmqItIsSaidWhatToInstall() {
        let error = #expect(throws: ScriptError.self) { try ZMQ(names: ["libzmq-is-not-here.so"]) }
        #expect(error?.message.contains("apt-get install libzmq5") == true)
    }
}
