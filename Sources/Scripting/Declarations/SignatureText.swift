// The signature that documentation prints, from a declaration: `x:norm(p = 2, dim = nil, keepdim = false) -> tensor`.

extension Declaration {
    /// The signature, one line per form; a function that is also a method has a line for each.
    public var signature: String {
        forms.flatMap { form in heads(of: form).map { form.text($0) } }.joined(separator: "\n")
    }

    private var shortName: String {
        String(name[(name.lastIndex { $0 == "." || $0 == ":" }.map { name.index(after: $0) } ?? name.startIndex)...])
    }

    private var receiver: String { form.specs.first?.name ?? "x" }

    private func heads(of form: Form) -> [SignatureHead] {
        switch style {
        case .function: return [.init(name, from: 0)]
        case .method: return [.init("\(receiver):\(shortName)", from: 1)]
        case .both: return [.init(name, from: 0), .init("\(receiver):\(shortName)", from: 1)]
        case .property: return [.init("\(receiver).\(shortName)", hasArguments: false)]
        case .setter:
            let value = form.specs.dropFirst().first?.name ?? "value"
            return [.init("\(receiver).\(shortName) = \(value)", hasArguments: false)]
        case .symbol(let text):
            // `x[i]` and `x[mask]` are two forms of one signature.
            let own = zip(self.form.specs, form.specs).reduce(text) { text, specs in
                text.replacing("[\(specs.0.name)]", with: "[\(specs.1.name)]")
            }
            return [.init(own, hasArguments: false)]
        }
    }
}

private struct SignatureHead {
    let text: String
    let first: Int
    let hasArguments: Bool

    init(_ text: String, from first: Int = 0, hasArguments: Bool = true) {
        (self.text, self.first, self.hasArguments) = (text, first, hasArguments)
    }
}

extension Form {
    fileprivate func text(_ head: SignatureHead) -> String {
        if results.count == 1, case .iterator(let fields) = results[0].type {
            return "for \(fields.map(\.name).joined(separator: ", ")) in \(text(head, "")) do"
        }
        return text(head, results.isEmpty ? "" : " -> " + results.map(\.text).joined(separator: ", "))
    }

    private func text(_ head: SignatureHead, _ outcome: String) -> String {
        guard head.hasArguments else { return head.text + outcome }
        let shown = specs.dropFirst(head.first)
        var arguments = shown.filter { $0.place != .option }.map(\.text)
        let options = shown.filter { $0.place == .option }.map(\.text)
        if isTable {
            return head.text + "{" + (arguments + options).joined(separator: ", ") + "}" + outcome
        }
        if !options.isEmpty { arguments.append("{" + options.joined(separator: ", ") + "}") }
        return head.text + "(" + arguments.joined(separator: ", ") + ")" + outcome
    }
}

extension ParameterSpec {
    /// The parameter in a signature: `keepdim = false`, `{d1, d2, ...}`, `...`.
    fileprivate var text: String {
        if place == .rest { return name.isEmpty ? "..." : "\(name)1, \(name)2, ..." }
        if case .choice(let texts) = type {
            let shown = texts.map { "\"\($0)\"" }
            guard let fallback else { return "\(name) = " + shown.joined(separator: " or ") }
            return "\(name) = " + ([fallback] + shown.filter { $0 != fallback }).joined(separator: " or ")
        }
        return fallback.map { "\(name) = \($0)" } ?? name
    }
}

extension ResultSpec {
    fileprivate var text: String {
        (name.map { "\($0): " } ?? "") + (repeats && name == nil ? "...: \(type)" : "\(type)")
    }
}
