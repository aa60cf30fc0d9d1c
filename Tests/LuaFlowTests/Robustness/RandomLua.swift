import LuaFlow
import Testing

/// Random Lua expressions and calls; the same seed gives the same ones.
struct RandomLua {
    private var state: UInt64
    /// The folder in which files may be written.
    private let scratch: String
    /// The indices in ``callables`` that come next, and those that were used.
    private var deck: [Int] = []
    private(set) var drawn: Set<Int> = []
    private var mustCall = false

    init(seed: UInt64, scratch: String) {
        state = seed
        self.scratch = scratch
    }

    // MARK: Dice

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    private mutating func one(of list: [String]) -> String { list[below(list.count)] }

    // MARK: Expressions

    static let numbers = [
        "0", "1", "-1", "2", "3", "4", "7", "-2", "100", "1000", "2^31", "2^32", "2^53", "1 << 40", "1 << 62",
        "math.mininteger", "math.maxinteger", "0.5", "-0.0", "1e-3", "0.1", "0/0", "-(0/0)", "1/0", "-1/0", "1e300",
        "-1e300", "5e-324", "1e19",
    ]

    static let strings = [
        "''", "'x'", "'a\\0b'", "'\\xff\\xfe'", "('x'):rep(1e5)", "'%s%n%d'", "'float64'", "'mean'", "'auto'", "'12'",
        "'../..'", "'/'", "'/dev/null'", "'\\u{1F600}'", "'shape'", "'grad'",
    ]

    static let functions = [
        "function() error('e') end", "function() error({}) end", "function() error() end",
        "function() coroutine.yield() end", "function(...) return ... end", "function() end",
        "function() return 0/0 end",
        "function(x) return x:sum() end", "function(x) return (x * x):sum() end", "function(x) return x * 2, x end",
        "function(...) local function f(...) return 1 + f(...) end return f(...) end", "print", "tensor.zeros", "pcall",
        "function(x) x:requires_grad_(true) return x end", "function(x) collectgarbage() return x end",
        "function(x) local t = {} t[1] = t return t end", "function(x) return tensor.zeros(0) end",
        "coroutine.wrap(function() while true do coroutine.yield(1) end end)", "setmetatable",
        "function() local y = tensor.ones(3):requires_grad_(true) return (y * y):sum() end",
    ]

    static let tables = [
        "{}", "{1}", "{1, 2}", "{2, 3}", "{-1, 2}", "{0, 3}", "{{1, 2}, {3, 4}}", "{{1}, {2, 3}}", "{{{}}}",
        "{'a', 'b'}",
        "(function() local t = {} t[1] = t t.t = t return t end)()", "{1, 2, nil, 4}", "{[0] = 1}", "{0/0}", "{1e300}",
        "setmetatable({}, {__index = function() error('index') end, __len = function() return 1 << 60 end})",
        "setmetatable({1, 2}, {__pairs = error, __gc = error, __close = error})", "{math.mininteger}", "_G",
        "{true}", "{{}, {}}", "{function() end}", "{2^31, 2^31}", "{1 << 62, 4}", "{tensor.ones(2), tensor.ones(2)}",
        "(function() local t = {} for i = 1, 1000 do t = {t} end return t end)()",
        "(function() local t = {} for i = 1, 1000 do t[i] = 1 end return t end)()",
        "{tensor.ones(2):requires_grad_(true)}", "{x = 1, y = {2}}", "{{1, 3}, {}}", "{{2, 1}}", "{0, 0}",
    ]

    static let tensors = [
        "tensor.zeros(0)", "tensor.zeros(0, 3)", "tensor.zeros(3, 0)", "tensor.ones(1)", "tensor.ones(3)",
        "tensor.full({}, 2)", "tensor({{1, 2}, {3, 4}})", "tensor.ones(2, 3)", "tensor.ones(3, 2)",
        "tensor.arange(1, 6)",
        "tensor.eye(3, {dtype = 'float64'})", "tensor({0/0, 1})", "tensor({1/0, -1/0})", "tensor({1e38, -1e38})",
        "tensor.ones(3):requires_grad_(true)", "(tensor.ones(3):requires_grad_(true) * 2)", "tensor.ones(2, 3):t()",
        "tensor.ones(1, 3):expand(4, 3)", "tensor.ones(2, 3, 4)", "tensor.ones(1, 1, 5, 5)", "tensor.zeros(28, 28)",
        "tensor.ones(2, 2, {dtype = 'float64'}):requires_grad_(true)", "tensor.arange(1, 6)[{{2, 4}}]",
        "tensor.zeros(10000)", "tensor({1, 1, 1, 1})", "tensor({2, 1, 2})", "tensor({-1, 0, 5})",
        "tensor.eye(4) * 1e30",
        "tensor({{1, 2}, {-1, 0}}, {dtype = 'int64'})", "tensor({math.mininteger, math.maxinteger}, {dtype = 'int64'})",
        "tensor({true, false, true})",
        "tensor.ones(3, 3):ge(1)", "tensor(1, {dtype = 'int64'})", "tensor(false)",
        "tensor.zeros(math.maxinteger, 0)", "tensor.zeros(0, 1 << 60)",
        "tensor.zeros(2, 2)", "random.normal({3, 3})", "random.uniform({4})", "tensor.ones(1, 1, 1, 1, 1, 1, 1, 1)",
    ]

