import Tensors

/// The hot loops of elementwise sets: bounds repeat with a period over the elements of x.
///
/// Operands are contiguous; `period` divides the count of x; period 1 means one pair of numbers for all.

/// Writes x clamped to its bounds; false when an element is NaN.
func clamp<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, count: Int, lo: UnsafePointer<T>, hi: UnsafePointer<T>, period: Int,
    into result: UnsafeMutablePointer<T>
) -> Bool {
    var clean = true
    if period == 1 {
        let (low, high) = (lo[0], hi[0])
        for i in 0..<count {
            let value = x[i]
            result[i] = value < low ? low : (value > high ? high : value)
            clean = clean && value == value
        }
        return clean
    }
    var row = 0
    while row < count {
        for i in 0..<period {
            let value = x[row + i]
            result[row + i] = value < lo[i] ? lo[i] : (value > hi[i] ? hi[i] : value)
            clean = clean && value == value
        }
        row += period
    }
    return clean
}

/// Calls `body` with how far each element lies outside its bounds; false when an element is NaN.
func excess<T: BinaryFloatingPoint>(
    _ x: UnsafePointer<T>, count: Int, lo: UnsafePointer<T>, hi: UnsafePointer<T>, period: Int,
    _ body: (Double) -> Void
) -> Bool {
    for i in 0..<count {
        let (value, low, high) = (x[i], lo[i % period], hi[i % period])
        guard value == value else { return false }
        // Computed in float64: differences of float32 numbers are exact there, and never 0 by underflow.
        if value < low { body(Double(low) - Double(value)) }
        if value > high { body(Double(value) - Double(high)) }
    }
    return true
}
