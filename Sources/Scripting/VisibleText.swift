extension String {
    /// The text with control characters made visible (`^[`), for terminals; line ends and tabs stay.
    ///
    /// Texts of a script also appear in our messages and labels; a terminal that obeys control characters could be made
    /// to write the clipboard or to type for the user.
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
