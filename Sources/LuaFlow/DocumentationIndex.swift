import Scripting

/// Everything that scripts can name, and its page for `luaflow doc`.
public struct DocumentationIndex {
    private let modules: [any ScriptModule]
    /// Functions, methods, properties and operators by full name.
    private let entries: [(name: String, documentation: Documentation)]

    public init(_ modules: [any ScriptModule]) {
        self.modules = modules
        var entries: [(name: String, documentation: Documentation)] = []
        func add(_ function: NativeFunction) {
            if !entries.contains(where: { $0.name == function.name }) { entries.append((function.name, function.documentation)) }
        }
        for module in modules {
            if let call = module.call { add(call) }
            module.functions.forEach(add)
            for face in module.types {
                (face.methods + face.properties).forEach(add)
                face.operators.sorted { $0.key.rawValue < $1.key.rawValue }.forEach { add($0.value) }
            }
        }
        self.entries = entries
    }

    /// All names and their documentation, in the modules' order.
    public var all: [(name: String, documentation: Documentation)] { entries }

    /// The page for a name; without one, the list of modules.
    /// - Throws: ``ScriptError`` for an unknown name, with the nearest.
    public func page(_ name: String?) throws -> String {
        guard let name else {
            let width = modules.map(\.name.count).max() ?? 0
            return modules.map { "\($0.name.padded(to: width))  \($0.summary)\n" }.joined() + "\nluaflow doc MODULE lists a module; luaflow doc NAME prints one entry.\n"
        }
        if let module = modules.first(where: { $0.name == name }) { return page(of: module) }
        let matches = entries.filter { $0.name == name || $0.name == name.replacingColon() || $0.name.lastPart == name }
        guard !matches.isEmpty else {
            throw ScriptError("luaflow doc", "nothing is named \"\(name)\"" + suggestion(for: name, among: entries.map(\.name) + modules.map(\.name)))
        }
        return matches.map { entry(documentation: $0.documentation, name: $0.name) }.joined(separator: "\n")
    }

    private func page(of module: any ScriptModule) -> String {
        var text = "\(module.name): \(module.summary)\n"
        if let call = module.call { text += "\n" + entry(documentation: call.documentation, name: call.name) }
        text += "\n" + module.functions.map { line($0) }.joined()
        for face in module.types {
            text += "\n\(face.type.name): \(face.summary)\n" + (face.properties + face.methods).map { line($0) }.joined()
        }
        return text
    }

    private func line(_ function: NativeFunction) -> String {
        let summary = function.documentation.summary
        let sentence = summary.range(of: ". ").map { String(summary[..<$0.lowerBound]) + "." } ?? summary
        return "  \(function.name.padded(to: 24))  \(sentence)\n"
    }

    private func entry(documentation: Documentation, name: String) -> String {
        var text = documentation.signature + "\n\n" + documentation.summary.wrapped(to: 78, indent: "  ") + "\n"
        if let errors = documentation.errors { text += "\n" + "Errors: \(errors).".wrapped(to: 78, indent: "  ") + "\n" }
        if let source = documentation.source { text += "\n" + "Source: \(source).".wrapped(to: 78, indent: "  ") + "\n" }
        if let example = documentation.example {
            text += "\n  Example:\n" + example.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        }
        return text
    }
}

extension String {
    fileprivate var lastPart: String { String(self[(lastIndex { $0 == "." || $0 == ":" }.map { index(after: $0) } ?? startIndex)...]) }
    fileprivate func replacingColon() -> String { String(map { $0 == "." ? ":" : $0 }) }
    fileprivate func padded(to width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }

    fileprivate func range(of separator: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) { return start..<index(start, offsetBy: separator.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func wrapped(to width: Int, indent: String) -> String {
        var lines: [String] = []
        for word in split(whereSeparator: \.isWhitespace) {
            if let last = lines.last, last.count + 1 + word.count <= width { lines[lines.count - 1] = last + " " + word } else { lines.append(indent + word) }
        }
        return lines.joined(separator: "\n")
    }
}
