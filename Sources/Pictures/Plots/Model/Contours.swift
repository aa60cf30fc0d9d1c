import Scripting

/// Marching squares (Lorensen and Cline 1987, in the plane).
package struct Contours {
    /// An edge of the grid, by the corner where it starts: to the right, or up.
    private struct Edge: Hashable {
        let row: Int
        let column: Int
        let isUpward: Bool
    }

    private let values: [Double]
    private let rows: Int
    private let columns: Int

    /// - Parameter values: row by row.
    package init(_ values: [Double], rows: Int, columns: Int) {
        self.values = values
        self.rows = rows
        self.columns = columns
    }

    /// The lines where the function equals `level`, in grid coordinates (column, row). The last point of a closed line
    /// equals its first.
    package func lines(level: Double) throws -> [[Point]] {
        let segments = try segments(level)
        var meeting: [Edge: [Int]] = [:]
        for (index, segment) in segments.enumerated() {
            meeting[segment.0, default: []].append(index)
            meeting[segment.1, default: []].append(index)
        }
        var used = [Bool](repeating: false, count: segments.count)
        /// The edges passed when following the line from one edge, as far as there are segments.
        func walk(from start: Edge) -> [Edge] {
            var path = [start]
            var end = start
            while let next = meeting[end]?.first(where: { !used[$0] }) {
                used[next] = true
                end = segments[next].0 == end ? segments[next].1 : segments[next].0
                path.append(end)
            }
            return path
        }
        var lines: [[Point]] = []
        for (index, segment) in segments.enumerated() where !used[index] {
            used[index] = true
            let path = walk(from: segment.0).reversed() + walk(from: segment.1)
            lines.append(path.map { crossing($0, level) })
        }
        return lines
    }

    /// The edges that the line joins in each square. Squares with two high and two low corners crosswise are decided by
    /// the mean of the corners.
    private func segments(_ level: Double) throws -> [(Edge, Edge)] {
        var segments: [(Edge, Edge)] = []
        for row in 0..<max(rows - 1, 0) {
            try Cancellation.check()
            for column in 0..<max(columns - 1, 0) {
                let at = row * columns + column
                // The corners in order; edge i joins corner i and the next.
                let corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]]
                let above = corners.map { $0 > level }
                guard above.contains(true), above.contains(false) else { continue }
                let edges = [
                    Edge(row: row, column: column, isUpward: false), Edge(row: row, column: column + 1, isUpward: true),
                    Edge(row: row + 1, column: column, isUpward: false), Edge(row: row, column: column, isUpward: true),
                ]
                let crossed = (0..<4).filter { above[$0] != above[($0 + 1) % 4] }.map { edges[$0] }
                if crossed.count == 2 {
                    segments.append((crossed[0], crossed[1]))
                } else {
                    let middleAbove = corners.reduce(0) { $0 + $1 / 4 } > level
                    // Cut off the two corners on the other side than the middle.
                    let first = middleAbove == above[0] ? 0 : 3
                    segments.append((crossed[first], crossed[(first + 1) % 4]))
                    segments.append((crossed[(first + 2) % 4], crossed[(first + 3) % 4]))
                }
            }
        }
        return segments
    }

    /// The point of an edge where the level is reached, by linear interpolation.
    private func crossing(_ edge: Edge, _ level: Double) -> Point {
        let at = edge.row * columns + edge.column
        let (a, b) = (values[at], values[at + (edge.isUpward ? columns : 1)])
        let share = (level - a) / (b - a)
        let (x, y) = (Double(edge.column), Double(edge.row))
        return edge.isUpward ? Point(x, y + share) : Point(x + share, y)
    }
}
