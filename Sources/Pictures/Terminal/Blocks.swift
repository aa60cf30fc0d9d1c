/// Images made of coloured half blocks: the upper half of a cell has the foreground colour, the lower half the
/// background colour.
enum Blocks {
    /// One string per row of characters; each ends by resetting the colours.
    static func rows(_ raster: Raster, trueColor: Bool) -> [String] {
        let code = trueColor ? trueColorCode : xtermCode
        return stride(from: 0, to: raster.height, by: 2).map { y in
            var row = ""
            var upper: RGB?
            var lower: RGB?
            for x in 0..<raster.width {
                let top = raster.rgb(x, y)
                if top != upper {
                    row += "\u{1B}[38;" + code(top) + "m"
                    upper = top
                }
                // Below the last line of an odd height the terminal's own background is shown.
                if y + 1 < raster.height {
                    let bottom = raster.rgb(x, y + 1)
                    if bottom != lower {
                        row += "\u{1B}[48;" + code(bottom) + "m"
                        lower = bottom
                    }
                }
                row += "▀"
            }
            return row + "\u{1B}[0m"
        }
    }

    private static func trueColorCode(_ color: RGB) -> String { "2;\(color.red);\(color.green);\(color.blue)" }
    private static func xtermCode(_ color: RGB) -> String { "5;\(XtermColors.nearest(color))" }
}

/// xterm's fixed colours 16 to 255: a cube of 6 x 6 x 6, then 24 greys.
package enum XtermColors {
    private static let levels = [0, 95, 135, 175, 215, 255]

    package static func nearest(_ color: RGB) -> Int {
        let channels = [Int(color.red), Int(color.green), Int(color.blue)]
        func nearestLevel(_ value: Int) -> Int {
            levels.indices.min { abs(levels[$0] - value) < abs(levels[$1] - value) } ?? 0
        }
        func distance(_ a: [Int]) -> Int { zip(a, channels).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        let cube = channels.map(nearestLevel)
        let mean = channels.reduce(0, +) / 3
        let grey = min(max((mean - 3) / 10, 0), 23)
        let shade = 8 + 10 * grey
        return distance([shade, shade, shade]) < distance(cube.map { levels[$0] })
            ? 232 + grey : 16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    }

    /// The colour of a number from 16 to 255.
    package static func color(_ index: Int) -> RGB {
        if index >= 232 {
            let shade = UInt8(8 + 10 * (index - 232))
            return RGB(shade, shade, shade)
        }
        let cube = index - 16
        return RGB(UInt8(levels[cube / 36]), UInt8(levels[cube / 6 % 6]), UInt8(levels[cube % 6]))
    }
}

/// Images made of plain characters, dense for bright pixels: for logs, pipes and terminals without colours.
enum PlainCharacters {
    private static let ramp = Array(" .:-=+*#%@")

    static func rows(_ raster: Raster) -> [String] {
        stride(from: 0, to: raster.height, by: 2).map { y in
            let row = (0..<raster.width).map { x in
                // A cell is twice as high as wide, so that it stands for two pixels.
                let below = y + 1 < raster.height ? raster.luminance(x, y + 1) : raster.luminance(x, y)
                return ramp[(raster.luminance(x, y) + below) * ramp.count / 511]
            }
            return String(row)
        }
    }
}
