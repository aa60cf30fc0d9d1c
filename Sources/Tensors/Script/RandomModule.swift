import Scripting

/// The module `random`: generators, and tensors drawn from them.
public struct RandomModule: ScriptModule {
    public init() {}

    public let name = "random"
    public let summary = """
        Random tensors from a counter-based generator: the same seed gives the same numbers, whatever the number of \
        threads.
        """
    public var functions: [NativeFunction] {
        [
            NativeFunction(RandomFunctions.manualSeed), NativeFunction(RandomFunctions.generator),
            RandomFunctions.normal, RandomFunctions.uniform, RandomFunctions.bernoulli,
            NativeFunction(RandomFunctions.permutation), RandomFunctions.randint,
            NativeFunction(RandomFunctions.choice), NativeFunction(RandomFunctions.getState),
            NativeFunction(RandomFunctions.setState),
        ]
    }

    public var types: [TypeBinding] {
        [
            TypeBinding(
                Generator.type, "A stream of random numbers: Philox 4x32-10.",
                methods: [NativeFunction(GeneratorMethods.getState), NativeFunction(GeneratorMethods.setState)])
        ]
    }
}

// MARK: Parameters

extension Parameter<[Int]> {
    fileprivate static var shape: Parameter {
        .argument("shape", .shape, default: [], "one number, in a 0-d tensor, by default")
    }
}

extension NativeFunction {
    /// Refuses several numbers where a shape is expected: they may be a shape without its table, or a size and other
    /// arguments.
    fileprivate func takingShape(at position: Int) -> NativeFunction {
        trying { arguments in
            let sizes = arguments.values.dropFirst(position - 1).prefix { $0.asNumber != nil }
            guard sizes.count > 1 else { return nil }
            let all = sizes.map(\.shown)
            let isWhole = sizes.allSatisfy { $0.asInteger != nil }
            let whole = isWhole ? "{\(all.joined(separator: ", "))} if that is the shape, " : ""
            throw arguments.error(
                """
                a shape in front of other numbers stands in a table: \(whole){\(all[0])}, \
                \(all.dropFirst().joined(separator: ", ")) if the shape is \(all[0]) alone
                """)
        }
    }
}

extension Results<Generator.State> {
    fileprivate static var state: Results {
        let word = ScriptType.integer
        let type = ScriptType.record([.init("seed", word), .init("stream", word), .init("drawn", word)])
        return Results(type) { state in
            func shown(_ word: UInt64) -> Value { .integer(Int(bitPattern: UInt(word))) }
            return .record([
                (key: "seed", value: shown(state.seed)), (key: "stream", value: shown(state.stream)),
                (key: "drawn", value: shown(state.drawn)),
            ])
        }
    }
}

extension Parameter<Generator.State> {
    fileprivate static var state: Parameter {
        let expected = "a table that get_state returned, with seed, stream and drawn"
        let domain = Domain<any ScriptTable>.table(expected: expected).map(show: { _ in "state" }) { table in
            func word(_ key: String) throws -> UInt64? {
                try table.value(for: key).asInteger.map { UInt64(UInt(bitPattern: $0)) }
            }
            guard let seed = try word("seed"), let stream = try word("stream"), let drawn = try word("drawn") else {
                return Generator.State?.none
            }
            return Generator.State(seed: seed, stream: stream, drawn: drawn)
        }
        return .argument("state", domain, "what get_state returned")
    }
}

extension Parameter<Bool> {
    fileprivate static var replace: Parameter {
        .option("replace", .flag, default: true, "false draws nothing twice")
    }
}

extension Parameter<[Double]?> {
    fileprivate static var weights: Parameter {
        .option("weights", .optional(.flatNumbers), "one for each, from 0: what it is drawn in proportion to")
    }
}

extension Parameter<Int?> {
    fileprivate static var count: Parameter {
        .argument("count", .optional(.integer(from: 0, to: 1 << 31)), "how many; one by itself by default")
    }
}

// MARK: Functions

private enum GeneratorMethods {
    private static var receiver: Parameter<Generator> { .argument("g", .object(Generator.type)) }

