import Scripting

/// Marching squares (Lorensen and Cline 1987, in the plane).
package enum Contours {
    /// The pieces of the line where a function on a grid equals `level`, in grid coordinates: column, row.
    ///
    /// Ambiguous squares (a saddle) are settled by the mean of their corners.
    package static func segments(_ values: [Double], rows: Int, columns: Int, level: Double) throws -> [(Point, Point)]
    {
        var segments: [(Point, Point)] = []
        for row in 0..<max(rows - 1, 0) {
            try Cancellation.check()
            for column in 0..<max(columns - 1, 0) {
                let at = row * columns + column
                // Corners in turn, and between each and the next an edge.
                let corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]]
                let above = corners.map { $0 > level }
                guard above.contains(true), above.contains(false) else { continue }
                let places = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
                var crossings: [Point] = []
                for edge in 0..<4 where above[edge] != above[(edge + 1) % 4] {
                    let (a, b) = (corners[edge], corners[(edge + 1) % 4])
                    let share = (level - a) / (b - a)
                    let (from, to) = (places[edge], places[(edge + 1) % 4])
                    crossings.append(
                        Point(
                            Double(column) + from.0 + (to.0 - from.0) * share,
                            Double(row) + from.1 + (to.1 - from.1) * share))
                }
                if crossings.count == 2 {
                    segments.append((crossings[0], crossings[1]))
                } else {
                    let middleAbove = corners.reduce(0) { $0 + $1 / 4 } > level
                    // Cut off the two corners that the middle does not side with.
                    let first = middleAbove == above[0] ? 0 : 3
                    segments.append((crossings[first], crossings[(first + 1) % 4]))
                    segments.append((crossings[(first + 2) % 4], crossings[(first + 3) % 4]))
                }
            }
        }
        return segments
    }
}
