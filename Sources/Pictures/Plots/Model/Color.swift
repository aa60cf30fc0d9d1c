/// A colour by its red, green and blue components from 0 to 1.
struct Color: Equatable {
    var red: Double
    var green: Double
    var blue: Double
    var alpha = 1.0

    init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    init(_ hex: Int) {
        self.init(Double(hex >> 16 & 0xFF) / 255, Double(hex >> 8 & 0xFF) / 255, Double(hex & 0xFF) / 255)
    }

    func faded(_ alpha: Double) -> Color { Color(red, green, blue, alpha: alpha) }

    static let black = Color(0x000000)
    static let white = Color(0xFFFFFF)
    /// Axes and their numbers: lighter than black, so that the data stands out.
    static let ink = Color(0x262626)
    static let grid = Color(0xE4E4E4)
}

/// The colours of series: the palette of Okabe and Ito, which is distinguishable with all common forms of colour
/// blindness (https://jfly.uni-koeln.de/color/). Yellow comes last because it is faint on white.
enum Palette {
    static let named: [(name: String, color: Color)] = [
        ("blue", Color(0x0072B2)), ("vermillion", Color(0xD55E00)), ("green", Color(0x009E73)),
        ("purple", Color(0xCC79A7)), ("orange", Color(0xE69F00)), ("sky", Color(0x56B4E9)), ("black", Color(0x000000)),
        ("grey", Color(0x808080)), ("yellow", Color(0xF0E442)),
    ]

    /// The colour of the n-th series, from 0.
    static func color(_ index: Int) -> Color { named[index % 7].color }

    /// The colour for a name in the palette, or for `#rrggbb`.
    static func color(named text: String) -> Color? {
        if let found = named.first(where: { $0.name == text }) { return found.color }
        guard text.first == "#", text.utf8.count == 7, text.dropFirst().allSatisfy(\.isHexDigit) else { return nil }
        return Int(text.dropFirst(), radix: 16).map { Color($0) }
    }
}