    static let getState = Declaration(
        "generator:get_state", "Where the generator is: seed, stream and numbers drawn, for g:set_state.",
        called: .method, takes: receiver, returns: .state,
        example: """
            local g = random.generator(1)
            assert(g:get_state().drawn == 0)
            """, see: ["random.get_state"]
    ) { $0.state }

    static let setState = Declaration(
        "generator:set_state", "Goes back to where get_state was called, and returns g.", called: .method,
        takes: receiver, .state, returns: .object(Generator.type),
        example: """
            local g = random.generator(1)
            local s = g:get_state()
            local a = random.normal({2}, {generator = g})
            g:set_state(s)
            assert((a - random.normal({2}, {generator = g})):abs():sum():item() == 0)
            """, see: ["random.set_state"]
    ) { generator, state in
        generator.restore(state)
        return generator
    }
}

private enum RandomFunctions {
    static let manualSeed = Declaration(
        "random.manual_seed",
        "Restarts the global generator, which everything without a generator of its own draws from.",
        takes: .argument("seed", .integer), .context, returns: .object(Generator.type), source: "torch.manual_seed",
        example: """
            random.manual_seed(0)
            local a = random.normal({3})
            random.manual_seed(0)
            assert((a - random.normal({3})):abs():sum():item() == 0)
            """, see: ["random.generator"]
    ) { seed, context in
        let generator = context.service(GlobalGenerator.self).generator
        generator.restore(.init(seed: UInt64(bitPattern: Int64(seed)), stream: 0, drawn: 0))
        return generator
    }

    static let generator = Declaration(
        "random.generator", "A generator of its own, for {generator = g}.",
        takes: .argument("seed", .integer),
        .argument("stream", .integer, default: 0, "streams of one seed are independent"),
        returns: .object(Generator.type), source: "torch.Generator",
        example: """
            local g = random.generator(0)
            assert(random.uniform({2}, {generator = g}).shape[1] == 2)
            """
    ) { seed, stream in
        Generator(seed: UInt64(bitPattern: Int64(seed)), stream: UInt64(bitPattern: Int64(stream)))
    }

    static let getState = Declaration(
        "random.get_state", "Where the global generator is.", takes: .context, returns: .state,
        source: "torch.get_rng_state", example: "assert(random.get_state().drawn)", see: ["generator:get_state"]
    ) { $0.service(GlobalGenerator.self).generator.state }

    static let setState = Declaration(
        "random.set_state", "Takes the global generator back to where get_state was called.", takes: .state, .context,
        returns: .nothing, source: "torch.set_rng_state",
        example: """
            local s = random.get_state()
            local a = random.uniform({1})
            random.set_state(s)
            assert(random.uniform({1})[{1}] == a[{1}])
            """, see: ["generator:set_state"]
    ) { state, context in context.service(GlobalGenerator.self).generator.restore(state) }

    static let normal = filling(
        .normal, source: "torch.normal", example: "assert(random.normal({2, 3}).shape[2] == 3)")

    static let uniform = filling(
        .uniform, errors: "low above high", source: "torch.Tensor.uniform_",
        example: """
            local u = random.uniform({100})
            assert(u:min():item() >= 0 and u:max():item() < 1)
            """)

    private static func filling(
        _ fill: RandomFill, errors: String? = nil, source: String, example: String
    ) -> NativeFunction {
        let declaration = Declaration(
            "random.\(fill.name)", fill.summary, takes: .shape, fill.first, fill.second, .generator,
            .option("dtype", .floatingDType, default: .float32), .operation, returns: .plainTensor, errors: errors,
            source: source, example: example
        ) { shape, first, second, generator, dtype, operation in
            try fill.draw(generator, first, second, shape, dtype, operation)
        }
        return NativeFunction(declaration).takingShape(at: 1)
    }

