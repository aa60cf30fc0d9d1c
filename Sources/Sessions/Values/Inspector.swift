import Autodiff
import Foundation
import LuaFlow

/// Examines values: tables by their contents, without metamethods; objects by their own description.
///
/// Only a script's `__tostring` runs code; the caller must make that interruptible.
package final class Inspector {
    private let helpers: Helpers
    private let columns: Int
    /// The tables that contain the present one, with their paths.
    private var open: [(identity: String, path: String)] = []
    /// How many entries may still be shown: large trees are cut.
    private var budget = 2000

    package static let deepest = 6
    package static let most = 100

    package init(_ helpers: Helpers, columns: Int) {
        self.helpers = helpers
        self.columns = columns
    }

    /// A helper's description of a value.
    package struct Description {
        let kind: String
        let payload: Value
        let mark: Value

        init(_ values: ArraySlice<Value>) {
            let values = Array(values)
            if values.count > 0, case .string(let kind) = values[0] { self.kind = kind.text } else { kind = "nil" }
            payload = values.count > 1 ? values[1] : .none
            mark = values.count > 2 ? values[2] : .none
        }
    }

    /// The `index`-th of a list of results.
    package func result(_ results: any ScriptTable, _ index: Int) throws -> Shown {
        try shown(Description(try helpers.call("describe_at", [.table(results), .integer(index)])[...]), path: "")
    }

    /// One line about a value: its type, and a short description.
    package func summary(_ name: String, in container: Value) throws -> String {
        let description = Description(try helpers.call("describe_at", [container, .string(name)])[...])
        switch description.kind {
        case "table":
            if let own = try described(description.payload) { return oneLine(own) }
            let answer = try helpers.call("entries", [description.payload, .integer(1)])
            let length = answer.count > 2 ? answer[2].asInteger ?? 0 : 0
            let others = answer.count > 3 ? answer[3].asInteger ?? 0 : 0
            let parts = [(length, "element"), (others, "field")].filter { $0.0 > 0 }
                .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
            return "table" + (parts.isEmpty ? ", empty" : " of " + parts.joined(separator: " and "))
        case "nil": return "nil"
        case "number", "boolean": return description.kind + " " + Inspector.number(description.payload)
        case "string", "bytes": return "string " + Text.clipped(try text(description), to: 60)
        case "function": return Layout(columns: 1000).text(try shown(description, path: ""))
        default:
            if let variable = try variable(description) { return TensorText.brief(variable) }
            return oneLine(try ownText(description.payload).text)
        }
    }

    package func shown(_ name: String, in container: Value) throws -> Shown {
        try shown(Description(try helpers.call("describe_at", [container, .string(name)])[...]), path: "")
    }

    package func shown(_ value: Value) throws -> Shown {
        try shown(Description(try helpers.call("describe", [value])[...]), path: "")
    }

    private func shown(_ description: Description, path: String) throws -> Shown {
        switch description.kind {
        case "nil": return .leaf("nil")
        case "boolean", "number": return .leaf(Inspector.number(description.payload))
        case "string", "bytes": return .leaf(try text(description))
        case "function":
            if case .string(let signature) = description.payload { return .leaf(Text.safe(signature.text)) }
            return .leaf("function")
        case "table": return try table(description, path: path)
        default: return try object(description, isInside: !open.isEmpty)
        }
    }

    /// A number in a form that Lua reads back as the same.
    package static func number(_ value: Value) -> String {
        switch value {
        case .boolean(let flag): return String(flag)
        case .integer(let integer): return String(integer)
        case .number(let number):
            if number.isNaN { return "nan" }
            if number.isInfinite { return number < 0 ? "-inf" : "inf" }
            return shortest(number)
        default: return value.shown
        }
    }

    /// A number with six significant digits, for tables.
    static func significant(_ number: Double) -> String {
        let text = String(format: "%.6g", number)
        return text.contains(where: { ".eEn".contains($0) }) ? text : text + ".0"
    }

    /// As Lua prints it if fourteen digits are enough, else with all significant digits.
    private static func shortest(_ number: Double) -> String {
        let short = String(format: "%.14g", number)
        let text = Double(short) == number ? short : "\(number)"
        return text.contains(where: { ".eEn".contains($0) }) ? text : text + ".0"
    }

    private func text(_ description: Description) throws -> String {
        let total = description.mark.asInteger ?? 0
        let longest = columns * 12
        switch description.payload {
        case .string(let bytes):
            let text = bytes.text
            guard text.utf8.count > longest else { return Text.quoted(text) }
            return Text.quoted(String(text.prefix(longest))) + "... (\(total) bytes)"
        case .table(let bytes):
            let bytes = (try bytes.numbers() ?? []).map { UInt8($0) }
            let quoted = Text.quoted(bytes: Array(bytes.prefix(longest / 4)))
            return bytes.count > longest / 4 ? quoted + "... (\(total) bytes)" : quoted
        default: return "\"\""
        }
    }

    // MARK: Tables

    private func table(_ description: Description, path: String) throws -> Shown {
        guard case .table = description.payload, case .string(let mark) = description.mark else {
            return .leaf("table")
        }
        let identity = mark.text
        if let around = open.first(where: { $0.identity == identity }) {
            return .leaf(around.path.isEmpty ? "<cycle>" : "<cycle to \(around.path)>")
        }
        if let own = try described(description.payload) { return open.isEmpty ? .block(own) : .leaf(oneLine(own)) }
        guard open.count < Inspector.deepest, budget > 0 else { return .leaf("{...}") }
        try Cancellation.check()
        open.append((identity, path))
        defer { open.removeLast() }

        let answer = try helpers.call("entries", [description.payload, .integer(Inspector.most)])
        let elements = try descriptions(answer, 0)
        let fields = try descriptions(answer, 1)
        let length = answer.count > 2 ? answer[2].asInteger ?? 0 : 0
        let others = answer.count > 3 ? answer[3].asInteger ?? 0 : 0
        budget -= elements.count + fields.count / 2

        let shownElements = try elements.enumerated().map { index, element in
            try shown(element, path: path + "[\(index + 1)]")
        }
        var shownFields: [(order: (Int, Double, String), field: Shown.Field)] = []
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let (key, order) = try key(fields[index])
            let value = try shown(fields[index + 1], path: key.hasPrefix("[") ? path + key : path + "." + key)
            shownFields.append((order, Shown.Field(key: key, value: value)))
        }
        shownFields.sort { $0.order < $1.order }
        return .table(
            elements: shownElements, fields: shownFields.map(\.field),
            omitted: length - elements.count + others - fields.count / 2)
    }

    private func descriptions(_ answer: [Value], _ index: Int) throws -> [Description] {
        guard index < answer.count, case .table(let list) = answer[index] else { return [] }
        let flat = try list.elements()
        return stride(from: 0, to: flat.count - 2, by: 3).map { Description(flat[$0..<($0 + 3)]) }
    }

    /// A key as written in Lua, and its sort order: names, numbers, others.
    private func key(_ description: Description) throws -> (String, (Int, Double, String)) {
        switch description.kind {
        case "string":
            if case .string(let name) = description.payload, Lua.isName(name.text) {
                return (name.text, (1, 0, name.text))
            }
            let text = try text(description)
            var name = text
            if case .string(let raw) = description.payload { name = raw.text }
            return ("[" + Text.clipped(text, to: 40) + "]", (1, 0, name))
        case "number":
            let text = Inspector.number(description.payload)
            return ("[" + text + "]", (0, description.payload.asNumber ?? 0, text))
        case "boolean": return ("[" + Inspector.number(description.payload) + "]", (2, 0, ""))
        case "bytes":
            let text = try text(description)
            return ("[" + Text.clipped(text, to: 40) + "]", (1, 0, text))
        case "table": return ("[table]", (3, 0, ""))
        default: return ("[" + description.kind + "]", (3, 0, description.kind))
        }
    }

    // MARK: Objects

    private func object(_ description: Description, isInside: Bool) throws -> Shown {
        if let variable = try variable(description) {
            return isInside
                ? .leaf(TensorText.brief(variable)) : .block(try TensorText.whole(variable, columns: columns))
        }
        let (_, text) = try ownText(description.payload)
        return isInside ? .leaf(oneLine(text)) : .block(text)
    }

    private func variable(_ description: Description) throws -> Variable? {
        guard case .table(let box) = description.payload, case .object(let object) = try box.value(at: 1) else {
            return nil
        }
        return object as? Variable
    }

    /// The result of `__tostring`, if there is one.
    private func described(_ value: Value) throws -> String? {
        guard case .boolean(true)? = try helpers.call("describes_itself", [value]).first else { return nil }
        let (done, text) = try ownText(.list([value]))
        return done ? text : "table (its __tostring fails: \(text))"
    }

    private func ownText(_ box: Value) throws -> (done: Bool, text: String) {
        let answer = try helpers.call("text_in", [box])
        guard case .boolean(let done)? = answer.first else { return (false, "") }
        let description = Description(answer.dropFirst())
        guard case .string(let text) = description.payload else { return (done, try self.text(description)) }
        return (done, Text.safe(String(text.text.prefix(20_000))))
    }

    private func oneLine(_ text: String) -> String {
        let first = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return Text.clipped(first.first.map(String.init) ?? "", to: 60) + (first.count > 1 ? " ..." : "")
    }
}
