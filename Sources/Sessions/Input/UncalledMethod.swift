import LuaFlow

/// The message for `x:dim`, which is an incomplete call in Lua.
package enum UncalledMethod {
    package static func text(_ input: String, _ session: Session) -> String {
        let tokens = Lua.tokens(input).filter { $0.kind != .comment }
        guard let name = tokens.last?.text else { return "" }
        // The receiver, as it was typed.
        let expression = receiver(tokens.dropLast(2))
        let bytes = Array(input.utf8)
        let start = expression.first?.range.lowerBound ?? 0
        let typed = String(decoding: bytes[start..<(tokens.last?.range.upperBound ?? bytes.count)], as: UTF8.self)
        let type = try? session.host.interpreter.evaluation {
            try ExpressionValue.find(endingAt: tokens.dropLast(2), in: session)?.typeName()
        }
        var text = "\(name) is a method; call it: \(typed)()"
        guard let type = type.flatMap(\.self) else { return text }
        let methods = session.host.modules.flatMap(\.types).filter { $0.type.name == type }.flatMap(\.methods)
        if let method = methods.first(where: { $0.shortName == name }) {
            text += "\n" + (method.documentation.signature.split(separator: "\n").first.map(String.init) ?? "")
        } else {
            text =
                "\(type) has no method \(name)" + suggestion(for: name, among: Set(methods.map(\.shortName)).sorted())
        }
        return text
    }

    /// The names, fields, indices and calls at the end, without blanks between them.
    private static func receiver(_ tokens: ArraySlice<LuaToken>) -> ArraySlice<LuaToken> {
        guard var start = tokens.indices.last else { return tokens }
        while start > tokens.startIndex, tokens[start - 1].range.upperBound == tokens[start].range.lowerBound,
            !["=", ",", ";"].contains(tokens[start - 1].text)
        {
            start -= 1
        }
        return tokens[start...]
    }
}
