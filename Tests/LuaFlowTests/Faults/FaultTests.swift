import Foundation
import LuaFlow
import Testing

/// A fault that LuaFlow once had: what was tried, what is right, and what shows today that it is right.
struct Fault: Sendable, CustomTestStringConvertible {
    let tried: String
    let right: String
    /// A script that raises an error, with the wrong value in it, if the fault is there.
    var script = ""
    /// Tests of the suite that fail if the fault is there, each as "File.function".
    var tests: [String] = []

    var testDescription: String { "\(tried): \(right)" }
}

/// The faults that were found by trying LuaFlow from outside. A fault is shown by a script here; by named tests where
/// more than a script is needed (prompts, processes, signals, files of other programs); or by both.
@Suite struct FaultTests {
    static let all = numbers + texts + endings + files + students + hosts

    /// Lua functions that the scripts use, besides the modules.
    static let helpers = """
        local function D(t) return tensor(t, {dtype = "float64"}) end
        local function is(got, right, relative)
          if type(right) == "number" and relative then
            if math.abs(got - right) <= relative * math.abs(right) then return end
          elseif got == right then return end
          error(("got %s, right is %s"):format(got, right), 2)
        end
        local function refused(words, f, ...)
          local ok, message = pcall(f, ...)
          if ok or not tostring(message):find(words, 1, true) then
            error(("%s, where an error with %q is right"):format(ok and "no error" or message, words), 2)
          end
        end

        """

    @Test(arguments: all.filter { !$0.script.isEmpty }) func rightValues(fault: Fault) throws {
        let scratch = try Scratch()
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        defer { host.interpreter.close() }
        let folder = "local folder = [[\(scratch.path(""))]]\n"
        do {
            try host.run(code: Self.helpers + folder + fault.script, name: "=fault")
        } catch {
            Issue.record("\(fault.tried): right is \(fault.right): \(error)")
        }
    }

    /// Every test that is named here exists: after a renaming the fault would be without a test.
    @Test func namedTestsAreThere() throws {
        let folder = Command.repository.appendingPathComponent("Tests")
        var texts: [String: String] = [:]
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            texts[file.deletingPathExtension().lastPathComponent, default: ""] += text
        }
        for fault in Self.all {
            #expect(!fault.script.isEmpty || !fault.tests.isEmpty, "\(fault.tried) is shown by nothing")
            for test in fault.tests {
                let parts = test.split(separator: ".")
                let isThere = parts.count == 2 && texts[String(parts[0])]?.contains("func \(parts[1])(") == true
                #expect(isThere, "\(fault.tried): there is no test \(test)")
            }
        }
    }

    @Test func everyCaseIsThereOnce() {
        #expect(Set(Self.all.map(\.tried)).count == Self.all.count)
        #expect(Self.all.count > 80)
    }
}
