/// A call while its arguments are read.
public struct Call {
    /// The function's name, as messages give it.
    public internal(set) var function = ""
    public let context: Context
    /// The values, in the order of the form's parameters.
    @usableFromInline var values: [Value]
    @usableFromInline var next = 0
    /// How many of the values belong to the rest parameter.
    var rest = 0
    /// Which parameters were given by name, one bit each.
    var named: UInt64 = 0

    init(_ values: __owned [Value], _ context: Context) { (self.values, self.context) = (values, context) }

    /// The next value; `.none` if there is none.
    @inlinable
    public mutating func take() -> Value {
        defer { next &+= 1 }
        return next < values.count ? values[next] : .none
    }

    /// Adds the parameter's name to an error of its domain.
    @inlinable
    func reading<T>(_ name: String, _ read: () throws -> T) throws -> T {
        do {
            return try read()
        } catch let fault as Fault {
            throw fault.about(name)
        }
    }

    /// The error for the value that was taken last.
    @usableFromInline
    func refusal(of spec: ParameterSpec) -> Fault {
        let value = next <= values.count ? values[next - 1] : nil
        return Fault(spec.name, ParameterSpec.refusal(of: value, spec.type, spec.expected))
    }

    /// Moves the values in a table of options to their parameters' places.
    mutating func place(_ form: Form) throws {
        if form.isTable, values.count > 1 {
            let call = function.isEmpty ? "{...}" : "\(function){...}"
            throw Fault("takes one table, arguments and options together, as in \(call); got \(values.count) arguments")
        }
        // A function that passes its own options on may pass nil for none.
        if form.hasOptions, !form.hasRest, values.count == form.places + 1, case .none? = values.last {
            values.removeLast()
        }
        let (given, options) = try form.split(values)
        rest = form.hasRest ? max(0, given.count - form.places) : 0
        if given.count > form.places + rest {
            if form.hasOptions, !form.isTable, options == nil, given.count == form.places + 1 {
                let got = given[form.places].shown
                if case .table = given[form.places], let option = form.specs.last(where: { $0.place == .option }) {
                    throw Fault(
                        "argument \(given.count) (options): a table of options by name, as in {\(option.name) = ...}, "
                            + "expected, got one without names")
                }
                throw Fault("argument \(given.count) (options): a table of options expected, got \(got)")
            }
            let most = form.places + (form.hasOptions && !form.isTable ? 1 : 0)
            let got = form.isTable ? given.count : values.count
            throw Fault("takes at most \(most) argument\(most == 1 ? "" : "s"), got \(got)")
        }
        values = Array(given)
        guard let options else { return }
        // Room for arguments that were not given, and for options.
        let behind = form.specs.count - form.places - (form.hasRest ? 1 : 0)
        values += repeatElement(.none, count: max(0, form.places - given.count) + behind)
        for (key, value) in try options.entries(withoutPositions: form.isTable ? options.count : 0) {
            guard case .string(let name) = key,
                let index = form.specs.firstIndex(where: { ByteString($0.name) == name }), form.takesByName(index)
            else { throw Call.unknown(key, among: form.names) }
            let position = form.specs[index].place == .argument ? index : values.count - form.specs.count + index
            guard case .none = values[position] else {
                throw Fault("\(name) is given twice, as argument \(position + 1) and as an option")
            }
            values[position] = value
            named |= 1 << UInt64(index)
        }
    }

    /// The values that a table gives to options, in their order.
    static func values(of table: any ScriptTable, for specs: [ParameterSpec]) throws -> [Value] {
        var values = [Value](repeating: .none, count: specs.count)
        for (key, value) in try table.entries() {
            guard case .string(let name) = key, let index = specs.firstIndex(where: { ByteString($0.name) == name })
            else { throw unknown(key, among: specs.map(\.name)) }
            values[index] = value
        }
        return values
    }

    private static func unknown(_ key: Value, among names: [String]) -> Fault {
        var (wrong, hint) = (key.shown, "")
        if case .string(let name) = key { (wrong, hint) = (name.text, suggestion(for: name.text, among: names)) }
        return Fault("unknown option \(wrong)\(hint); the options are \(names.joined(separator: ", "))")
    }
}

extension Fault {
    /// The same error about a parameter, if it names none yet.
    public func about(_ name: String) -> Fault { parameter == nil ? Fault(name, message) : self }
}