    static let bernoulli = NativeFunction(declaredBernoulli).takingShape(at: 1).trying { arguments in
        // random.bernoulli(0.3) means a probability: the error says so.
        guard arguments[1].asNumber != nil, arguments[1].asInteger == nil else { return nil }
        throw arguments.error(
            """
            argument 1 (shape): a shape such as {2, 3} or a tensor of probabilities expected, got \
            \(arguments[1].shown); for one draw with probability p, random.bernoulli({}, p)
            """)
    }

    private static let declaredBernoulli = Declaration(
        "random.bernoulli", "1 with probability p, else 0; of a tensor of probabilities alone one draw for each.",
        forms: Form(
            takes: .shape, .argument("p", .tensorOrNumber, default: .number(Scalar(0.5)), "broadcast to the shape"),
            .generator, bernoulliDType, .operation, returns: .plainTensor
        ) { shape, p, generator, dtype, operation in
            switch p {
            case .number(let number):
                let p = number.number
                guard p >= 0, p <= 1 else { throw Fault("p", "a number from 0 to 1 expected, got \(shown(p))") }
                return try generator.fill(shape, .float32, for: operation) { $0.uniform() < p ? 1 : 0 }
                    .cast(dtype ?? .float32)
            case .tensor(let p):
                let probabilities = try p.value.expand(shape, for: operation)
                return try draws("p", probabilities, generator, dtype, operation)
            }
        },
        Form(
            takes: .argument("probabilities", .plainTensor), .generator, bernoulliDType, .operation,
            returns: .plainTensor
        ) { try draws("probabilities", $0, $1, $2, $3) },
        source: "torch.bernoulli",
        example: """
            assert(random.bernoulli({4}, 1):sum():item() == 4)
            assert(random.bernoulli(tensor({0, 1, 1})):sum():item() == 2)
            """)

    private static var bernoulliDType: Parameter<DType?> {
        .option("dtype", .optional(.dtype), "float32 by default, or that of a tensor of probabilities")
    }

