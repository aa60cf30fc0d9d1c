/// A point on a canvas or in a plane.
package struct Point: Equatable {
    package var x: Double
    package var y: Double
    package init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    func distance(to other: Point) -> Double {
        ((x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)).squareRoot()
    }
}

/// A rectangle by its sides; `top` is the smaller y.
package struct Box: Equatable {
    package var left: Double
    package var top: Double
    package var right: Double
    package var bottom: Double

    package init(left: Double, top: Double, right: Double, bottom: Double) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    var width: Double { right - left }
    var height: Double { bottom - top }

    package func contains(_ point: Point) -> Bool {
        point.x >= left && point.x <= right && point.y >= top && point.y <= bottom
    }

    func inset(_ distance: Double) -> Box {
        Box(left: left + distance, top: top + distance, right: right - distance, bottom: bottom - distance)
    }
}
