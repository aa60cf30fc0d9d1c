/// Renumbers names in Cairo's SVG files.
///
/// Cairo numbers images and sources with a counter that never restarts, so that the second file of a run would differ
/// from the first. Numbering them by first occurrence makes files depend on the figure only.
enum SVGNames {
    private static let kinds = ["image", "surface", "source-", "mask", "pattern", "clip", "radial", "linear"]
        .map { Array($0.utf8) }

    /// Names follow `id="` or `#`, neither of which occurs in the base-64 text of an image.
    static func renumbered(_ bytes: [UInt8]) -> [UInt8] {
        let leads = ["id=\"", "#"].map { Array($0.utf8) }
        var numbers: [[UInt8]: Int] = [:]
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var at = 0
        scan: while at < bytes.count {
            for lead in leads where bytes[at...].starts(with: lead) {
                let name = at + lead.count
                for kind in kinds where bytes[name...].starts(with: kind) {
                    let digits = bytes[(name + kind.count)...].prefix { (48...57).contains($0) }
                    guard !digits.isEmpty else { continue }
                    let key = Array(digits)
                    let number = numbers[key] ?? numbers.count
                    numbers[key] = number
                    result += bytes[at..<(name + kind.count)] + Array(String(number).utf8)
                    at = digits.endIndex
                    continue scan
                }
            }
            result.append(bytes[at])
            at += 1
        }
        return result
    }
}
