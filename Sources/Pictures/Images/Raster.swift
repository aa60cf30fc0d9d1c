import Scripting
import Tensors

/// An image in 8-bit samples, row by row, with the channels of a pixel side by side, for files and terminals.
package struct Raster: Equatable {
    package let width: Int
    package let height: Int
    /// 1 for grey, 3 for red, green and blue.
    package let channels: Int
    package var samples: [UInt8]

    package init(width: Int, height: Int, channels: Int, samples: [UInt8]) {
        self.width = width
        self.height = height
        self.channels = channels
        self.samples = samples
    }

    package init(width: Int, height: Int, channels: Int, filled value: UInt8) {
        self.init(
            width: width, height: height, channels: channels,
            samples: [UInt8](repeating: value, count: width * height * channels))
    }

    /// Quantises values in [0, 1]; those outside are clamped.
    /// - Throws: for a shape that is no image, sizes above ``PixelLimits``, and NaN.
    package init(_ tensor: Tensor, for operation: String, _ name: String = "x") throws {
        let picture = try PictureShape(tensor.shape, for: operation, name)
        let values = try tensor.toArray()
        let (width, height, channels) = (picture.width, picture.height, picture.channels)
        let plane = width * height
        var samples = [UInt8](repeating: 0, count: values.count)
        for channel in 0..<channels {
            for pixel in 0..<plane {
                let value = values[channel * plane + pixel]
                guard !value.isNaN else {
                    var index = [pixel / width + 1, pixel % width + 1]
                    if tensor.rank == 3 { index.insert(channel + 1, at: 0) }
                    throw ScriptError(
                        operation, "\(name)[{\(index.map(String.init).joined(separator: ", "))}] is nan")
                }
                samples[pixel * channels + channel] = UInt8((min(max(value, 0), 1) * 255).rounded())
            }
            try Cancellation.check()
        }
        self.init(width: width, height: height, channels: channels, samples: samples)
    }

    /// The three channels of a pixel, equal for grey.
    func rgb(_ x: Int, _ y: Int) -> RGB {
        let at = (y * width + x) * channels
        return channels == 1
            ? RGB(samples[at], samples[at], samples[at]) : RGB(samples[at], samples[at + 1], samples[at + 2])
    }

    /// The brightness from 0 to 255, with the weights of Rec. 601.
    func luminance(_ x: Int, _ y: Int) -> Int {
        let color = rgb(x, y)
        return (299 * Int(color.red) + 587 * Int(color.green) + 114 * Int(color.blue) + 500) / 1000
    }
}

/// A colour in 8-bit samples.
package struct RGB: Hashable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }
}

/// The shapes of images: (H, W), (1, H, W) and (3, H, W), with no extent of 0.
struct PictureShape {
    let width: Int
    let height: Int
    let channels: Int

    init(_ shape: [Int], for operation: String, _ name: String) throws {
        switch shape.count {
        case 2:
            channels = 1
        case 3 where shape[0] == 1 || shape[0] == 3:
            channels = shape[0]
        default:
            let hint = shape.count >= 3 ? "; image.grid puts several pictures into one" : ""
            throw ScriptError(
                operation,
                "\(name): shape (H, W), (1, H, W) or (3, H, W) expected, got \(Shape.describe(shape))\(hint)")
        }
        height = shape[shape.count - 2]
        width = shape[shape.count - 1]
        try PixelLimits.check(width: width, height: height, for: operation)
    }
}
