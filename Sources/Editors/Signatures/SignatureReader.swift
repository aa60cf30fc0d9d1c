import Scripting

/// Reads one form of a signature; the words are cut as Lua's are.
struct SignatureReader {
    private let text: String
    private let bytes: [UInt8]
    private var tokens: [Token] = []
    private var index = 0

    init(_ text: String) throws {
        self.text = text
        bytes = Array(text.utf8)
        var lexer = Lexer(bytes: bytes)
        do {
            while true {
                let token = try lexer.next()
                tokens.append(token)
                if token.kind == .endOfFile { break }
            }
        } catch {
            throw ScriptError("signature", "\(error.message) in \"\(text)\"")
        }
    }

    // MARK: Words

    private var kind: Token.Kind { tokens[index].kind }
    private var word: String { slice(tokens[index].range) }
    private func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    private mutating func accept(_ wanted: Token.Kind) -> Bool {
        guard kind == wanted else { return false }
        advance()
        return true
    }

    private mutating func expect(_ wanted: Token.Kind) throws {
        if !accept(wanted) { throw error("\(wanted.rawValue) expected") }
    }

    private func error(_ message: String) -> ScriptError {
        ScriptError("signature", "\(message) near \"\(word)\" in \"\(text)\"")
    }

    private mutating func name() throws -> String {
        defer { advance() }
        guard kind == .name else { throw error("a name expected") }
        return word
    }

    /// What stands before the next of some words outside all brackets; nil for nothing.
    private mutating func expression(before stops: Set<Token.Kind>) -> String? {
        let start = tokens[index].range.lowerBound
        var end = start
        var depth = 0
        while kind != .endOfFile, depth > 0 || !stops.contains(kind) {
            if [.leftBrace, .leftParenthesis, .leftBracket].contains(kind) { depth += 1 }
            if [.rightBrace, .rightParenthesis, .rightBracket].contains(kind) { depth -= 1 }
            end = tokens[index].range.upperBound
            advance()
        }
        return start == end ? nil : slice(start..<end)
    }

    // MARK: Forms

    mutating func form() throws -> Signature.Form {
        // `for k in host.steps(n) do`: what is called is what counts.
        let isLoop = accept(.for)
        var loop: [Signature.ResultType] = []
        if isLoop {
            repeat { loop.append(.named(try name() == "k" ? "integer" : "tensor")) } while accept(.comma)
            try expect(.in)
        }
        let (head, takesArguments) = try head()
        var arguments: [Signature.Argument] = []
        var isTableCall = false
        if takesArguments, kind == .leftBrace {
            isTableCall = true
            arguments = [Signature.Argument(name: "options", fallback: nil, kind: .table(try table()))]
        } else if takesArguments {
            try expect(.leftParenthesis)
            while kind != .rightParenthesis {
                arguments.append(try argument())
                if !accept(.comma) { break }
            }
            try expect(.rightParenthesis)
        }
        var results: [Signature.Result] = []
        if accept(.minus) {
            try expect(.greater)
            repeat { results.append(try result()) } while accept(.comma)
        }
        if isLoop {
            try expect(.do)
            results = [Signature.Result(name: nil, type: .iterator(loop), repeats: false)]
        }
        guard kind == .endOfFile else { throw error("the end expected") }
        results = Self.merged(results)
        if case .property = head, results.isEmpty { throw error("a property's type expected") }
        return Signature.Form(head: head, arguments: arguments, results: results, isTableCall: isTableCall)
    }

    private mutating func head() throws -> (Signature.Head, takesArguments: Bool) {
        if accept(.hash) { return (.length(receiver: try name()), false) }
        if accept(.local) {
            let receiver = try name()
            try expect(.less)
            guard try name() == "close" else { throw error("<close> expected") }
            try expect(.greater)
            try expect(.equals)
            while kind != .endOfFile { advance() }
            return (.closing(receiver: receiver), false)
        }
        let first = try name()
        if accept(.leftBracket) {
            guard let key = expression(before: [.rightBracket]) else { throw error("a key expected") }
            try expect(.rightBracket)
            guard accept(.equals) else { return (.index(receiver: first, key: key), false) }
            _ = expression(before: [])
            return (.indexSetter(receiver: first, key: key), false)
        }
        if accept(.colon) { return (.method(receiver: first, name: try name()), true) }
        var path = [first]
        while accept(.dot) { path.append(try name()) }
        if kind == .leftParenthesis || kind == .leftBrace { return (.function(path), true) }
        guard path.count == 2 else { throw error("arguments expected") }
        guard accept(.equals) else { return (.property(receiver: path[0], name: path[1]), false) }
        _ = expression(before: [])
        return (.setter(receiver: path[0], name: path[1]), false)
    }

