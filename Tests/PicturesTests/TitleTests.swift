import Pictures
import Scripting
import Tensors
import Testing

/// Titles: over all panels, of several lines, with the settings of a run; mathematical letters written as words.
@Suite struct TitleTests {
    private func line(_ named: [String: Value]) throws -> Value {
        try call("plot.line", options(["y": numbers(0, 1, 2)].merging(named) { $1 }))
    }

    private func text(_ figure: Value, _ mode: String = "ascii") throws -> String {
        try call("figure:render", figure, options(["protocol": .string(mode), "width": .integer(60)])).text()
    }

    private func svg(_ figure: Value) throws -> [UInt8] {
        try withFolder { folder in
            try call("figure:save", figure, .string(folder + "/a.svg"))
            return try contents(folder + "/a.svg")
        }
    }

    private func height(_ figure: Value) throws -> Int {
        try withFolder { folder in
            try call("figure:save", figure, .string(folder + "/a.png"))
            return try call("image.load", .string(folder + "/a.png")).tensor().shape[1]
        }
    }

    @Test func settingsStandOnALineOfTheirOwn() throws {
        let settings = table(
            [.string("SGD")],
            ["lr": .number(0.1), "nesterov": .boolean(true), "steps": .integer(400), "on": .string("F")])
        let drawn = try text(try line(["title": settings]))
        #expect(drawn.hasPrefix("SGD\nlr = 0.1, nesterov = true, on = F, steps = 400\n"), "\(drawn)")
        #expect(try text(try line(["title": .string("a\nb")])).hasPrefix("a\nb\n"))
        // A second line of the title leaves less room for the data.
        #expect(try svg(try line(["title": .string("a\nb")])) != svg(try line(["title": .string("ab")])))
    }

    @Test func aFigureHasATitleOverItsPanels() throws {
        func figure(_ title: Value?) throws -> Value {
            let panels = table([try line(["title": .string("one")]), try line([:])])
            return try call(
                "plot.figure", options(["panels": panels].merging(title.map { ["title": $0] } ?? [:]) { $1 }))
        }
        let titled = try figure(table([.string("Both")], ["seed": .integer(0)]))
        #expect(try text(titled).hasPrefix("Both\nseed = 0\n"))
        let (bare, one, two) = (
            try height(try figure(nil)), try height(try figure(.string("Both"))), try height(titled)
        )
        #expect(bare < one && one < two, "\(bare) \(one) \(two)")
    }

    @Test(arguments: [
        (#"$\sigma$ of $\mu$"#, "σ of μ"), (#"$\sigma^2$"#, "σ²"), (#"$10^{-3}$"#, "10⁻³"),
        (#"$x_1$, $x_{12}$"#, "x₁, x₁₂"),
        (#"$\nabla F \le 3$"#, "∇F ≤ 3"), (#"$\log \pi_\theta$"#, "log π_θ"), (#"$\alpha\beta$"#, "αβ"),
        (#"$\Sigma_q$"#, "Σ_q"), (#"$\foo$"#, #"\foo"#),
        ("$5 and $6", "$5 and $6"), ("log_prob", "log_prob"), ("a $ b", "a $ b"), ("$", "$"),
        (#"$\sigma"#, #"$\sigma"#),
        (#"$\sigma^$"#, "σ^"), (#"$\sigma_{1$"#, "σ_{1"),
    ])
    func lettersOfMathematicsAreWritten(_ given: String, _ drawn: String) throws {
        // As words of every kind of text.
        for option in ["title", "xlabel", "ylabel"] {
            #expect(try svg(try line([option: .string(given)])) == svg(try line([option: .string(drawn)])), "\(option)")
        }
        #expect(try svg(try line(["label": .string(given)])) == svg(try line(["label": .string(drawn)])))
        #expect(try text(try line(["title": .string(given)]), "blocks").hasPrefix(drawn + "\n"))
    }

    @Test func plainTerminalsHaveTheNames() throws {
        #expect(try text(try line(["title": .string(#"$\sigma^2 \le 10^{-3}$"#)])).hasPrefix("sigma2 <= 10-3\n"))
    }

    @Test func barsOfHistogramsMayBePale() throws {
        func histogram(_ alpha: Double) throws -> [UInt8] {
            try svg(try call("plot.histogram", options(["x": numbers(1, 2, 2), "alpha": .number(alpha)])))
        }
        #expect(try histogram(1) != histogram(0.3))
    }

    @Test func oddTitlesAreRefused() throws {
        for (wrong, says) in [
            (Value.string(String(repeating: "a\n", count: 8)), "option title: at most 8 lines expected, got 9"),
            (
                table([], ["lr": table()]),
                "option title: setting lr: a number, a text or true or false expected, got table"
            ),
            (table([.integer(3)]), "a text expected at 1, got 3"),
            (.integer(3), "a text or a table of texts and settings expected"),
        ] {
            for body in [
                { _ = try line(["title": wrong]) },
                { _ = try call("plot.figure", options(["panels": table([try line([:])]), "title": wrong])) },
            ] {
                let said = message(of: body) ?? "no error"
                #expect(said.contains(says), "\(said)")
            }
        }
    }
}
