import Scripting

/// The module `random`: generators, and tensors drawn from them.
public struct RandomModule: ScriptModule {
    public init() {}

    public let name = "random"
    public let summary = "Random tensors from a counter-based generator: the same seed gives the same numbers, whatever the number of threads."
    public var functions: [NativeFunction] {
        [
            RandomFunctions.manualSeed, RandomFunctions.generator, RandomFunctions.normal, RandomFunctions.uniform, RandomFunctions.bernoulli,
            RandomFunctions.permutation, RandomFunctions.randint, RandomFunctions.choice, RandomFunctions.getState, RandomFunctions.setState,
        ]
    }

    public var types: [TypeFace] {
        [
            TypeFace(
                Generator.type, "A stream of random numbers: Philox 4x32-10.",
                methods: [
                    NativeFunction(
                        "generator:get_state",
                        Documentation("g:get_state() -> table", "Where the generator is: seed, stream and numbers drawn, for g:set_state.", example: "local g = random.generator(1)\nassert(g:get_state().drawn == 0)")
                    ) {
                        try $0.atMost(1)
                        return .state(try $0.object(1, "generator", as: Generator.self, "generator").state)
                    },
                    NativeFunction(
                        "generator:set_state",
                        Documentation(
                            "g:set_state(state) -> g", "Goes back to where get_state was called.", errors: "a table that is not a state",
                            example: "local g = random.generator(1)\nlocal s = g:get_state()\nlocal a = random.normal({2}, {generator = g})\ng:set_state(s)\nassert((a - random.normal({2}, {generator = g})):abs():sum():item() == 0)")
                    ) { arguments in
                        try arguments.atMost(2)
                        let generator = try arguments.object(1, "generator", as: Generator.self, "generator")
                        generator.restore(try arguments.state(2))
                        return .object(generator)
                    },
                ])
        ]
    }
}

extension Value {
    static func state(_ state: Generator.State) -> Value {
        .record([
            (key: "seed", value: .integer(Int(bitPattern: UInt(state.seed)))), (key: "stream", value: .integer(Int(bitPattern: UInt(state.stream)))),
            (key: "drawn", value: .integer(Int(bitPattern: UInt(state.drawn)))),
        ])
    }
}

extension Arguments {
    func state(_ position: Int) throws -> Generator.State {
        let table = try table(position, "state")
        func word(_ key: String) throws -> UInt64 {
            guard let number = try table.value(for: key).asInteger else {
                throw error(position, "state", expected: "a table that get_state returned, with seed, stream and drawn")
            }
            return UInt64(UInt(bitPattern: number))
        }
        return Generator.State(seed: try word("seed"), stream: try word("stream"), drawn: try word("drawn"))
    }
}

enum RandomFunctions {
    static let manualSeed = NativeFunction(
        "random.manual_seed",
        Documentation("random.manual_seed(seed) -> generator", "Restarts the global generator, which everything without a generator of its own draws from.", errors: "a seed that is not whole", source: "torch.manual_seed",
            example: "random.manual_seed(0)\nlocal a = random.normal({3})\nrandom.manual_seed(0)\nassert((a - random.normal({3})):abs():sum():item() == 0)")
    ) { arguments in
        try arguments.atMost(1)
        let service = arguments.context.service(GlobalGenerator.self)
        service.generator.restore(.init(seed: UInt64(bitPattern: Int64(try arguments.integer(1, "seed"))), stream: 0, drawn: 0))
        return .object(service.generator)
    }

    static let generator = NativeFunction(
        "random.generator",
        Documentation("random.generator(seed, stream = 0) -> generator", "A generator of its own, for {generator = g}. Streams (0 by default) of one seed are independent.", errors: "a seed or stream that is not whole", source: "torch.Generator",
            example: "local g = random.generator(0)\nassert(random.uniform({2}, {generator = g}).shape[1] == 2)")
    ) { arguments in
        try arguments.atMost(2)
        return .object(
            Generator(
                seed: UInt64(bitPattern: Int64(try arguments.integer(1, "seed"))),
                stream: UInt64(bitPattern: Int64(try arguments.integer(2, "stream", default: 0)))))
    }

    static let getState = NativeFunction(
        "random.get_state", Documentation("random.get_state() -> table", "Where the global generator is.", source: "torch.get_rng_state", example: "assert(random.get_state().drawn)")
    ) {
        try $0.atMost(0)
        return .state($0.context.service(GlobalGenerator.self).generator.state)
    }

