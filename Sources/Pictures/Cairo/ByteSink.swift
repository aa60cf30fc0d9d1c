import CCairo

/// Collects what Cairo writes to a stream. Files are written from it in one piece, once everything went well.
final class ByteSink {
    var bytes: [UInt8] = []

    /// What Cairo's stream functions take as `closure`; the sink must outlive the stream.
    var closure: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// What Cairo calls with each piece.
    static let write: cairo_write_func_t = { closure, data, length in
        guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
        let sink = Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
        sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
        return CAIRO_STATUS_SUCCESS
    }
}
