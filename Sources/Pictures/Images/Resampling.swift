import Scripting

extension Raster {
    /// The image in another size; each new pixel is the average of the area it covers: sharp for integer factors,
    /// without aliasing when reduced.
    func resized(width newWidth: Int, height newHeight: Int) throws -> Raster {
        if newWidth == width, newHeight == height { return self }
        if newWidth.isMultiple(of: width), newHeight.isMultiple(of: height) {
            return try enlarged(across: newWidth / width, down: newHeight / height)
        }
        let across = spans(from: width, to: newWidth)
        let down = spans(from: height, to: newHeight)
        var result = Raster(width: newWidth, height: newHeight, channels: channels, filled: 0)
        for (y, rows) in down.enumerated() {
            try Cancellation.check()
            for (x, columns) in across.enumerated() {
                for channel in 0..<channels {
                    var sum = 0.0
                    for row in rows {
                        for column in columns {
                            sum +=
                                row.weight * column.weight
                                * Double(samples[(row.index * width + column.index) * channels + channel])
                        }
                    }
                    result.samples[(y * newWidth + x) * channels + channel] = UInt8(min(max(sum.rounded(), 0), 255))
                }
            }
        }
        return result
    }

    /// Every pixel repeated as a block.
    private func enlarged(across: Int, down: Int) throws -> Raster {
        var samples: [UInt8] = []
        samples.reserveCapacity(self.samples.count * across * down)
        for y in 0..<height {
            try Cancellation.check()
            var row: [UInt8] = []
            row.reserveCapacity(width * across * channels)
            for x in 0..<width {
                let pixel = self.samples[(y * width + x) * channels..<(y * width + x + 1) * channels]
                for _ in 0..<across { row += pixel }
            }
            for _ in 0..<down { samples += row }
        }
        return Raster(width: width * across, height: height * down, channels: channels, samples: samples)
    }

    /// For each new position the old ones it covers, with weights that sum to 1.
    private func spans(from old: Int, to new: Int) -> [[(index: Int, weight: Double)]] {
        (0..<new).map { position in
            // In units of 1/new of an old pixel, in which both ends are integers: no pixel depends on rounding.
            let (low, high) = (position * old, (position + 1) * old)
            return (low / new...(high - 1) / new).map { index in
                let covered = min(high, (index + 1) * new) - max(low, index * new)
                return (index, Double(covered) / Double(old))
            }
        }
    }
}