    static let setState = NativeFunction(
        "random.set_state",
        Documentation("random.set_state(state)", "Takes the global generator back to where get_state was called.", errors: "a table that is not a state", source: "torch.set_rng_state",
            example: "local s = random.get_state()\nlocal a = random.uniform({1})\nrandom.set_state(s)\nassert(random.uniform({1})[{1}] == a[{1}])")
    ) { arguments in
        try arguments.atMost(1)
        arguments.context.service(GlobalGenerator.self).generator.restore(try arguments.state(1))
        return []
    }

    static let normal = filling(
        .normal, errors: "a standard deviation that is negative or NaN", source: "torch.normal", example: "assert(random.normal({2, 3}).shape[2] == 3)")

    static let uniform = filling(
        .uniform, errors: "low above high", source: "torch.Tensor.uniform_",
        example: "local u = random.uniform({100})\nassert(u:min():item() >= 0 and u:max():item() < 1)")

    /// `name(shape, a, b, {generator, dtype})`; the numbers may stand in the table as well.
    private static func filling(_ fill: RandomFill, errors: String, source: String, example: String) -> NativeFunction {
        let list = fill.parameters.map { "\($0.name) = \(shown($0.fallback))" }.joined(separator: ", ")
        let dtype = "dtype = \"float32\" or \"float64\""
        return NativeFunction(
            "random.\(fill.name)",
            Documentation(
                "random.\(fill.name)({d1, d2, ...} = {}, \(list), {generator, \(dtype)}) -> tensor\nrandom.\(fill.name)({d1, d2, ...} = {}, {\(list), generator, \(dtype)}) -> tensor",
                fill.summary + " Without a shape one number, in a 0-d tensor.", errors: errors + "; a shape that is not one", source: source,
                example: example)
        ) { arguments in
            let (shape, first) = try arguments.optionalShape(at: 1)
            return .tensor(try fill.tensor(arguments, shape, nil, from: first))
        }
    }

    static let bernoulli = NativeFunction(
        "random.bernoulli",
        Documentation(
            "random.bernoulli({d1, d2, ...} = {}, p = 0.5, {generator, dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\"}) -> tensor\nrandom.bernoulli(probabilities, {generator, dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\"}) -> tensor",
            "1 with probability p (0.5; a number, or a tensor that broadcasts to the shape), else 0; with a tensor of probabilities alone, one draw for each.",
            errors: "p outside [0, 1]; a shape that is not one", source: "torch.bernoulli",
            example: "assert(random.bernoulli({4}, 1):sum():item() == 4)\nassert(random.bernoulli(tensor({0, 1, 1})):sum():item() == 2)")
    ) { arguments in
        if case .object(let object) = arguments[1], let p = object as? Variable {
            try arguments.atMost(2)
            let options = try arguments.options(2, ["generator", "dtype"])
            return .tensor(try arguments.bernoulli(p.value, options.has("dtype") ? arguments.anyDType(options) : p.dtype.computing, options))
        }
        if case .object(let object) = arguments[2], let p = object as? Variable {
            try arguments.atMost(3)
            let options = try arguments.options(3, ["generator", "dtype"])
            let probabilities = try p.value.expand(arguments.shape(at: 1), for: arguments.function)
            return .tensor(try arguments.bernoulli(probabilities, options.has("dtype") ? arguments.anyDType(options) : p.dtype.computing, options))
        }
        guard arguments[1].asNumber.map({ $0 == $0.rounded() }) ?? true else {
            throw arguments.error("argument 1: a shape such as {2, 3} or a tensor of probabilities expected, got \(arguments[1].shown); for one draw with probability p, random.bernoulli({}, p)")
        }
        let (shape, next) = try arguments.optionalShape(at: 1)
        let p = arguments[next].asNumber ?? 0.5
        guard p >= 0, p <= 1 else { throw arguments.error("p: a number from 0 to 1 expected, got \(arguments[next].shown)") }
        let last = arguments[next].asNumber == nil && !arguments.isNil(next) ? next : next + 1
        try arguments.atMost(last)
        let options = try arguments.options(last, ["generator", "dtype"])
        return .tensor(try arguments.generator(options).fill(shape, .float32, for: arguments.function) { $0.uniform() < p ? 1 : 0 }.cast(arguments.anyDType(options)))
    }

