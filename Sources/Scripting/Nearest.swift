/// The candidate that a misspelt name most likely meant, or nil if none is close.
///
/// Optimal string alignment distance (Damerau 1964: insertions, deletions, substitutions, swaps of neighbours), at most
/// a third of the longer name, case ignored.
///
///     nearestName(to: "Simplx", among: ["Box", "Simplex"])   // "Simplex"
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    // Names worth comparing are short; this also bounds the work on hostile input.
    guard name.utf8.count <= 100 else { return nil }
    let wanted = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate.utf8.count <= 100 {
        let letters = Array(candidate.lowercased())
        let distance = alignmentDistance(wanted, letters)
        guard distance <= max(1, max(wanted.count, letters.count) / 3), distance < max(wanted.count, letters.count)
        else { continue }
        if best == nil || distance < best!.distance || (distance == best!.distance && candidate < best!.name) {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// ` (did you mean "x"?)`, or an empty string.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    nearestName(to: name, among: candidates).map { " (did you mean \"\($0)\"?)" } ?? ""
}

private func alignmentDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in 0..<b.count {
            let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
            row[j + 1] = min(substitution, previous[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                row[j + 1] = min(row[j + 1], beforePrevious[j - 1] + 1)
            }
        }
        beforePrevious = previous
        previous = row
    }
    return previous[b.count]
}
