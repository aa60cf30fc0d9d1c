/// One way to call a function: its parameters (arguments first) and its body.
public struct Form: Sendable {
    /// Where arguments are written.
    public enum Style: Sendable {
        /// In parentheses; arguments with a default may stand in a last table, too.
        case places
        /// In parentheses; every argument may stand in a last table, too.
        case placesOrNames
        /// In one table, `f{...}`: arguments by place or by name, options by name.
        case table
    }

    /// The parameters, in the order of the signature.
    public let specs: [ParameterSpec]
    /// None for a function that returns nothing.
    public let results: [ResultSpec]
    /// How arguments are given: by places, by names, or both.
    public let style: Style
    /// The number of arguments with a position.
    public let places: Int
    /// How many of them have no default.
    public let least: Int
    /// Whether the first argument is a method's receiver, which cannot be given by name.
    public internal(set) var hasReceiver = false
    let run: @Sendable (inout Call) throws -> [Value]
    /// Keeps alive what `run` refers to unretained.
    nonisolated(unsafe) private let owned: [AnyObject]

    /// `body` gets the values that the parameters read, in their order, after all were checked.
    @inlinable @inline(never)
    public init<each T, R>(
        by style: Style = .places, takes parameters: repeat Parameter<each T>, returns results: Results<R>,
        body: @escaping @Sendable (repeat each T) throws -> R
    ) {
        var (specs, owned): ([ParameterSpec], [AnyObject]) = ([], [])
        repeat specs += (each parameters).specs
        repeat owned.append(each parameters)
        // Unmanaged, because each call would otherwise retain and release all of them; `owned` keeps them.
        let (unmanaged, write) = ((repeat Unmanaged.passUnretained(each parameters)), results.write)
        self.init(specs, results.specs, style, owned) { call in
            write(try body(repeat try (each unmanaged)._withUnsafeGuaranteedRef { try $0.read(&call) }))
        }
    }

    @usableFromInline
    init(
        _ specs: [ParameterSpec], _ results: [ResultSpec], _ style: Style, _ owned: [AnyObject],
        run: @escaping @Sendable (inout Call) throws -> [Value]
    ) {
        (self.specs, self.results, self.style, self.run, self.owned) = (specs, results, style, run, owned)
        places = specs.prefix { $0.place == .argument }.count
        least = style == .table ? 0 : specs.prefix { $0.place == .argument && !$0.isOptional }.count
        let ranks = specs.map(\.place.rawValue)
        // A mistake in the declaration, found when its module is first used.
        precondition(
            ranks == ranks.sorted() && specs.count <= 64, "arguments stand before options: \(specs.map(\.name))")
    }
}

extension Form {
    var isTable: Bool { style == .table }
    var hasRest: Bool { specs.contains { $0.place == .rest } }
    var hasOptions: Bool { specs.last?.place == .option }

    /// The least number of values before a table of options; further arguments may be named in it.
    public var leastBeforeOptions: Int { style == .places ? least : hasReceiver ? 1 : 0 }

    /// How many values a call may have, including a method's receiver.
    public var counts: ClosedRange<Int> {
        if isTable { return 0...1 }
        return leastBeforeOptions...(hasRest ? Int.max : places + (hasOptions ? 1 : 0))
    }

    /// The names that a table of options may contain, in order.
    public var names: [String] { specs.indices.filter(takesByName).map { specs[$0].name } }

    /// Whether a table at that position, if it is the last value of a call, is a table of options; `isEmpty` says that
    /// it has no elements.
    public func takesOptions(at place: Int, isEmpty: Bool) -> Bool {
        guard place < places else { return !isEmpty || hasOptions }
        return isEmpty ? !specs[place].type.admitsTables : !specs[place].type.admitsNames
    }

    /// Whether a table of options may name the parameter.
    func takesByName(_ index: Int) -> Bool {
        switch specs[index].place {
        case .option: true
        case .rest: false
        case .argument: (style != .places || specs[index].isOptional) && !(hasReceiver && index == 0)
        }
    }

    /// Whether every value is already at its parameter's place.
    func takesAsTheyAre(_ values: [Value]) -> Bool {
        guard style != .table, values.count <= places else { return false }
        if case .table? = values.last { return false }
        return true
    }

    /// A call's positional arguments, and its table of options.
    func split(_ values: [Value]) throws -> (given: ArraySlice<Value>, options: (any ScriptTable)?) {
        if isTable {
            // `f()` is the same as `f{}`.
            if values.count <= 1, case .none = values.first ?? .none { return ([], nil) }
            guard values.count == 1, case .table(let table) = values[0] else {
                let got = values.count == 1 ? values[0].shown : "\(values.count) values"
                throw Fault("one table of arguments expected, got \(got)")
            }
            return (try table.elements()[...], table)
        }
        // A last table without elements, after the arguments without defaults. Where an argument may be a table, {} is
        // that argument.
        let last = values.count - 1
        guard last >= leastBeforeOptions, specs.indices.contains(where: takesByName),
            case .table(let table) = values[last], try table.count == 0
        else { return (values[...], nil) }
        let isValue = try !takesOptions(at: last, isEmpty: table.entries().isEmpty)
        return isValue ? (values[...], nil) : (values[..<last], table)
    }

    /// How well a call fits: by the types of its arguments, and their number.
    /// - Throws: errors that are not about the call, such as running out of memory.
    func fit(_ values: [Value]) throws -> Int {
        let given: ArraySlice<Value>
        do { given = try split(values).given } catch is Fault { return -1 }
        let admitted = zip(given, specs).prefix { value, spec in
            if case .none = value, spec.isOptional { return true }
            return spec.type.admits(value)
        }.count
        guard given.count >= least, given.count <= places || hasRest else { return admitted }
        return admitted + (admitted == min(given.count, specs.count) ? 2000 : 1000)
    }

    func describe(_ fault: Fault, in call: Call) -> String {
        guard let name = fault.parameter else { return fault.message }
        guard let index = specs.firstIndex(where: { $0.name == name }) else { return "\(name): \(fault.message)" }
        let place = specs[index].place
        let isNamed = place == .option || call.named >> UInt64(index) & 1 == 1 || isTable && index >= call.values.count
        let position = place == .rest ? call.next : index + 1
        let label = name.isEmpty ? "" : " (\(name))"
        return (isNamed ? "option \(name)" : "argument \(position)\(label)") + ": " + fault.message
    }
}