    static let randint = NativeFunction(
        "random.randint",
        Documentation(
            "random.randint(low, high, {d1, d2, ...} = {}, {generator, dtype = \"int64\" or \"float32\" or \"float64\" or \"bool\"}) -> tensor",
            "Whole numbers from low to high, both included (Lua's math.random), in int64. Without a shape one number, in a 0-d tensor.",
            errors: "low above high; bounds that the dtype asked for has not all numbers between", source: "torch.randint, with the end included",
            example: "local r = random.randint(1, 6, {100})\nassert(r:min():item() >= 1 and r:max():item() <= 6 and r.dtype == \"int64\")\nassert(random.randint(3, 3):item() == 3)")
    ) { arguments in
        try arguments.atMost(4)
        let (low, high) = (try arguments.integer(1, "low"), try arguments.integer(2, "high"))
        let (span, overflow) = high.subtractingReportingOverflow(low)
        guard !overflow, span >= 0, span < Int.max else {
            throw arguments.error("low \(low) and high \(high): low not above high, and less than 2^63 - 1 apart, expected")
        }
        let (shape, next) = try arguments.optionalShape(at: 3)
        try arguments.atMost(next)
        let options = try arguments.options(next, ["generator", "dtype"])
        let dtype = try arguments.anyDType(options, default: .int64)
        // Up to which a type has all whole numbers.
        let reach: UInt = switch dtype {
        case .float32, .float16: 1 << 24
        case .float64: 1 << 53
        case .int64: .max
        case .bool: 1
        }
        guard Swift.max(low.magnitude, high.magnitude) <= reach, dtype != .bool || low >= 0 else {
            throw options.error("dtype", expected: "\(Swift.max(low.magnitude, high.magnitude) <= 1 << 53 ? "float64 or int64" : "int64"), since \(dtype.rawValue) lacks whole numbers from \(low) to \(high),")
        }
        return .tensor(try arguments.generator(options).fillIntegers(shape, for: arguments.function) { low + $0.below(span + 1) }.cast(dtype))
    }

    static let permutation = NativeFunction(
        "random.permutation",
        Documentation("random.permutation(n, {generator}) -> tensor", "1 to n in random order, in int64: positions for x[p] and index_select.", errors: "n that is negative or not whole", source: "torch.randperm",
            example: "assert(random.permutation(4):sum():item() == 10)")
    ) { arguments in
        try arguments.atMost(2)
        let n = try arguments.integer(1, "n", in: 0...(1 << 31))
        let options = try arguments.options(2, ["generator"])
        return .tensor(try arguments.generator(options).permutation(of: n, for: arguments.function))
    }

    static let choice = NativeFunction(
        "random.choice",
        Documentation(
            "random.choice(n, count = 1, {generator, replace = true, weights}) -> tensor\nrandom.choice(x, count = nil, {generator, replace = true, weights}) -> tensor\nrandom.choice(t, count = nil, {generator, replace = true, weights}) -> any",
            "count of the numbers 1 to n, in int64: each equally likely, or in proportion to a vector of weights; replace = false draws no number twice. Of a tensor x, its slices along the first dimension, copied: count of them in a tensor, or one without that dimension. Of a table t, its elements: one, or with a count a table of them.",
            errors: "n below 1; more than n without replacement; weights that are negative, NaN or all zero", source: "numpy.random.Generator.choice",
            example: "assert(random.choice(5, 5, {replace = false}):sum():item() == 15)\nassert(random.choice({\"a\", \"a\"}) == \"a\")")
    ) { arguments in
        try arguments.atMost(3)
        func positions(below count: Int) throws -> [Int] {
            let rest = [Value.integer(count)] + arguments.values.dropFirst()
            return try drawPositions(Arguments(function: arguments.function, values: rest, context: arguments.context)).toIntegers()
        }
        let isOne = arguments[2].asNumber == nil
        switch arguments[1] {
        case .table(let table):
            guard try table.count > 0 else { throw arguments.error(1, "t", expected: "a table with elements") }
            let elements = try positions(below: table.count).map { try table.value(at: $0) }
            return isOne ? elements[0] : .list(elements)
        case .object(let x as Variable):
            guard let extent = x.shape.first, extent > 0 else { throw arguments.error(1, "x", expected: "a tensor with elements along a dimension") }
            let rows = try positions(below: extent)
            if isOne { return .tensor(try x.value.select(0, rows[0] - 1, for: arguments.function).copy()) }
            return .tensor(try x.value.rows(rows.map { $0 - 1 }, for: arguments.function))
        default:
            return .tensor(try drawPositions(arguments))
        }
    }

