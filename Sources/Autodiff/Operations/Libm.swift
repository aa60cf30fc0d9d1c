#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// C's pow under a name that methods called `pow` do not hide.
func libmPower(_ x: Double, _ y: Double) -> Double { pow(x, y) }
