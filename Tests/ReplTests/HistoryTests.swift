import Foundation
import Testing

@testable import Repl
@testable import Sessions

@Suite struct HistoryTests {
    @Test(arguments: ["plain", "two\nlines", "back\\slash\\n", "\\", "a\n\nb\\\\n", "日本\t"])
    func anyInputComesBackAsItWas(_ entry: String) throws {
        let home = try Home()
        History(path: home.path("new/folder/history")).append(entry)
        #expect(History(path: home.path("new/folder/history")).entries == [entry])
    }

    @Test func repeatedInputsAreKeptOnce() throws {
        let home = try Home()
        let history = History(path: home.path("history"))
        for entry in ["a", "a", "b", "a"] { history.append(entry) }
        #expect(history.entries == ["a", "b", "a"])
        #expect(try home.read("history") == "a\nb\na\n")
    }

    @Test func sessionsSideBySideKeepEverything() async throws {
        let home = try Home()
        let path = home.path("history")
        await withTaskGroup(of: Void.self) { group in
            for session in 0..<8 {
                group.addTask {
                    let history = History(path: path)
                    for number in 0..<100 { history.append("session \(session) input \(number)") }
                }
            }
        }
        #expect(Set(try home.read("history").split(separator: "\n")).count == 800)
    }

    @Test func theOldestAreLetGo() throws {
        let home = try Home()
        let many = (1...13_000).map { "\($0)\n" }.joined()
        try home.write("history", many)
        let history = History(path: home.path("history"))
        #expect(history.entries.count == 10_000)
        #expect(history.entries.first == "3001" && history.entries.last == "13000")
        #expect(try home.read("history").split(separator: "\n").count == 10_000)
    }

    /// Shortening the history replaces the file by a new one: a process that is killed meanwhile leaves one of the two.
    @Test func shorteningReplacesTheFile() throws {
        let home = try Home()
        let path = home.path("history")
        try home.write("history", (1...13_000).map { "\($0)\n" }.joined())
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        // A second hard link keeps the old file, which must be unchanged.
        try FileManager.default.linkItem(atPath: path, toPath: home.path("old"))
        _ = History(path: path)
        #expect(try home.read("old").split(separator: "\n").count == 13_000)
        #expect(try home.read("history").split(separator: "\n").count == 10_000)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.url.path).sorted() == ["history", "old"])
    }

    /// An input that waits for the lock while another session shortens the file goes into the new one.
    @Test func anInputThatWaitedGoesIntoTheNewFile() throws {
        let home = try Home()
        let path = home.path("history")
        try home.write("history", "first\n")
        let descriptor = open(path, O_RDWR)
        flock(descriptor, LOCK_EX)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            History(path: path).append("waited")
            done.signal()
        }
        // Whether the other thread has opened the file already or not, the result must be the same.
        try "shortened\n".write(toFile: path, atomically: true, encoding: .utf8)
        close(descriptor)
        done.wait()
        #expect(try home.read("history") == "shortened\nwaited\n")
    }

    @Test func aFileThatCannotBeWrittenIsToldOnce() throws {
        let home = try Home()
        try home.write("file", "")
        var warnings: [String] = []
        let history = History(path: home.path("file") + "/history", warn: { warnings.append($0) })
        history.append("a")
        history.append("b")
        #expect(warnings.count == 1)
        #expect(history.entries == ["a", "b"])
    }

    @Test func anInputIsNotGluedToALineThatWasCutOff() throws {
        let home = try Home()
        try home.write("history", "a\nhalf of")
        History(path: home.path("history")).append("b")
        #expect(try home.read("history") == "a\nhalf of\nb\n")
    }

    /// Beyond a limit on the size of files, as on a full disk: no part of the input is left, the reason is the
    /// system's, and later an input that fits is kept.
    @Test func anInputThatDoesNotFitLeavesNothing() async throws {
        // The folder that this process and its child both use.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("luaflow-history-\(getpid())")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        await #expect(processExitsWith: .success) {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(
                "luaflow-history-\(getppid())/history"
            ).path
            var limit = rlimit(rlim_cur: 100, rlim_max: 100)
            #if canImport(Glibc)
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #else
                setrlimit(RLIMIT_FSIZE, &limit)
            #endif
            var warnings: [String] = []
            let history = History(path: path, warn: { warnings.append($0) })
            history.append("first")
            // First a part of the input fits into the file, then nothing does.
            history.append(String(repeating: "x", count: 200))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "first\n")
            #expect(warnings.count == 1 && warnings[0].hasSuffix(": File too large"), "\(warnings)")
            history.append(String(repeating: "y", count: 93))
            history.append("z")
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(kept == "first\n" + String(repeating: "y", count: 93) + "\n", "\(kept)")
            #expect(history.entries.count == 4)
        }
    }

    @Test func aHomeThatIsNotThereIsNotMade() throws {
        let home = try Home()
        var warnings: [String] = []
        let missing = home.path("nobody")
        History(path: missing + "/.local/state/luaflow/history", home: missing, warn: { warnings.append($0) }).append(
            "a")
        #expect(warnings.count == 1 && !FileManager.default.fileExists(atPath: missing))
    }

    @Test func theUserSaysWhere() {
        #expect(History.standardPath(["LUAFLOW_HISTORY": "/x", "HOME": "/h"]) == "/x")
        #expect(History.standardPath(["LUAFLOW_HISTORY": "", "HOME": "/h"]) == nil)
        #expect(History.standardPath(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/luaflow/history")
        #expect(
            History.standardPath(["XDG_STATE_HOME": "relative", "HOME": "/h"]) == "/h/.local/state/luaflow/history")
    }
}