    /// `random.choice` of the numbers 1 to n.
    private static func drawPositions(_ arguments: Arguments) throws -> Tensor {
        let n = try arguments.integer(1, "n", in: 1...(1 << 31))
        var next = 2
        var count = 1
        if case .table = arguments[2] {} else {
            count = try arguments.integer(2, "count", in: 0...(1 << 31), default: 1)
            next = 3
        }
        try arguments.atMost(next)
        let options = try arguments.options(next, ["generator", "replace", "weights"])
        let generator = try arguments.generator(options)
        let replace = try options.boolean("replace", default: true)
        guard replace || count <= n else { throw arguments.error("\(count) of \(n) cannot be drawn without replacement") }
        guard options.has("weights") else {
            if !replace { return try generator.distinct(count, of: n) }
            return try generator.fillIntegers([count], for: arguments.function) { $0.below(n) + 1 }
        }
        let weights = try options.weights(n)
        return replace
            ? try generator.choices(count, weights: weights, for: arguments.function)
            : try generator.distinctChoices(count, weights: weights, for: arguments.function)
    }
}

extension Arguments {
    /// One draw for each probability.
    fileprivate func bernoulli(_ probabilities: Tensor, _ dtype: DType, _ options: Options) throws -> Tensor {
        let p = try probabilities.toArray()
        if let wrong = p.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw error("p: numbers from 0 to 1 expected, got \(Value.number(p[wrong]).shown) at element \(wrong + 1)")
        }
        var next = p.makeIterator()
        return try generator(options).fill(probabilities.shape, .float32, for: function) { $0.uniform() < next.next() ?? 0 ? 1 : 0 }.cast(dtype)
    }
}

extension Options {
    fileprivate func weights(_ n: Int) throws -> [Double] {
        var weights: [Double] = []
        switch self["weights"] {
        case .table(let table): weights = try table.numbers() ?? []
        case .object(let object as Variable): weights = try object.value.toArray()
        default: break
        }
        guard weights.count == n, weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 }) else {
            throw error("weights", expected: "\(n) finite numbers from 0, not all 0,")
        }
        return weights
    }
}

extension Generator {
    /// `count` different numbers of 1 to n in random order, in int64: the beginning of a Fisher-Yates shuffle, whose
    /// untouched places are not stored where they are many.
    fileprivate func distinct(_ count: Int, of n: Int) throws -> Tensor {
        guard n / 8 > count else { return try shuffled(count, of: n) }
        let drawn = try Tensor.zeros([count], .int64, for: "random.choice")
        // A dictionary that grows is there twice.
        try Storage.reserving(count, bytes: 64) {
            var moved: [Int: Int] = [:]
            for place in 0..<count {
                if place & 0xfff == 0 { try Cancellation.check() }
                let other = place + below(n - place)
                drawn.base(Int64.self)[place] = Int64((moved[other] ?? other) + 1)
                moved[other] = moved[place] ?? place
            }
        }
        return drawn
    }
}

extension Generator {
    /// The same with all places in memory.
    private func shuffled(_ count: Int, of n: Int) throws -> Tensor {
        var next = 0
        let places = try fillIntegers([n], for: "random.choice") { _ in
            next += 1
            return next
        }
        let base = places.base(Int64.self)
        for place in 0..<count {
            if place & 0xffff == 0 { try Cancellation.check() }
            let other = place + below(n - place)
            (base[place], base[other]) = (base[other], base[place])
        }
        return try withExtendedLifetime(places) { try places.slice(0, from: 0, count: count).copy() }
    }

    /// 1 to n in random order (Fisher & Yates), in memory that is charged to the script.
    fileprivate func permutation(of n: Int, for operation: String) throws -> Tensor {
        var next = 0
        let order = try fillIntegers([n], for: operation) { _ in
            next += 1
            return next
        }
        let base = order.base(Int64.self)
        defer { withExtendedLifetime(order) {} }
        for i in stride(from: n - 1, to: 0, by: -1) {
            if i & 0xffff == 0 { try Cancellation.check() }
            let j = below(i + 1)
            (base[i], base[j]) = (base[j], base[i])
        }
        return order
    }
}
