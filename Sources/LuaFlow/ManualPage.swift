import Scripting

/// The layout of documentation: plain text, 80 columns where words allow.
package enum Page {
    package static let width = 78

    /// Entries in sequence; those that share a page (`tensor.norm` and `x:norm`) once.
    static func entries(_ entries: [ScriptIndex.Entry]) -> String {
        var pages: [(documentation: Documentation, names: [String], declaration: Declaration?)] = []
        for entry in entries {
            let same = pages.firstIndex {
                $0.documentation.signature == entry.documentation.signature
                    && $0.documentation.summary == entry.documentation.summary
            }
            if let same {
                pages[same].names.append(entry.name)
            } else {
                pages.append((entry.documentation, [entry.name], entry.declaration))
            }
        }
        return pages.map { page($0.documentation, $0.names, $0.declaration.flatMap(notes)) }.joined(separator: "\n")
    }

    /// Parameters about which there is more to say than their names and defaults.
    private static func notes(_ declaration: Declaration) -> [(name: String, text: String)]? {
        var seen: Set<String> = []
        let noted = declaration.forms.flatMap(\.specs).filter { !$0.note.isEmpty && seen.insert($0.name).inserted }
        return noted.isEmpty ? nil : noted.map { spec in
            // Messages continue after a comma: `two numbers, such as {0.9, 0.999}, expected`; here it is removed.
            let expected = spec.expected.hasSuffix(",") ? String(spec.expected.dropLast()) : spec.expected
            return (name: spec.name, text: "\(expected); \(spec.note)")
        }
    }

    private static func page(
        _ documentation: Documentation, _ names: [String], _ parameters: [(name: String, text: String)]?
    ) -> String {
        var text = documentation.signature.split(separator: "\n").map { signature(String($0)) + "\n" }.joined()
        // A function that is also a method but is shown in one notation only: the other is mentioned.
        if names.contains(where: { $0.contains(":") }),
            let function = names.first(where: { !$0.contains(":") }), !documentation.signature.contains(function + "(")
        {
            text += "\(function)(\(documentation.signature.prefix { $0 != ":" }), ...), the same as a function\n"
        }
        text += "\n" + wrapped(documentation.summary, indent: "  ") + "\n"
        if let parameters { text += "\n" + list(parameters, indent: "    ") }
        if let errors = documentation.errors { text += "\n" + wrapped(ended("Errors: \(errors)"), indent: "  ") + "\n" }
        if let source = documentation.source { text += "\n" + wrapped(ended("Source: \(source)"), indent: "  ") + "\n" }
        if !documentation.see.isEmpty {
            text += "\n" + wrapped("See \(documentation.see.joined(separator: ", ")).", indent: "  ") + "\n"
        }
        if let example = documentation.example {
            let lines = example.split(separator: "\n", omittingEmptySubsequences: false)
            text += "\n  Example:\n" + lines.map { "    \($0)\n" }.joined()
        }
        return text
    }

    private static func ended(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }

    /// A long signature continues on the next line, after a comma.
    private static func signature(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(lines.isEmpty ? String(word) : "    " + word)
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Names and texts in two columns.
    package static func list(_ rows: [(name: String, text: String)], indent: String = "") -> String {
        let column = min(rows.map(\.name.count).max() ?? 0, 26)
        let margin = indent + String(repeating: " ", count: column + 2)
        return rows.map { name, text in
            if text.isEmpty { return indent + name + "\n" }
            let lines = wrapped(text, indent: margin)
            let start = indent + name.padded(to: column) + "  "
            if name.count > column { return indent + name + "\n" + lines + "\n" }
            return start + lines.dropFirst(margin.count) + "\n"
        }.joined()
    }

    /// The first sentence.
    static func sentence(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let end = words.dropLast().firstIndex(where: endsSentence) else {
            return words.joined(separator: " ")
        }
        return words[...end].joined(separator: " ")
    }

    /// Excludes the `.` in {x : a . x = b}, and ellipses.
    private static func endsSentence(_ word: Substring) -> Bool {
        word.count > 1 && word.hasSuffix(".") && !word.hasSuffix("..")
    }

    package static func wrapped(_ text: String, indent: String = "") -> String {
        var lines: [String] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(indent + word)
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
