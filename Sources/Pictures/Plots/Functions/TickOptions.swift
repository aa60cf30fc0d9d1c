import Scripting

/// Reads where an axis has its marks, and what is written beside them.
struct TickOptions {
    let options: Options

    /// How many marks an axis may be given.
    private static let most = 1000

    /// `xticks = {0, 1}`, `xticks = {{0, 1}, {"zero", "one"}}`, or `xticklabels` beside `xticks`; nil without any.
    func marks(_ name: String, _ labelName: String, on axis: Axis) throws -> [Ticks.Mark]? {
        guard options.has(name) else {
            if options.has(labelName) {
                throw ScriptError(options.function, "option \(labelName): the labels of \(name), which are not given")
            }
            return nil
        }
        var (places, labels) = (options[name], options[labelName])
        if case .table(let table) = places, try table.count == 2, case .table = try table.value(at: 1) {
            guard !options.has(labelName) else {
                throw ScriptError(options.function, "option \(labelName): option \(name) holds labels already")
            }
            (places, labels) = (try table.value(at: 1), try table.value(at: 2))
        }
        if case .table(let table) = places, try table.elements().isEmpty { return [] }
        let numbers = try NumberLists(operation: options.function).list(places, "option \(name)")
        guard numbers.count <= Self.most else {
            throw ScriptError(options.function, "option \(name): at most \(Self.most) marks expected, got \(numbers.count)")
        }
        if axis.isLogarithmic, let bad = numbers.first(where: { $0 <= 0 }) {
            throw ScriptError(options.function, "option \(name): a logarithmic axis has only positive numbers, got \(bad)")
        }
        if case .none = labels { return numbers.map { Ticks.Mark(value: $0, label: Ticks.Label(Self.written($0))) } }
        guard case .table(let list) = labels else {
            throw ScriptError(options.function, "option \(labelName): a list of texts expected, got \(labels.shown)")
        }
        let texts = try Self.texts(list, "option \(labelName)", for: options.function)
        guard texts.count == numbers.count else {
            throw ScriptError(
                options.function, "option \(labelName): \(texts.count) labels for \(numbers.count) marks (\(name))")
        }
        return zip(numbers, texts).map { Ticks.Mark(value: $0, label: Ticks.Label($1)) }
    }

    /// A list of texts; numbers are written out.
    static func texts(_ list: any ScriptTable, _ name: String, for operation: String) throws -> [String] {
        try list.elements().enumerated().map { index, element in
            switch element {
            case .string(let text): return text.text
            case .integer(let whole): return String(whole)
            case .number(let number): return written(number)
            default:
                throw ScriptError(operation, "\(name)[\(index + 1)]: a text expected, got \(element.shown)")
            }
        }
    }

    /// A number as scripts write it, whole ones without a point.
    static func written(_ number: Double) -> String {
        let text = Int(exactly: number).map(String.init) ?? Value.number(number).shown
        return text.replacing("-", with: Ticks.minus)
    }
}
