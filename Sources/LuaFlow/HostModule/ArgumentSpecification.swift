import Scripting

/// The command-line options that a script declares, and the parsing of the words it was called with.
struct ArgumentSpecification {
    struct Entry {
        let name: ByteString
        let fallback: Value
        let help: String
        let choices: [ByteString]?
        let required: Bool
        /// Bounds, or the kind of file it names; nil if every value of the type is allowed.
        let rule: ValueRule?

        /// The option as typed: `warm-restarts` for `warm_restarts`.
        var flag: String { name.text.map { $0 == "_" ? "-" : String($0) }.joined() }
        var isFlag: Bool { if case .boolean = fallback { true } else { false } }
    }

    enum Outcome {
        case values(named: [(key: ByteString, value: Value)], rest: [ByteString])
        case help
        case wrong(String)
    }

    private let about: String
    private let entries: [Entry]
    /// The name of operands in the help; nil when the script takes none.
    private let rest: String?

    /// - Throws: ``Fault`` when two entries have the same name.
    init(about: String, rest: String?, _ entries: [Entry]) throws {
        (self.about, self.rest, self.entries) = (about, rest, entries)
        for (index, entry) in entries.enumerated() {
            guard entry.name != "help", !entries[..<index].contains(where: { $0.name == entry.name }) else {
                throw Fault("entry \(index + 1): the name \(entry.name) is taken")
            }
        }
    }

    /// The table of an entry: `{name, default, help, ...}`.
    static let entry = Domain<Entry>.table(
        .argument("name", Domain<ByteString>.bytes.asking(for: "a name").map { $0.isEmpty ? nil : $0 }),
        .argument("default", fallback), .argument("help", .text, default: ""),
        .option("choices", .optional(choices)), .option("required", .flag, default: false),
        ValueRule.options.parameter.withNames, expected: "a table {name, default, help}"
    ) { name, fallback, help, choices, required, rule in
        Entry(
            name: name, fallback: fallback, help: help, choices: choices, required: required,
            rule: rule.given.isEmpty ? nil : rule.value)
    }

    /// A default value; nil for none.
    private static let fallback = {
        var domain = Domain<Value>(
            .either([.number, .string, .boolean]), expected: "a number, a string, true, false or nil",
            show: { $0.shown }
        ) { value in
            switch value {
            case .none, .boolean, .integer, .number, .string: .some(value)
            default: nil
            }
        }
        domain.isOptional = true
        return domain
    }()

    /// The texts of a list, or the keys of a table, sorted.
    private static let choices = Domain<any ScriptTable>.table(expected: "a list, or a table of names")
        .map(show: { _ in "{}" }) { table in
            try table.entries().compactMap { key, value -> ByteString? in
                if case .string(let name) = key { return name }
                if case .string(let name) = value { return name }
                return nil
            }.sorted()
        }

