/// Colour maps for numbers from 0 to 1.
enum ColorMap: String, CaseIterable {
    /// Black to white.
    case grey
    /// Matplotlib's default: uniform in brightness, suitable for colour-blind readers.
    case viridis
    /// Blue over white to red, for values around a middle.
    case diverging

    func color(_ share: Double) -> Color {
        let t = min(max(share, 0), 1)
        switch self {
        case .grey: return Color(t, t, t)
        case .viridis: return ColorMap.viridis(t)
        case .diverging:
            let end = t < 0.5 ? Color(0x2166AC) : Color(0xB2182B)
            let depth = abs(2 * t - 1)
            return Color(
                1 + (end.red - 1) * depth, 1 + (end.green - 1) * depth, 1 + (end.blue - 1) * depth)
        }
    }

    /// Matt Zucker's fit of viridis by polynomials of degree 6 (CC0); within 0.02 of the table.
    private static func viridis(_ t: Double) -> Color {
        let coefficients: [(Double, Double, Double)] = [
            (-5.435455855934631, 4.645852612178535, 26.3124352495832),
            (4.776384997670288, -13.74514537774601, -65.35303263337234),
            (6.228269936347081, 14.17993336680509, 56.69055260068105),
            (-4.634230498983486, -5.799100973351585, -19.33244095627987),
            (-0.3308618287255563, 0.214847559468213, 0.09509516302823659),
            (0.1050930431085774, 1.404613529898575, 1.384590162594685),
            (0.2777273272234177, 0.005407344544966578, 0.3340998053353061),
        ]
        let sum = coefficients.reduce((0.0, 0.0, 0.0)) { ($0.0 * t + $1.0, $0.1 * t + $1.1, $0.2 * t + $1.2) }
        func bounded(_ value: Double) -> Double { min(max(value, 0), 1) }
        return Color(bounded(sum.0), bounded(sum.1), bounded(sum.2))
    }
}

extension RGB {
    init(_ color: Color) {
        func sample(_ value: Double) -> UInt8 { UInt8((min(max(value, 0), 1) * 255).rounded()) }
        self.init(sample(color.red), sample(color.green), sample(color.blue))
    }
}