    /// One draw for each probability.
    private static func draws(
        _ name: String, _ probabilities: Tensor, _ generator: Generator, _ dtype: DType?, _ operation: String
    ) throws -> Tensor {
        let p = try probabilities.toArray()
        if let wrong = p.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw Fault(name, "numbers from 0 to 1 expected, got \(shown(p[wrong])) at element \(wrong + 1)")
        }
        var next = p.makeIterator()
        return try generator.fill(probabilities.shape, .float32, for: operation) {
            $0.uniform() < next.next() ?? 0 ? 1 : 0
        }.cast(dtype ?? probabilities.dtype.computing)
    }

    static let randint = NativeFunction(declaredRandint).takingShape(at: 3)

    private static let declaredRandint = Declaration(
        "random.randint", "Whole numbers from low to high, both included (Lua's math.random).",
        takes: .argument("low", .integer), .argument("high", .integer), .shape, .generator,
        .option("dtype", .dtype, default: .int64), .operation, returns: .plainTensor,
        errors: "low above high; bounds that the dtype asked for has not all numbers between",
        source: "torch.randint, with the end included",
        example: """
            local r = random.randint(1, 6, {100})
            assert(r:min():item() >= 1 and r:max():item() <= 6 and r.dtype == "int64")
            assert(random.randint(3, 3):item() == 3)
            """
    ) { low, high, shape, generator, dtype, operation in
        let (span, overflow) = high.subtractingReportingOverflow(low)
        guard !overflow, span >= 0, span < Int.max else {
            throw Fault("low \(low) and high \(high): low not above high, and less than 2^63 - 1 apart, expected")
        }
        // The range in which the dtype represents all integers.
        let reach: UInt =
            switch dtype {
            case .float32, .float16: 1 << 24
            case .float64: 1 << 53
            case .int64: .max
            case .bool: 1
            }
        let size = Swift.max(low.magnitude, high.magnitude)
        guard size <= reach, dtype != .bool || low >= 0 else {
            throw Fault(
                "dtype",
                """
                \(size <= 1 << 53 ? "float64 or int64" : "int64"), since \(dtype.rawValue) lacks whole numbers from \
                \(low) to \(high), expected, got "\(dtype.rawValue)"
                """)
        }
        return try generator.fillIntegers(shape, for: operation) { low + $0.below(span + 1) }.cast(dtype)
    }

    static let permutation = Declaration(
        "random.permutation", "1 to n in random order, in int64: positions for x[p] and index_select.",
        takes: .argument("n", .integer(from: 0, to: 1 << 31)), .generator, .operation, returns: .plainTensor,
        source: "torch.randperm", example: "assert(random.permutation(4):sum():item() == 10)"
    ) { n, generator, operation in try generator.permutation(of: n, for: operation) }

    static let choice = Declaration(
        "random.choice",
        """
        count of the numbers 1 to n, in int64: each equally likely, or in proportion to weights. Of a tensor x, its \
        slices along the first dimension, copied: count of them in a tensor, or one without that dimension. Of a table \
        t, its elements: one, or with a count a table of them.
        """,
        forms: Form(
            takes: .argument("n", .integer(from: 1, to: 1 << 31)),
            .argument("count", .integer(from: 0, to: 1 << 31), default: 1), .generator, .replace, .weights,
            returns: .plainTensor
        ) { n, count, generator, replace, weights in
            try generator.choices(count, of: n, replace: replace, weights)
        },
        Form(
            takes: .argument("x", .plainTensor), .count, .generator, .replace, .weights, .operation,
            returns: .plainTensor
        ) { x, count, generator, replace, weights, operation in
            guard let extent = x.shape.first, extent > 0 else {
                throw Fault("x", "a tensor with elements along a dimension expected, got \(Shape.describe(x.shape))")
            }
            let rows = try generator.choices(count ?? 1, of: extent, replace: replace, weights).toIntegers()
            guard count != nil else { return try x.select(0, rows[0] - 1, for: operation).copy() }
            return try x.rows(rows.map { $0 - 1 }, for: operation)
        },
        Form(
            takes: .argument("t", .table), .count, .generator, .replace, .weights, returns: .value(.any)
        ) { table, count, generator, replace, weights in
            let extent = try table.count
            guard extent > 0 else { throw Fault("t", "a table with elements expected") }
            let places = try generator.choices(count ?? 1, of: extent, replace: replace, weights).toIntegers()
            let elements = try places.map { try table.value(at: $0) }
            return count == nil ? elements[0] : .list(elements)
        },
        errors: "more than n without replacement; weights that are negative, NaN or all zero, or not n",
        source: "numpy.random.Generator.choice",
        example: """
            assert(random.choice(5, 5, {replace = false}):sum():item() == 15)
            assert(random.choice({"a", "a"}) == "a")
            """)
}

extension Generator {
    /// `count` draws from 1 to n, in int64.
    fileprivate func choices(_ count: Int, of n: Int, replace: Bool, _ weights: [Double]?) throws -> Tensor {
        let operation = "random.choice"
        guard replace || count <= n else { throw Fault("\(count) of \(n) cannot be drawn without replacement") }
        guard let weights else {
            if !replace { return try distinct(count, of: n) }
            return try fillIntegers([count], for: operation) { $0.below(n) + 1 }
        }
        guard weights.count == n, weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 })
        else {
            let got = weights.prefix(5).map(shown).joined(separator: ", ") + (weights.count > 5 ? ", ..." : "")
            throw Fault("weights", "\(n) finite numbers from 0, not all 0, expected, got {\(got)}")
        }
        return replace
            ? try choices(count, weights: weights, for: operation)
            : try distinctChoices(count, weights: weights, for: operation)
    }
}

extension Generator {
    /// `count` distinct numbers from 1 to n in random order, in int64: the beginning of a Fisher-Yates shuffle; for
    /// large n only the places it has touched are stored.
    fileprivate func distinct(_ count: Int, of n: Int) throws -> Tensor {
        guard n / 8 > count else { return try shuffled(count, of: n) }
        let drawn = try Tensor.zeros([count], .int64, for: "random.choice")
        // A dictionary exists twice while it grows.
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

    /// 1 to n in random order (Fisher and Yates), in memory charged to the script.
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
