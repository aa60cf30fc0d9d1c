import Editors
import LuaFlow
import Repl

/// A part of a catalogue, and what must follow from its declaration alone: it is called from Lua, documented,
/// completed, checked and defined for editors.
public struct ListedPart: Sendable {
    /// The part's full name, such as `projection.Slab`.
    let name: String
    /// Lua code that calls the part and asserts its numbers.
    let right: String
    /// One call with a value of a wrong type.
    let wrong: String
    /// What is typed before Tab, and the name that completion must offer.
    let typed: String, completed: String

    public init(_ name: String, right: String, wrong: String, typed: String, completed: String) {
        (self.name, self.right, self.wrong, self.typed, self.completed) = (name, right, wrong, typed, completed)
    }

    /// Checks the part in `module`, which replaces the built-in module of the same name, and returns a description of
    /// each requirement that fails.
    public func faults(in module: any ScriptModule) throws -> [String] {
        let modules = Host.builtInModules.map { $0.name == module.name ? module : $0 }
        let index = try ScriptIndex(modules)
        guard let entry = index.entries.first(where: { $0.name == name }) else {
            return ["\(name) is not in the index"]
        }
        var faults: [String] = []
        func demand(_ holds: Bool, _ fault: @autoclosure () -> String) { if !holds { faults.append(fault()) } }

        let words = { (text: String) in text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        let page = try Manual(modules).page(name)
        demand(words(page).contains(words(entry.documentation.summary)), "doc \(name) has no summary: \(page)")
        let list = try Manual(modules).page(module.name)
        demand(list.contains(entry.function.shortName), "doc \(module.name) does not list it: \(list)")

        for code in [right, entry.documentation.example ?? "error('no example')"] {
            let message = try message(of: code, modules)
            demand(message == nil, "\(code): \(message ?? "")")
        }

        let found = try PromptSession(host: host(modules)).candidates(typed)
        demand(found == [completed], "\(typed) completes to \(found)")

        let checker = Checker(index, modulesAreGlobals: true)
        demand(checker.check(Array(right.utf8)).isEmpty, "check of \(right): \(checker.check(Array(right.utf8)))")
        let told = checker.check(Array(wrong.utf8)).map(\.message)
        let run = try message(of: wrong, modules) ?? "no error"
        demand(told.count == 1 && run.hasSuffix(told.first ?? ""), "\(wrong): check says \(told), the run \(run)")

        let definitions = Definitions(index).files.map(\.text).joined(separator: "\n").split(separator: "\n")
        demand(definitions.contains { $0.hasPrefix("function \(name)(") }, "LuaCATS does not define it")
        return faults
    }

    private func host(_ modules: [any ScriptModule]) throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        return try Host(modules: modules, options: options)
    }

    /// The first line of the error that the code ends with; nil when it ends without one.
    private func message(of code: String, _ modules: [any ScriptModule]) throws -> String? {
        do {
            try host(modules).run(code: code, name: "part")
            return nil
        } catch let error as LuaError {
            return error.message.split(separator: "\n").first.map(String.init) ?? ""
        }
    }
}
