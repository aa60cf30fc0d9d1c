/// Images as sixels: bands of six lines, one pass per colour, with run-length encoding.
///
/// Colours are xterm's 240 fixed ones, so that images need no palette. DEC's VT3xx Graphics Programming.
package enum Sixel {
    package static func encode(_ raster: Raster) -> String {
        var known: [RGB: Int] = [:]
        let indices = (0..<raster.height).map { y in
            (0..<raster.width).map { x in
                let color = raster.rgb(x, y)
                let index = known[color] ?? XtermColors.nearest(color)
                known[color] = index
                return index
            }
        }
        // Background select 1: pixels that no pass sets keep their colour. Raster attributes: square pixels, and the
        // size.
        var text = "\u{1B}P0;1;0q\"1;1;\(raster.width);\(raster.height)"
        for index in Set(indices.joined()).sorted() {
            let color = XtermColors.color(index)
            func percent(_ value: UInt8) -> Int { (Int(value) * 100 + 127) / 255 }
            text += "#\(index);2;\(percent(color.red));\(percent(color.green));\(percent(color.blue))"
        }
        for top in stride(from: 0, to: raster.height, by: 6) {
            let band = indices[top..<min(top + 6, raster.height)]
            // One pass over the band sets the sixels of all its colours.
            var passes: [Int: [UInt8]] = [:]
            for (line, row) in band.enumerated() {
                for (x, index) in row.enumerated() {
                    passes[index, default: [UInt8](repeating: 63, count: raster.width)][x] += 1 << line
                }
            }
            for (index, sixels) in passes.sorted(by: { $0.key < $1.key }) { text += "#\(index)" + runs(sixels) + "$" }
            text += "-"
        }
        return text + "\u{1B}\\\n"
    }

    /// Run-length encoding: `!5~` for five equal sixels.
    private static func runs(_ sixels: [UInt8]) -> String {
        var text = ""
        var start = 0
        while start < sixels.count {
            var end = start
            while end < sixels.count, sixels[end] == sixels[start] { end += 1 }
            let letter = String(UnicodeScalar(sixels[start]))
            text += end - start > 3 ? "!\(end - start)\(letter)" : String(repeating: letter, count: end - start)
            start = end
        }
        return text
    }
}
