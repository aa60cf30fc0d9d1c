import Autodiff
import Scripting
import Tensors

/// `nn.init.name_(t)`: writes initial values into a tensor in place, unrecorded, and returns it.
enum InitFunctions {
    static let all = [
        uniform, normal, constant, zeros, ones, xavierUniform, xavierNormal, kaimingUniform, kaimingNormal, orthogonal,
    ]

    private static let target = Parameter<Variable>.argument("t", .tensor, "a parameter; float32 or float64")
    private static let gain = Parameter<Double>.option("gain", .number(finite: true), default: 1)
    private static let shapeErrors = "a tensor of less than two dimensions"
    private static let weight = "local t = tensor.zeros(4, 6)\n"

    /// Draws all elements independently.
    private static func fill(
        _ t: Variable, _ generator: Generator, _ operation: String, _ draw: (Generator) -> Double
    ) throws -> Variable {
        guard t.dtype.isFloating else {
            throw Fault("t", "a float32 or float64 tensor expected, got \(t.dtype.rawValue)")
        }
        try t.value.write(try generator.fill(t.shape, t.dtype, for: operation, draw))
        return t
    }

    private static let uniform = Declaration(
        "nn.init.uniform_", "Uniform numbers from a to b.",
        takes: target, .argument("a", .number(finite: true), default: 0),
        .argument("b", .number(finite: true), default: 1), .generator, .operation, returns: .tensor,
        errors: "a above b", source: "torch.nn.init.uniform_",
        example: weight + "assert(nn.init.uniform_(t, 2, 3):min():item() >= 2)"
    ) { t, a, b, generator, operation in
        guard a <= b, (b - a).isFinite else {
            throw Fault("a \(shown(a)) and b \(shown(b)): finite numbers, a not above b, expected")
        }
        return try fill(t, generator, operation) { a + (b - a) * $0.uniform() }
    }

    private static let normal = Declaration(
        "nn.init.normal_", "Normal numbers.",
        takes: target, .argument("mean", .number(finite: true), default: 0),
        .argument("std", .number(from: 0, finite: true), default: 1), .generator, .operation, returns: .tensor,
        source: "torch.nn.init.normal_", example: weight + "assert(nn.init.normal_(t, 5, 0):mean():item() == 5)"
    ) { t, mean, std, generator, operation in try fill(t, generator, operation) { mean + std * $0.normal() } }

    private static let constant = Declaration(
        "nn.init.constant_", "One number everywhere.", takes: target, .argument("val", .number), returns: .tensor,
        source: "torch.nn.init.constant_", example: weight + "assert(nn.init.constant_(t, 2):mean():item() == 2)"
    ) { t, value in
        try t.value.write(.full(t.shape, value, t.dtype))
        return t
    }

    private static let zeros = Declaration(
        "nn.init.zeros_", "Zeros.", takes: target, returns: .tensor, source: "torch.nn.init.zeros_",
        example: "assert(nn.init.zeros_(tensor{1, 2}):sum():item() == 0)"
    ) { t in
        try t.value.write(.zeros(t.shape, t.dtype))
        return t
    }

    private static let ones = Declaration(
        "nn.init.ones_", "Ones.", takes: target, returns: .tensor, source: "torch.nn.init.ones_",
        example: weight + "assert(nn.init.ones_(t):sum():item() == 24)"
    ) { t in
        try t.value.write(.full(t.shape, 1, t.dtype))
        return t
    }

    private static let xavierUniform = Declaration(
        "nn.init.xavier_uniform_", "Uniform within gain sqrt(6 / (fan_in + fan_out)).",
        takes: target, gain, .generator, .operation, returns: .tensor, errors: shapeErrors,
        source: "torch.nn.init.xavier_uniform_; Glorot and Bengio, AISTATS 2010, equation 16",
        example: weight + "assert(nn.init.xavier_uniform_(t):abs():max():item() <= math.sqrt(6 / 10))"
    ) { t, gain, generator, operation in
        let fans = try Initialization.fans(t.shape)
        let bound = gain * (6 / Double(max(fans.in + fans.out, 1))).squareRoot()
        return try fill(t, generator, operation) { bound * (2 * $0.uniform() - 1) }
    }

