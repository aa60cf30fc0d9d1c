import Foundation
import LuaFlow
import Synchronization
import Testing

@testable import Notebook

@Suite struct KernelPartTests {
    private final class Published: Sendable {
        let all = Mutex<[(type: String, content: JSON)]>([])
        var texts: [String] { all.withLock { $0.compactMap { $0.content["text"]?.text } } }
        var types: [String] { all.withLock { $0.map(\.type) } }
    }

    private func output(_ published: Published) -> CellOutput {
        CellOutput(prefix: "id ") { type, content in published.all.withLock { $0.append((type, content)) } }
    }

    @Test func textIsSentInWholeLettersAndInOrder() {
        let published = Published()
        let output = output(published)
        // A letter of two bytes that lies across the border of two pieces.
        let first = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 14) + [0xc3]
        output.take(.text(.output, first))
        #expect(published.texts.map(\.count) == [1 << 14])
        output.take(.text(.output, [0xa9]))
        output.take(.text(.error, Array("e".utf8)))
        output.take(.text(.output, [0xff]))
        output.flush()
        #expect(Array(published.texts.dropFirst()) == ["é", "e", "\u{fffd}"])
        let names = published.all.withLock { $0.map { $0.content["name"]?.text ?? "" } }
        #expect(names == ["stdout", "stdout", "stderr", "stdout"])
    }

    @Test(
        arguments: [
            ([], 0), ([0x61], 1), ([0xc3], 0), ([0x61, 0xe2, 0x82], 1), ([0xe2, 0x82, 0xac], 3),
            ([0xf0, 0x9f, 0x98], 0), ([0x80, 0x80, 0x80, 0x80, 0x80], 5),
            ([0xff], 0), ([0xff, 0x61], 2),
        ] as [([UInt8], Int)])
    func wholeLettersAreCounted(_ bytes: [UInt8], _ count: Int) { #expect(CellOutput.wholeLetters(bytes) == count) }

    @Test func aQuestionIsTakenFromWhatWaits() {
        let published = Published()
        let output = output(published)
        output.take(.text(.output, Array("one\nname? é ".utf8)))
        #expect(output.takeUnfinishedLine() == "name? é ")
        #expect(output.takeUnfinishedLine() == "")
        output.flush()
        output.take(.text(.error, Array("wrong".utf8)))
        #expect(output.takeUnfinishedLine() == "")
        output.flush()
        #expect(published.texts == ["one\n", "wrong"])
    }

    @Test func whatIsReplacedKeepsItsName() {
        let published = Published()
        let output = output(published)
        output.take(.text(.output, Array("before".utf8)))
        for step in 1...3 { output.take(.replaced(id: "bar", [Representation("text/plain", "\(step)")])) }
        output.take(.replaced(id: "other", [Representation("image/png", bytes: [1, 2, 3])]))
        output.take(.cleared(wait: true))
        #expect(
            published.types == [
                "stream", "display_data", "update_display_data", "update_display_data", "display_data", "clear_output",
            ])
        let all = published.all.withLock { $0 }
        #expect(
            all[1].content["transient"]?["display_id"] == "id bar"
                && all[3].content["transient"]?["display_id"] == "id bar")
        #expect(all[4].content["data"]?["image/png"] == "AQID" && all[4].content["data"]?["text/plain"] == "(picture)")
    }

    @Test func historyIsFoundAsItIsAskedFor() {
        var history = CellHistory()
        for (number, code) in ["a = 1", "b = 2", "a = 1", "print(a)"].enumerated() {
            history.add(number + 1, code, value: number == 3 ? "1" : nil)
        }
        func numbers(_ request: JSON) -> [Int] { history.found(request).map(\.number) }
        #expect(numbers(["hist_access_type": "tail", "n": 2]) == [3, 4])
        #expect(numbers(["hist_access_type": "tail", "n": -3]) == [])
        #expect(numbers(["hist_access_type": "range", "session": 1, "start": 2, "stop": 4]) == [2, 3])
        #expect(numbers(["hist_access_type": "range", "session": 9, "start": 0]) == [])
        #expect(numbers(["hist_access_type": "search", "pattern": "a*"]) == [1, 3])
        #expect(numbers(["hist_access_type": "search", "pattern": "a*", "unique": true]) == [3])
        #expect(numbers(["hist_access_type": "search", "pattern": "?*=*", "n": 2]) == [2, 3])
        #expect(numbers(["hist_access_type": "nonsense"]) == [])
        #expect(
            history.reply(["hist_access_type": "tail", "n": 1, "output": true])["history"] == [
                [1, 4, ["print(a)", "1"]]
            ])
    }

    @Test(arguments: [
        ("", "*", true), ("", "?", false), ("abc", "a*c", true), ("abc", "*b", false), ("aab", "*ab", true),
        ("a[b]", "a[b]", true),
    ])
    func patternsAreStarsAndQuestionMarks(_ text: String, _ pattern: String, _ expected: Bool) {
        #expect(CellHistory.matches(Array(text), Array(pattern)) == expected)
    }

    @Test func placesAreCountedInCodePoints() {
        let text = "aé😀b"
        #expect((0...5).map { CodePlaces.offset($0, in: text) } == [0, 1, 3, 7, 8, 8])
        #expect([0, 1, 3, 7, 8].map { CodePlaces.position($0, in: text) } == [0, 1, 2, 3, 4])
        #expect(CodePlaces.offset(-4, in: text) == 0 && CodePlaces.offset(nil, in: text) == nil)
    }

    @Test func theKernelIsInstalledWhereJupyterLooks() throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let folder = try KernelSpec(prefix: ByteString(scratch), program: "/opt/a b/luaflow", environment: [:])
            .install()
        #expect(folder.text == scratch + "/share/jupyter/kernels/luaflow")
        let spec = try JSON(try #require(folder.appending(path: "kernel.json").fileContents))
        #expect(spec["argv"] == ["/opt/a b/luaflow", "kernel", "run", "{connection_file}"] && spec["language"] == "lua")
        #expect(try KernelSpec.userFolder(["JUPYTER_DATA_DIR": "/j"]) == "/j")
        #expect(try KernelSpec.userFolder(["HOME": "/h", "JUPYTER_DATA_DIR": ""]).hasPrefix("/h/"))
        #expect(throws: ScriptError.self) { try KernelSpec.userFolder([:]) }
        #expect(throws: ScriptError.self) {
            try KernelSpec(prefix: "/dev/null/x", program: "p", environment: [:]).install()
        }
    }
}
