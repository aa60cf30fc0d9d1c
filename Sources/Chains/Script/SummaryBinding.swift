import Scripting
import Tensors

extension ChainSummary {
    static let binding = TypeBinding(
        type, "What draws of chains say of each number of a point, and whether it can be trusted.",
        properties: (columns.map(column) + [verdictProperty, countProperty]).map { NativeFunction($0) },
        operators: [.describe: NativeFunction(describe)])

    private static let receiver = Parameter<ChainSummary>.argument(
        "summary", .object(type).asking(for: "a chain_summary (mcmc.summary)"))
    private static let setup = "local s = mcmc.summary(random.normal({4, 100}, {generator = random.generator(1)}))\n"

    private static func column(_ name: String) -> Declaration {
        let texts = [
            "mean": "The means.", "sd": "The standard deviations.",
            "hdi_low": "The lower ends of the shortest intervals that hold hdi_prob of the draws.",
            "hdi_high": "The upper ends of these intervals.", "mcse_mean": "The standard errors of the means.",
            "mcse_sd": "The standard errors of the standard deviations.",
            "ess_bulk": "The effective sample sizes of ranks: mcmc.ess.",
            "ess_tail": "The effective sample sizes of the 5 % and 95 % quantiles, the smaller one.",
            "r_hat": "The rank-normalised split R-hat; nan of one chain.",
        ]
        return Declaration(
            "chain_summary.\(name)", (texts[name] ?? "") + " In the shape of a point, float64.", called: .property,
            takes: receiver, returns: .plainTensor, example: setup + "assert(s.\(name):item() == s.\(name):item())"
        ) { try $0.column(name) }
    }

    private static let verdictProperty = Declaration(
        "chain_summary.verdict", "What is not to be trusted and why, in words.", called: .property, takes: receiver,
        returns: .string,
        example: setup + "assert(s.verdict == \"nothing speaks against these draws\" or s.verdict:find(\"ess\"))"
    ) { $0.verdict }

    private static let countProperty = Declaration(
        "chain_summary.draws", "Draws in a chain.", called: .property, takes: receiver, returns: .integer,
        example: setup + "assert(s.draws == 100)"
    ) { $0.draws }

    private static let describe = Declaration(
        "chain_summary:tostring", "The table as text, with the verdict below.", called: .symbol("tostring(summary)"),
        takes: receiver, returns: .string, example: setup + "assert(tostring(s):find(\"r_hat\"))"
    ) { $0.description }
}