    /// Parses words by the entries.
    /// - Parameter program: the options that the program takes before the script's name, and whether each takes a
    ///   value.
    func read(_ words: [ByteString], program: [String: Bool] = [:]) throws -> Outcome {
        var values: [ByteString: Value] = [:]
        var operands: [ByteString] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--help" || word == "-h" { return .help }
            if word == "--" {
                operands += words[index...]
                break
            }
            guard word.hasPrefix("--") else {
                operands.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(at: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            var typed = ByteString(parts[0].bytes.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
            var isOn = true
            if typed.hasPrefix("no_"), let entry = find(typed.dropFirst(3)), entry.isFlag {
                typed = entry.name
                isOn = false
            }
            guard let entry = find(typed) else {
                if let takesValue = program[parts[0].text] {
                    let next = parts.count > 1 ? parts[1] : words.dropFirst(index).first
                    let value = takesValue ? " " + (next?.text ?? "VALUE") : ""
                    return .wrong(
                        "--\(parts[0]) is an option of luaflow's own and stands before the script's name: "
                            + "luaflow run --\(parts[0])\(value) FILE")
                }
                return .wrong(
                    "unknown option --\(parts[0])\(suggest(parts[0].text)); the options are "
                        + "\(entries.map { "--" + $0.flag }.joined(separator: ", "))"
                )
            }
            if entry.isFlag {
                guard parts.count == 1 else {
                    return .wrong("--\(entry.flag) takes no value; use --\(entry.flag) or --no-\(entry.flag)")
                }
                values[entry.name] = .boolean(isOn)
                continue
            }
            var text = parts.count > 1 ? parts[1] : ByteString("")
            if parts.count == 1 {
                guard index < words.count else { return .wrong("--\(entry.flag) needs a value") }
                text = words[index]
                index += 1
            }
            switch value(text, for: entry) {
            case .success(let value): values[entry.name] = value
            case .failure(let fault): return .wrong(fault.message)
            }
        }
        if rest == nil, let operand = operands.first {
            return .wrong("unexpected argument \(operand); options begin with --")
        }
        for entry in entries {
            // A default file is written as well, so it is checked, too; a default that is no file's name means that
            // nothing is written.
            guard let rule = entry.rule, let value = values[entry.name] ?? (rule.writes != nil ? entry.fallback : nil)
            else { continue }
            if values[entry.name] == nil, value.plainText.isEmpty { continue }
            if let fault = rule.fault(of: value) { return .wrong("--\(entry.flag): \(fault)") }
        }
        if let missing = entries.first(where: { $0.required && values[$0.name] == nil }) {
            return .wrong("--\(missing.flag) is required")
        }
        return .values(named: entries.map { (key: $0.name, value: values[$0.name] ?? $0.fallback) }, rest: operands)
    }

    private struct WrongWord: Error { let message: String }

    private func value(_ text: ByteString, for entry: Entry) -> Result<Value, WrongWord> {
        if let choices = entry.choices, !choices.contains(text) {
            return .failure(
                WrongWord(
                    message:
                        "--\(entry.flag) \(text): one of \(choices.map(\.text).joined(separator: ", ")) "
                            + "expected\(suggestion(for: text.text, among: choices.map(\.text)))"
                ))
        }
        switch entry.fallback {
        case .integer, .number:
            if let integer = Int(text.text) { return .success(.integer(integer)) }
            if let number = Double(text.text) { return .success(.number(number)) }
            return .failure(WrongWord(message: "--\(entry.flag) \(text): a number expected"))
        default:
            // Without a default, bounds say that the value is a number.
            if let rule = entry.rule, !rule.isPath {
                if let integer = Int(text.text) { return .success(.integer(integer)) }
                if let number = Double(text.text) { return .success(.number(number)) }
                return .failure(WrongWord(message: "--\(entry.flag) \(text): a number expected"))
            }
            return .success(.string(text))
        }
    }

    private func find(_ name: ByteString) -> Entry? { entries.first { $0.name == name } }
    private func suggest(_ name: String) -> String {
        nearestName(to: name, among: entries.map(\.flag)).map { " (did you mean --\($0)?)" } ?? ""
    }

    /// The output of `--help`, in at most 80 columns where words allow.
    func help(usage: String) -> String {
        var lines = ["usage: \(usage) [options]" + (rest.map { " \($0)" } ?? "")]
        if !about.isEmpty { lines += [""] + wrap(about, 80) }
        lines += ["", "options:"]
        let rows =
            entries.map { entry in
                (entry.isFlag ? "--[no-]\(entry.flag)" : "--\(entry.flag) \(placeholder(entry))", describe(entry))
            } + [("--help", "show this and leave")]
        let width = min(rows.map(\.0.count).max() ?? 0, 28)
        for (left, right) in rows {
            var text = wrap(right, 80 - width - 4)
            if text.isEmpty { text = [""] }
            let pad = left.count <= width ? left + String(repeating: " ", count: width - left.count) : left
            lines.append("  \(pad)  \(text[0])")
            lines += text.dropFirst().map { String(repeating: " ", count: width + 4) + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func placeholder(_ entry: Entry) -> String {
        switch entry.fallback {
        case .integer, .number: "N"
        default: entry.choices == nil ? "TEXT" : "NAME"
        }
    }

    private func describe(_ entry: Entry) -> String {
        var text = entry.help
        if let choices = entry.choices {
            text += (text.isEmpty ? "" : ": ") + choices.map(\.text).joined(separator: ", ")
        }
        switch entry.fallback {
        case .none, .boolean(false), .string(""): return text
        case .string(let value): return text + " (default \(value))"
        default: return text + " (default \(entry.fallback.shown))"
        }
    }

    private func wrap(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension Value {
    /// A text; empty for anything else.
    fileprivate var plainText: String { asText ?? "" }
}
