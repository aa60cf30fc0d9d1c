/// Names known from Python, NumPy and PyTorch, and their equivalents here.
public enum OtherNames {
    /// Global functions that Lua does not have.
    public static let functions = [
        "len": "the length of x is #x", "range": "for i = 1, n do counts", "str": "tostring(x)",
        "int": "math.floor(x), or tonumber(x)",
        "float": "tonumber(x)", "list": "a list is written {1, 2}", "dict": "a table is written {name = value}",
        "enumerate": "for i, x in ipairs(t) do", "isinstance": "type(x)", "input": "io.read()",
        "abs": "math.abs, or x:abs() of a tensor",
        "sqrt": "math.sqrt, or x:sqrt() of a tensor", "exp": "math.exp, or x:exp() of a tensor",
        "log": "math.log, or x:log() of a tensor",
        "max": "math.max, or x:max() of a tensor", "min": "math.min, or x:min() of a tensor",
        "sum": "x:sum() of a tensor",
        "round": "math.floor(x + 0.5), or x:round() of a tensor", "open": "io.open(path)", "sorted": "table.sort(t)",
    ]

    /// Global values that Lua does not have.
    public static let values = [
        "True": "true", "False": "false", "None": "nil", "null": "nil", "nill": "nil", "Nil": "nil", "NULL": "nil",
        "elif": "elseif",
    ]

    /// The equivalent of a member that modules and types do not have here, to follow `has no function "randn"`.
    public static func member(_ name: String, of owner: String) -> String? { members[owner]?[name] }

    private static let members: [String: [String: String]] = [
        "tensor": [
            "randn": "random.normal({2, 3})", "rand": "random.uniform({2, 3})", "randint": "random.randint",
            "randperm": "random.permutation(n)",
            "normal": "random.normal({2, 3})", "bernoulli": "random.bernoulli",
            "multinomial": "distribution.Categorical",
            "manual_seed": "random.manual_seed(0)", "no_grad": "autodiff.no_grad(f)",
            "save": "checkpoint.save", "load": "checkpoint.load",
            "tensor": "tensor{1, 2, 3}", "Tensor": "tensor{1, 2, 3}", "array": "tensor{1, 2, 3}",
            "asarray": "tensor{1, 2, 3}",
            "FloatTensor": "tensor{1, 2, 3}", "from_numpy": "checkpoint.load of a .npy",
            "concatenate": "tensor.cat({x, y}, 1)",
            "concat": "tensor.cat({x, y}, 1)", "vstack": "tensor.cat({x, y}, 1)", "hstack": "tensor.cat({x, y}, 2)",
            "numpy": "x:tolist()", "ndim": "x:dim()", "cuda": "there are no devices",
            "cpu": "there are no devices", "device": "there are no devices",
            "astype": "x:to(\"float64\")", "type": "x:to(\"float64\")", "long": "x:to(\"int64\")",
            "int": "x:to(\"int64\")", "len": "#x",
            "copy": "x:clone()", "ravel": "x:flatten()", "tile": "x:expand, or tensor.cat",
        ],
        "random": [
            "randn": "random.normal({2, 3})", "rand": "random.uniform({2, 3})", "seed": "random.manual_seed(0)",
            "shuffle": "random.permutation(n)", "randperm": "random.permutation(n)",
        ],
        "math": [
            "round": "math.floor(x + 0.5)", "pow": "x ^ y", "inf": "math.huge", "nan": "0 / 0",
            "log10": "math.log(x, 10)", "log2": "math.log(x, 2)",
        ],
        "string": [
            "split": "string.gmatch", "join": "table.concat", "strip": "s:match \"^%s*(.-)%s*$\"",
            "replace": "string.gsub",
        ],
        "table": [
            "append": "t[#t + 1] = x", "push": "t[#t + 1] = x", "pop": "table.remove", "length": "#t", "len": "#t",
        ],
        "optim": ["Sgd": "optim.SGD"],
    ]

    /// The equivalent, ` (here: random.normal({2, 3}))`, else the nearest name, else an empty string.
    public static func hint(for name: String, of owner: String, among known: some Sequence<String>) -> String {
        member(name, of: owner).map { " (here: \($0))" } ?? suggestion(for: name, among: known)
    }

    /// The modules, which scripts must require. A test compares them with the built-in ones.
    static let modules: Set<String> = [
        "autodiff", "checkpoint", "data", "distribution", "flow", "host", "image", "mcmc", "montecarlo", "mpi", "nn",
        "optim", "plot", "projection", "prox", "random", "special", "tensor",
    ]

    /// Functions of Lua's math library that tensors have as methods.
    static let elementwise: Set<String> = ["abs", "ceil", "cos", "exp", "floor", "log", "sin", "sqrt", "tan"]

    /// A hint for a method called with a dot: `tensor:sum: argument 1 (x): a tensor expected, got 1`.
    static func dotted(_ message: String) -> String? {
        let parts = message.split(separator: " ", omittingEmptySubsequences: false)
        guard let place = parts.firstIndex(of: "argument"), place > 0, parts.count > place + 4, parts[place + 1] == "1",
            let operation = parts[place - 1].split(separator: "\n").last, operation.hasSuffix(":"),
            message.contains(" expected, got ")
        else { return nil }
        let names = operation.dropLast().split(separator: ":", omittingEmptySubsequences: false)
        guard names.count == 2,
            names.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0 == "_" || $0.isNumber } })
        else { return nil }
        return "a method is called with a colon: x:\(names[1])(...)"
    }
}