    /// At least one expression for each type of object; a test compares this with the modules' types.
    static let objects: [String: [String]] = [
        "tensor": tensors,
        "flow": ["flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}"],
        "module": ["nn.Linear(2, 3)", "nn.MLP(2, 2, {hidden_features = {4}})"],
        "transform": [
            "flow.Scaling{0, 1}", "flow.Planar(2)", "flow.ActNorm(2)",
            "flow.Autoregressive{features = 2, univariate = \"mixture\"}",
        ],
        "generator": ["random.generator(1)", "random.manual_seed(3)"],
        // An iterator's upvalue, which scripts reach through `debug` only.
        "batches": ["select(2, debug.getupvalue(data.batches(tensor.ones(5, 2), 2), 2))"],
        "moving_average": ["montecarlo.baselines.moving_average(0.5)"],
        "figure": ["plot.line{{1, 2, 3}, {1, 4, 9}}", "plot.histogram{{1, 2, 2}}", "plot.image{tensor.ones(2, 2)}"],
        "projection": [
            "projection.Box(0, 1)", "projection.Simplex()", "projection.Ball(tensor.zeros(3), 1)", "projection.PSD()",
            "projection.Intersection{projection.Box(0, 1), projection.Nonnegative()}", "projection.Sparse(1)",
        ],
        "prox": ["prox.L1(0.5)", "prox.TV(1)", "prox.Nuclear(0.1):conjugate()"],
        "distribution": [
            "distribution.Normal(0, 1)", "distribution.Categorical({0.5, 0.5})",
            "distribution.Gamma(tensor({1, 2}), 1)", "distribution.Poisson(3)", "distribution.Uniform(0, 1)",
            "distribution.Truncated(distribution.Cauchy(0, 1), 1, 2)", "distribution.Multinomial(3, {1, 2})",
        ],
        "optimizer": [
            "optim.SGD({tensor.ones(2):requires_grad_(true)}, {lr = 0.1})",
            "optim.Adam({tensor.ones(2, 2):requires_grad_(true)}, {lr = 0.1})",
            "optim.LBFGS({tensor.ones(2):requires_grad_(true)})",
        ],
        "kernel": [
            "mcmc.NUTS{max_depth = 3}", "mcmc.HMC{step_size = 0.1, leapfrog_steps = 2}", "mcmc.RandomWalk{scale = 1}",
            "mcmc.EllipticalSlice{prior = distribution.Normal(0, 1)}",
        ],
        "chain_summary": ["mcmc.summary(tensor.ones(2, 5))"],
        "progress": ["host.progress(3)"],
    ]

    mutating func expression(options: [String] = []) -> String {
        switch below(16) {
        case 0: return one(of: ["nil", "true", "false", "io.stdout", "coroutine.create(print)", "coroutine.running()"])
        case 1, 2, 3: return one(of: RandomLua.numbers)
        case 4: return below(4) == 0 ? file() : one(of: RandomLua.strings)
        case 5, 6: return one(of: RandomLua.tables)
        case 7, 8: return one(of: RandomLua.functions)
        case 9: return object(one(of: RandomLua.objects.keys.sorted()))
        case 10, 11: return options.isEmpty ? one(of: RandomLua.tables) : table(of: options)
        default: return one(of: RandomLua.tensors)
        }
    }

    private mutating func file() -> String {
        "'\(scratch)/file\(one(of: [".png", ".npy", ".npz", ".svg", ".safetensors", ""]))'"
    }

    mutating func object(_ type: String) -> String {
        guard let known = RandomLua.objects[type] else { return "nil" }
        return "(" + one(of: known) + ")"
    }

    private mutating func table(of options: [String]) -> String {
        let fields = (0...below(3)).map { _ in "\(one(of: options)) = \(expression())" }
        return "{" + fields.joined(separator: ", ") + "}"
    }

    private mutating func arguments(_ options: [String], least: Int = 0) -> String {
        (0..<(least + below(4))).map { _ in expression(options: options) }.joined(separator: ", ")
    }

    // MARK: Calls

