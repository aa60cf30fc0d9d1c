/// The candidate that a misspelt name most likely meant, or nil if none is close.
///
/// Optimal string alignment distance (Damerau 1964: insertions, deletions, substitutions, swaps of neighbours), at most
/// a third of the longer name, case ignored.
///
///     nearestName(to: "Simplx", among: ["Box", "Simplex"])   // "Simplex"
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    // Names worth comparing are short; the limit also bounds the time for hostile input.
    guard name.utf8.count <= 100 else { return nil }
    let wanted = Array(name.lowercased()), plain = plainLetters(name)
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate.utf8.count <= 100 {
        let distance: Int?
        if let plain, let letters = plainLetters(candidate) {
            distance = nearby(plain, letters)
        } else {
            distance = nearby(wanted, Array(candidate.lowercased()))
        }
        guard let distance else { continue }
        if let best, distance > best.distance || (distance == best.distance && candidate >= best.name) { continue }
        best = (candidate, distance)
    }
    return best?.name
}

/// The bytes of an ASCII name in lower case: many names are compared, and bytes are much faster to compare than
/// characters.
private func plainLetters(_ name: String) -> [UInt8]? {
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    return name.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
}

/// The distance of two names if they are close, else nil.
private func nearby<Letter: Equatable>(_ a: [Letter], _ b: [Letter]) -> Int? {
    let longer = max(a.count, b.count), most = min(max(1, longer / 3), longer - 1)
    // The difference in length is a lower bound of the distance.
    guard abs(a.count - b.count) <= most else { return nil }
    let distance = alignmentDistance(a, b)
    return distance <= most ? distance : nil
}

/// ` (did you mean "x"?)`, or an empty string if no name is close.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    nearestName(to: name, among: candidates).map { " (did you mean \"\($0)\"?)" } ?? ""
}

private func alignmentDistance<Letter: Equatable>(_ a: [Letter], _ b: [Letter]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var row = beforePrevious
    for i in 0..<a.count {
        row[0] = i + 1
        for j in 0..<b.count {
            let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
            row[j + 1] = min(substitution, previous[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                row[j + 1] = min(row[j + 1], beforePrevious[j - 1] + 1)
            }
        }
        swap(&beforePrevious, &previous)
        swap(&previous, &row)
    }
    return previous[b.count]
}
