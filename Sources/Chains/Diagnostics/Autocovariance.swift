import RealModule

/// Autocovariances of a series at every lag, by fast Fourier transforms: (1/n) sum over t of d_t d_(t + lag), d the
/// deviations from the mean.
package enum Autocovariance {
    package static func of(_ series: some Collection<Double>) -> [Double] {
        let count = series.count
        guard count > 0 else { return [] }
        let mean = series.reduce(0, +) / Double(count)
        // Padded with zeros to twice the length, so that the circular transform does not mix the two ends.
        var size = 1
        while size < 2 * count { size *= 2 }
        var real = [Double](repeating: 0, count: size)
        for (index, x) in series.enumerated() { real[index] = x - mean }
        var imaginary = [Double](repeating: 0, count: size)
        let roots = Roots(size)
        transform(&real, &imaginary, roots)
        for i in 0..<size {
            real[i] = real[i] * real[i] + imaginary[i] * imaginary[i]
            imaginary[i] = 0
        }
        // The spectrum is real and symmetric: the forward transform is also the inverse, up to a factor of the size.
        transform(&real, &imaginary, roots)
        let scale = 1 / (Double(size) * Double(count))
        return real.prefix(count).map { $0 * scale }
    }

    private struct Roots {
        let cosines: [Double]
        let sines: [Double]

        init(_ size: Int) {
            let step = -2 * Double.pi / Double(size)
            cosines = (0..<max(size / 2, 1)).map { Double.cos(step * Double($0)) }
            sines = (0..<max(size / 2, 1)).map { Double.sin(step * Double($0)) }
        }
    }

    /// Cooley and Tukey's transform in place; the length is a power of two.
    private static func transform(_ real: inout [Double], _ imaginary: inout [Double], _ roots: Roots) {
        let size = real.count
        var j = 0
        for i in 1..<max(size, 1) {
            var bit = size >> 1
            while j & bit != 0 {
                j ^= bit
                bit >>= 1
            }
            j |= bit
            if i < j {
                real.swapAt(i, j)
                imaginary.swapAt(i, j)
            }
        }
        var length = 2
        while length <= size {
            let (half, stride) = (length / 2, size / length)
            for start in Swift.stride(from: 0, to: size, by: length) {
                for k in 0..<half {
                    let (c, s) = (roots.cosines[k * stride], roots.sines[k * stride])
                    let (a, b) = (start + k, start + k + half)
                    let (x, y) = (real[b] * c - imaginary[b] * s, real[b] * s + imaginary[b] * c)
                    (real[b], imaginary[b]) = (real[a] - x, imaginary[a] - y)
                    (real[a], imaginary[a]) = (real[a] + x, imaginary[a] + y)
                }
            }
            length *= 2
        }
    }
}