    /// A statement that does something random with `callable`.
    mutating func statement(_ callable: Callable) -> String {
        // The first time it is certainly called.
        let isFirst = mustCall
        mustCall = false
        if !isFirst, below(3) == 0, let example = callable.documentation.example { return mutated(example) }
        let options = callable.optionNames
        switch callable.form {
        case .function(let path): return "local _ = \(path)(\(arguments(options)))"
        case .method(let type, let name):
            // One time in ten on an object of another type.
            let receiver = below(10) == 0 ? "(\(expression()))" : object(type)
            return "local _ = \(receiver):\(name)(\(arguments(options)))"
        case .property(let type, let name): return "local _ = \(object(type)).\(name)"
        case .setter(let type, let name): return "local o = \(object(type)) o.\(name) = \(expression())"
        case .operation(let type, let key): return operation(object(type), key, options)
        }
    }

    private mutating func operation(_ object: String, _ key: Operator, _ options: [String]) -> String {
        let binary: [Operator: String] = [
            .add: "+", .subtract: "-", .multiply: "*", .divide: "/", .floorDivide: "//", .modulo: "%", .power: "^",
            .concatenate: "..",
            .equal: "==", .less: "<", .lessOrEqual: "<=",
        ]
        if let sign = binary[key] {
            let other = "(\(expression()))"
            return "local _ = " + (below(2) == 0 ? "\(object) \(sign) \(other)" : "\(other) \(sign) \(object)")
        }
        switch key {
        case .negate: return "local _ = -\(object)"
        case .length: return "local _ = #\(object)"
        case .describe: return "local _ = tostring(\(object))"
        case .index: return "local _ = \(object)[\(expression())]"
        case .newindex: return "local o = \(object) o[\(expression())] = \(expression())"
        case .close: return "local o <close> = \(object)"
        case .member: return "local _ = \(object).part"
        default: return "local _ = \(object)(\(arguments(options)))"
        }
    }

    /// The example with one or two of its numbers replaced by others.
    private mutating func mutated(_ example: String) -> String {
        var text = Array(example)
        for _ in 0...below(2) {
            let places = text.indices.filter { text[$0].isNumber && !RandomLua.isInside(text, $0) }
            guard !places.isEmpty else { break }
            let start = places[below(places.count)]
            var end = start
            while end < text.count,
                text[end].isNumber || ".eE".contains(text[end])
                    || ("+-".contains(text[end]) && "eE".contains(text[end - 1]))
            {
                end += 1
            }
            text.replaceSubrange(start..<end, with: Array("(" + one(of: RandomLua.numbers) + ")"))
        }
        return String(text)
    }

    /// Whether the digit at `place` belongs to a name, a longer number or an escape sequence.
    private static func isInside(_ text: [Character], _ place: Int) -> Bool {
        guard place > 0 else { return false }
        let before = text[place - 1]
        if before.isLetter || before.isNumber || "_.\\".contains(before) { return true }
        return place > 1 && "+-".contains(before) && "eE".contains(text[place - 2])
    }

    // MARK: Registered parts

    /// A constructor that a script registers with `host.register`.
    struct Registered: Sendable, CustomTestStringConvertible {
        let path: String
        let example: String

        var testDescription: String { path }
        var callable: Callable {
            Callable(
                name: path, form: .function(path), documentation: Documentation("\(path)(x)", "", example: example))
        }
    }

    static let registered = [
        Registered(path: "projection.Between", example: "local _ = projection.Between(2)(tensor({-5, 1, 5}))"),
        Registered(
            path: "distribution.Triangle",
            example: "local t = distribution.Triangle(2) local _ = t:sample({3}) _ = t:log_prob(tensor({0.5}))"),
        Registered(path: "flow.Doubling", example: "local _ = flow.Doubling(2):to_data(tensor.ones(2, 3))"),
    ]

    /// The Lua code that registers them.
    static let registration = """
        host.register{
            projections = {Between = function(r) return {project = function(x) return x:clamp(-r, r) end} end},
            distributions = {Triangle = function(s)
                return {
                    sample = function(shape) return random.uniform(shape) * s end,
                    log_prob = function(x) return (s - x):log() end,
                }
            end},
            transforms = {Doubling = function(s)
                return {
                    to_latent = function(x) return x / s, -x:sum(-1) * 0 end, to_data = function(z) return z * s, z:sum(-1) * 0 end,
                }
            end},
        }

        """

    /// Without functions that only print what another function returns, unless all are asked for.
    static let callables =
        Callable.all.filter { Thoroughness.isExhaustive || !$0.name.hasSuffix("show") } + registered.map(\.callable)

    /// The callables in random order, again and again, so that each comes equally often.
    mutating func callable() -> Callable {
        if deck.isEmpty {
            deck = Array(RandomLua.callables.indices)
            for i in deck.indices.reversed() where i > 0 { deck.swapAt(i, below(i + 1)) }
        }
        let place = deck.removeLast()
        if drawn.insert(place).inserted { mustCall = true }
        return RandomLua.callables[place]
    }
}
