extension Duration {
    /// The duration in messages: `2 s`, `0.5 s`.
    public var inSeconds: String {
        // Rounded to nanoseconds: 0.3 s must not become 0.30000000000000004 s.
        let nanoseconds = Double(components.seconds) * 1e9 + (Double(components.attoseconds) * 1e-9).rounded()
        let seconds = nanoseconds / 1e9
        return seconds == seconds.rounded() && abs(seconds) < 1e15 ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
