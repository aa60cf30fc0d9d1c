import LuaFlow

/// Mean and variance of numbers that come one after the other, without keeping them.
///
/// Welford 1962; two halves are put together as in Chan, Golub and LeVeque 1979. Knows nothing of Lua.
public struct Running {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    /// The sum of squared distances from the mean.
    private var squares = 0.0

    public init() {}

    public mutating func add(_ number: Double) {
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
    }

    /// The unbiased variance; nil below two numbers.
    public var variance: Double? { count < 2 ? nil : squares / Double(count - 1) }

    public static func + (a: Running, b: Running) -> Running {
        if a.count == 0 { return b }
        var sum = a
        let (m, n) = (Double(a.count), Double(b.count))
        sum.count = a.count + b.count
        sum.mean += (b.mean - a.mean) * n / (m + n)
        sum.squares += b.squares + (b.mean - a.mean) * (b.mean - a.mean) * m * n / (m + n)
        return sum
    }
}