    private mutating func argument() throws -> Signature.Argument {
        if accept(.dots) { return Signature.Argument(name: "...", fallback: nil, kind: .variadic) }
        if kind == .leftBrace {
            let table = try table()
            let fallback = accept(.equals) ? expression(before: [.comma, .rightParenthesis]) : nil
            return Signature.Argument(name: "", fallback: fallback, kind: .table(table))
        }
        let name = try name()
        let fallback = accept(.equals) ? expression(before: [.comma, .rightParenthesis]) : nil
        return Signature.Argument(name: name, fallback: fallback, kind: .plain)
    }

    private mutating func table() throws -> Signature.Table {
        try expect(.leftBrace)
        var table = Signature.Table()
        var lone: [Signature.Argument] = []
        var lastIsOption = false
        while kind != .rightBrace {
            if accept(.dots) {
                if lastIsOption { table.isOpen = true } else { table.repeats = true }
                // Only now is it clear that what came before are elements.
                if !lastIsOption {
                    table.elements += lone
                    lone = []
                }
            } else if kind == .leftBrace {
                table.elements.append(try argument())
                lastIsOption = false
            } else if accept(.leftBracket) {
                try expect(.integer)
                try expect(.rightBracket)
                try expect(.equals)
                table.elements.append(Signature.Argument(name: try name(), fallback: nil, kind: .plain))
                lastIsOption = true
            } else {
                let name = try name()
                lastIsOption = accept(.equals)
                if lastIsOption {
                    flush(&lone, into: &table)
                    let fallback = expression(before: [.comma, .rightBrace])
                    table.options.append(Signature.Option(name: name, fallback: fallback))
                } else {
                    lone.append(Signature.Argument(name: name, fallback: nil, kind: .plain))
                }
            }
            if !accept(.comma) { break }
        }
        flush(&lone, into: &table)
        try expect(.rightBrace)
        return table
    }

    /// Names without `=` that no `...` followed: options, except a lone capital letter, which is an object ({P}).
    private func flush(_ lone: inout [Signature.Argument], into table: inout Signature.Table) {
        for argument in lone {
            if argument.name.count == 1, argument.name != argument.name.lowercased() {
                table.elements.append(argument)
            } else {
                table.options.append(Signature.Option(name: argument.name, fallback: nil))
            }
        }
        lone = []
    }

    // MARK: Results

    private mutating func result() throws -> Signature.Result {
        if accept(.dots) {
            let type = accept(.colon) ? try type() : nil
            return Signature.Result(name: nil, type: type ?? .named("..."), repeats: true)
        }
        var label: String?
        if kind == .name, tokens[min(index + 1, tokens.count - 1)].kind == .colon {
            label = try name()
            advance()
        }
        return Signature.Result(name: label, type: try type(), repeats: false)
    }

    /// `tensor, ...` is any number of tensors.
    private static func merged(_ results: [Signature.Result]) -> [Signature.Result] {
        guard let last = results.last, last.type == .named("..."), results.count > 1 else { return results }
        let repeated = results[results.count - 2]
        return results.dropLast(2) + [Signature.Result(name: repeated.name, type: repeated.type, repeats: true)]
    }

    private mutating func type() throws -> Signature.ResultType {
        var choices = [try one()]
        while accept(.or) { choices.append(try one()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func one() throws -> Signature.ResultType {
        if kind == .leftBrace { return try tableType() }
        guard [.name, .nil, .function].contains(kind) else { throw error("a type expected") }
        let name = word
        advance()
        if kind == .name, word == "of" {
            for expected in ["of", "no", "dimension"] {
                guard word == expected else { throw error("\"of no dimension\" expected") }
                advance()
            }
        }
        if accept(.leftParenthesis) {
            _ = expression(before: [.rightParenthesis])
            try expect(.rightParenthesis)
        }
        return .named(name)
    }

    private mutating func tableType() throws -> Signature.ResultType {
        try expect(.leftBrace)
        if tokens[min(index + 1, tokens.count - 1)].kind != .equals {
            let element = try type()
            try expect(.comma)
            try expect(.dots)
            try expect(.rightBrace)
            return .list(element)
        }
        var fields: [Signature.ResultField] = []
        var isMap = false
        repeat {
            if accept(.dots) {
                isMap = true
                break
            }
            let name = try name()
            try expect(.equals)
            fields.append(Signature.ResultField(name: name, type: try type()))
        } while accept(.comma)
        try expect(.rightBrace)
        return isMap ? .map(fields[0].type) : .record(fields)
    }
}