    private static let xavierNormal = Declaration(
        "nn.init.xavier_normal_", "Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)).",
        takes: target, gain, .generator, .operation, returns: .tensor, errors: shapeErrors,
        source: "torch.nn.init.xavier_normal_; Glorot and Bengio, AISTATS 2010, equation 12",
        example: weight + "assert(nn.init.xavier_normal_(t):abs():max():item() < 10)"
    ) { t, gain, generator, operation in
        let fans = try Initialization.fans(t.shape)
        let deviation = gain * (2 / Double(max(fans.in + fans.out, 1))).squareRoot()
        return try fill(t, generator, operation) { deviation * $0.normal() }
    }

    /// The slope of a leaky ReLU behind the layer; 0 for ReLU.
    private static let slope = Parameter<Double>.option(
        "a", .number(finite: true), default: 0, "the negative slope of the leaky ReLU that follows")
    private static let mode = Parameter<String>.option("mode", .choice(["fan_in", "fan_out"]), default: "fan_in")

    /// sqrt(2 / (1 + a^2) / fan): the standard deviation that keeps the variance through a leaky ReLU.
    private static func deviation(_ t: Variable, _ slope: Double, _ mode: String) throws -> Double {
        let fans = try Initialization.fans(t.shape)
        let fan = mode == "fan_in" ? fans.in : fans.out
        return (2 / (1 + slope * slope) / Double(max(fan, 1))).squareRoot()
    }

    private static let kaimingUniform = Declaration(
        "nn.init.kaiming_uniform_", "Uniform within sqrt(6 / ((1 + a^2) fan)).",
        takes: target, slope, mode, .generator, .operation, returns: .tensor, errors: shapeErrors,
        source: "torch.nn.init.kaiming_uniform_; He et al., ICCV 2015, equation 10",
        example: weight + "assert(nn.init.kaiming_uniform_(t):abs():max():item() <= 1)"
    ) { t, slope, mode, generator, operation in
        let bound = try 3.squareRoot() * deviation(t, slope, mode)
        return try fill(t, generator, operation) { bound * (2 * $0.uniform() - 1) }
    }

    private static let kaimingNormal = Declaration(
        "nn.init.kaiming_normal_", "Normal with standard deviation sqrt(2 / ((1 + a^2) fan)).",
        takes: target, slope, mode, .generator, .operation, returns: .tensor, errors: shapeErrors,
        source: "torch.nn.init.kaiming_normal_; He et al., ICCV 2015, equation 10",
        example: weight + "assert(nn.init.kaiming_normal_(t):abs():max():item() < 10)"
    ) { t, slope, mode, generator, operation in
        let deviation = try deviation(t, slope, mode)
        return try fill(t, generator, operation) { deviation * $0.normal() }
    }

    private static let orthogonal = Declaration(
        "nn.init.orthogonal_",
        "Orthonormal rows or columns (the fewer of the two), times gain, of (out, in, ...) as a matrix.",
        takes: target, gain, .generator, .operation, returns: .tensor, errors: shapeErrors,
        source: "torch.nn.init.orthogonal_; Saxe, McClelland, Ganguli, ICLR 2014",
        example: weight + """
            nn.init.orthogonal_(t)
            assert((t:matmul(t:t()) - tensor.eye(4)):abs():max():item() < 1e-5)
            """
    ) { t, gain, generator, operation in
        let fans = try Initialization.fans(t.shape)
        let (rows, columns) = (t.shape[0], fans.in)
        guard rows > 0, columns > 0 else { return t }
        let (tall, thin) = (max(rows, columns), min(rows, columns))
        let noise = Variable(try generator.fill([tall, thin], .float64, for: operation) { $0.normal() })
        let (q, r) = try noise.qr()
        // The signs of r's diagonal make q uniform over the orthogonal matrices (Mezzadri 2007).
        let basis = try q * r.diagonal().sign() * gain
        let matrix = rows < columns ? try basis.transpose(0, 1) : basis
        try t.value.write(try matrix.reshape(t.shape).value.cast(t.dtype))
        return t
    }
}
