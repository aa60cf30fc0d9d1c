/// Mathematical notation in a figure's texts: `$\sigma^2$` is shown as σ².
///
/// Between two dollar signs, a backslash with a name is a letter (`\alpha` to `\Omega`) or a symbol (`\pm`, `\infty`),
/// and `^` and `_` raise and lower a digit, a letter for which Unicode has such a form, or several in braces. Anything
/// unknown is shown as it is written.
enum MathText {
    /// The text as it is drawn.
    static func written(_ text: String) -> String {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return text }
        var result = String(parts[0])
        var index = 1
        while index < parts.count {
            let part = parts[index]
            // A single dollar sign means money, as do two around plain words.
            guard index + 1 < parts.count, part.contains(where: { "\\^_".contains($0) }) else {
                result += "$" + part
                index += 1
                continue
            }
            result += formula(part) + parts[index + 1]
            index += 2
        }
        return result
    }

    private static func formula(_ text: Substring) -> String {
        var (result, rest) = ("", text)
        while let next = rest.first {
            rest = rest.dropFirst()
            switch next {
            case "\\":
                let name = rest.prefix { $0.isASCII && $0.isLetter }
                rest = rest.dropFirst(name.count)
                // These bind to the following letter, without a space.
                if ["nabla", "partial", "sqrt"].contains(name), rest.first == " " { rest = rest.dropFirst() }
                result += letters[String(name)] ?? (functions.contains(String(name)) ? String(name) : "\\" + name)
            case "^", "_":
                if rest.first == "\\" {
                    // Unicode has no raised or lowered form of letters with names.
                    result.append(next)
                    continue
                }
                let moved = next == "^" ? raised : lowered
                var word = rest.prefix(1)
                if word == "{", let end = rest.firstIndex(of: "}") {
                    word = rest[rest.index(after: rest.startIndex)..<end]
                    rest = rest[rest.index(after: end)...]
                } else {
                    rest = rest.dropFirst(word.count)
                }
                let drawn = word.compactMap { moved[$0] }
                result += drawn.count == word.count && !word.isEmpty ? String(drawn) : String(next) + word
            case "{", "}": break
            case "-": result += Ticks.minus
            default: result.append(next)
            }
        }
        return result
    }

    /// A character in ASCII, for a canvas without fonts.
    static func plain(_ character: Character) -> String {
        if let name = names[character] { return name }
        if let digit = digits[character] { return String(digit) }
        return String(character)
    }

    private static let letters: [String: String] = [
        "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
        "eta": "η",
        "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
        "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
        "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
        "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "times": "×", "cdot": "·", "pm": "±", "infty": "∞", "nabla": "∇",
        "partial": "∂", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "to": "→",
        "rightarrow": "→", "sum": "∑", "prod": "∏", "int": "∫", "sqrt": "√", "in": "∈", "ell": "ℓ",
    ]
    /// Names that are shown as they are.
    private static let functions: Set = ["sin", "cos", "tan", "exp", "log", "ln", "min", "max", "det", "tanh", "Pr"]
    private static let raised = pairs("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
    private static let lowered = pairs("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")

    private static func pairs(_ plain: String, _ drawn: String) -> [Character: Character] {
        Dictionary(zip(plain, drawn)) { first, _ in first }
    }

    private static let names: [Character: String] = {
        var names = Dictionary(letters.map { (Character($0.value), $0.key) }) { Swift.min($0, $1) }
        (names["×"], names["·"], names["→"], names["≤"], names["≥"], names["≠"]) = ("x", "*", "->", "<=", ">=", "~=")
        (names["µ"], names["\u{2212}"]) = ("mu", "-")
        return names
    }()
    private static let digits = Dictionary((raised.map { ($1, $0) } + lowered.map { ($1, $0) })) { first, _ in first }
}
