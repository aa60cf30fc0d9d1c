import Foundation
import Pictures
import Testing

/// The steps between data and drawing: clipping, thinning, contours, bins.
@Suite struct PlotGeometryTests {
    private let box = Box(left: 0, top: 0, right: 10, bottom: 10)

    @Test func linesAreCutAtTheBox() {
        #expect(LinePath.clipped([Point(-5, 5), Point(15, 5)], to: box) == [[Point(0, 5), Point(10, 5)]])
        #expect(LinePath.clipped([Point(-5, -5), Point(-1, 20)], to: box).isEmpty)
        // A line that leaves the box and comes back gives two parts.
        let parts = LinePath.clipped([Point(5, 5), Point(5, 15), Point(7, 15), Point(7, 5)], to: box)
        #expect(parts == [[Point(5, 5), Point(5, 10)], [Point(7, 10), Point(7, 5)]])
        let far = LinePath.clipped([Point(5, 5), Point(5, 1e30)], to: box)
        #expect(far.count == 1 && far.joined().allSatisfy { $0.y <= 10 })
        #expect(LinePath.clipped([Point(1, 1)], to: box).isEmpty && LinePath.clipped([], to: box).isEmpty)
    }

    @Test func thinnedLinesKeepTheirOutline() {
        let points = (0..<100_000).map { Point(Double($0) / 1000, sin(Double($0) / 50) * 5) }
        let thin = LinePath.thinned(points, column: 1)
        #expect(thin.count <= 400 && thin.first == points.first && thin.last == points.last)
        for column in 0..<100 {
            let all = points[column * 1000..<(column + 1) * 1000].map(\.y)
            let kept = thin.filter { Int($0.x) == column }.map(\.y)
            #expect(kept.max() == all.max() && kept.min() == all.min())
        }
        // A line that is not monotone in x is not thinned.
        let circle = (0..<3000).map { Point(cos(Double($0)), sin(Double($0))) }
        #expect(LinePath.thinned(circle, column: 1) == circle)
    }

    @Test func contoursOfAConeAreCircles() throws {
        let n = 41
        let values = (0..<n * n).map { hypot(Double($0 % n) - 20, Double($0 / n) - 20) }
        let lines = try Contours(values, rows: n, columns: n).lines(level: 12)
        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.first == line.last && line.count > 50)
        for point in line { #expect(abs(hypot(point.x - 20, point.y - 20) - 12) < 0.05) }
        let length = zip(line, line.dropFirst()).reduce(0) { $0 + hypot($1.0.x - $1.1.x, $1.0.y - $1.1.y) }
        #expect(abs(length - 24 * .pi) < 0.5)
    }

    @Test func contoursThatLeaveTheGridAreOneLine() throws {
        // f = x: the contour of 2.5 is one line from the lowest row to the highest, in whichever square the search
        // begins.
        let values = (0..<30).map { Double($0 % 6) }
        let lines = try Contours(values, rows: 5, columns: 6).lines(level: 2.5)
        #expect(lines.count == 1)
        #expect(lines.first.map { $0.map(\.y).sorted() } == [0, 1, 2, 3, 4])
        #expect(lines.joined().allSatisfy { $0.x == 2.5 })
    }

    @Test func saddlesAreSettledByTheMiddle() throws {
        // High at two opposite corners; the middle (mean 0.5) is above 0.4 and below 0.6.
        let saddle = Contours([1, 0, 0, 1], rows: 2, columns: 2)
        for (level, joined) in [(0.4, true), (0.6, false)] {
            let lines = try saddle.lines(level: level)
            #expect(lines.count == 2)
            // When the high corners are joined, the lines cut off the low corners (1, 0) and (0, 1).
            let corner = joined ? Point(1, 0) : Point(0, 0)
            #expect(lines.contains { $0.allSatisfy { hypot($0.x - corner.x, $0.y - corner.y) < 0.7 } })
        }
        #expect(try Contours([1, 2], rows: 1, columns: 2).lines(level: 1.5).isEmpty)
    }

    @Test func binsHoldEveryNumberOnce() {
        var noise = Samples.Noise()
        let values = (0..<1000).map { _ in noise.normal() }
        for bins in [nil, 1, 7, 500] {
            let counts = HistogramBins(values, bins: bins, density: false)
            #expect(counts.edges.count == counts.heights.count + 1)
            #expect(counts.heights.reduce(0, +) == 1000)
            #expect(counts.edges.first == values.min() && counts.edges.last == values.max())
            let density = HistogramBins(values, bins: bins, density: true)
            let area = zip(density.heights, zip(density.edges.dropFirst(), density.edges)).reduce(0) {
                $0 + $1.0 * ($1.1.0 - $1.1.1)
            }
            #expect(abs(area - 1) < 1e-9)
        }
        #expect(HistogramBins([0, 1, 2, 3, 4], bins: 2, density: false).heights == [2, 3])
        #expect(HistogramBins([7, 7, 7], bins: nil, density: false).heights.reduce(0, +) == 3)
        #expect(HistogramBins([0, 0, 0, 0, 1e9], bins: nil, density: false).heights.count == 10)
    }
}
