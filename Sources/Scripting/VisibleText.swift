extension String {
    /// The text with its control characters shown (`^[`) instead of obeyed, for terminals; line ends and tabs stay.
    ///
    /// What a script says reaches people through messages and labels of ours, too: a terminal that obeys it would write
    /// the clipboard or type for the user.
    public var visible: String {
        guard unicodeScalars.contains(where: \.isObeyed) else { return self }
        var shown = UnicodeScalarView()
        for scalar in unicodeScalars {
            if !scalar.isObeyed {
                shown.append(scalar)
            } else if scalar.isASCII, let letter = Unicode.Scalar(scalar.value ^ 0x40) {
                shown.append("^")
                shown.append(letter)
            } else {
                shown.append("?")
            }
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    fileprivate var isObeyed: Bool {
        self != "\n" && self != "\t" && (value < 0x20 || (0x7f..<0xa0).contains(value))
    }
}
