/// Polylines prepared for drawing: clipped to the visible part, and thinned to what pixels can show.
package enum LinePath {
    /// The parts of a polyline inside a box.
    ///
    /// Cairo's coordinates are fixed-point numbers that overflow; points far outside of a narrow `xlim` must not reach
    /// it.
    package static func clipped(_ points: [Point], to box: Box) -> [[Point]] {
        var parts: [[Point]] = []
        var part: [Point] = []
        for index in points.indices.dropFirst() {
            guard let (from, to) = clip(points[index - 1], points[index], to: box) else {
                if part.count > 1 { parts.append(part) }
                part = []
                continue
            }
            if part.last != from {
                if part.count > 1 { parts.append(part) }
                part = [from]
            }
            part.append(to)
        }
        if part.count > 1 { parts.append(part) }
        return parts
    }

    /// Liang and Barsky's clipping (1984); nil when no part of the segment is inside.
    private static func clip(_ a: Point, _ b: Point, to box: Box) -> (Point, Point)? {
        var (enter, leave) = (0.0, 1.0)
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        for (step, room) in [
            (-dx, a.x - box.left), (dx, box.right - a.x), (-dy, a.y - box.top), (dy, box.bottom - a.y),
        ] {
            if step == 0 {
                if room < 0 { return nil }
            } else if step < 0 {
                enter = max(enter, room / step)
            } else {
                leave = min(leave, room / step)
            }
        }
        guard enter <= leave else { return nil }
        // From far outside, rounding alone could leave the box again.
        func inside(_ x: Double, _ y: Double) -> Point {
            Point(min(max(x, box.left), box.right), min(max(y, box.top), box.bottom))
        }
        return (
            enter == 0 ? a : inside(a.x + enter * dx, a.y + enter * dy),
            leave == 1 ? b : inside(a.x + leave * dx, a.y + leave * dy)
        )
    }

    /// A polyline that runs to the right, reduced to the first, lowest, highest and last point of every column of this
    /// width: it looks the same, and a curve of a million steps is drawn at once.
    package static func thinned(_ points: [Point], column: Double) -> [Point] {
        guard points.count > 2000, zip(points, points.dropFirst()).allSatisfy({ $0.x <= $1.x }) else { return points }
        var result: [Point] = []
        var start = 0
        while start < points.count {
            let place = (points[start].x / column).rounded(.down)
            var (end, lowest, highest) = (start, start, start)
            while end < points.count, (points[end].x / column).rounded(.down) == place {
                if points[end].y < points[lowest].y { lowest = end }
                if points[end].y > points[highest].y { highest = end }
                end += 1
            }
            for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(points[index]) }
            start = end
        }
        return result
    }
}
