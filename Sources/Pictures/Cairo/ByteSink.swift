import CCairo

/// Collects the bytes that Cairo writes to a stream. Files are written from it at once, when everything has succeeded.
final class ByteSink {
    var bytes: [UInt8] = []

    /// The `closure` argument of Cairo's stream functions; the sink must outlive the stream.
    var closure: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// The callback of Cairo for each piece.
    static let write: cairo_write_func_t = { closure, data, length in
        guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
        let sink = Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
        sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
        return CAIRO_STATUS_SUCCESS
    }
}
