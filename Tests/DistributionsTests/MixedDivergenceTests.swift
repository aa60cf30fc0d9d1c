import Autodiff
import Distributions
import Tensors
import Testing

/// KL divergences where one distribution is given by probabilities and the other by logits, nearly equal ones and
/// others.
@Suite struct MixedDivergenceTests {
    // By mpmath, from make_mixed_divergences.py. For Bernoulli: KL(p || logit), its slopes by p and by the logit, and
    // the same three of KL(logit || p). For Categorical: KL in both directions.
    static let bernoulli: [(p: Double, logit: Double, values: [Double])] = [
        (0.5, 1e-07,
            [1.2499999999999994e-15, -1e-07, 2.499999999999998e-08, 1.2499999999999984e-15,
            -9.999999999999992e-08, 2.4999999999999936e-08]),
        (0.5, -0.0003,
            [1.1249999957812498e-08, 0.0003, -7.49999994375e-05, 1.12499998734375e-08, 0.00029999999775,
            -7.499999831250001e-05]),
        (0.5, 0.7,
            [0.06003886832551258, -0.7, 0.1681877721681661, 0.05769257219220368, -0.6727510886726644,
            0.15519901130517633]),
        (0.5, 9.0,
            [3.806976221629778, -9.0, 0.49987660542401374, 0.691913227186346, -1.999506421696055,
            0.0011104141478836401]),
        (0.2, -1.3862942611198905,
            [8.000000165660595e-16, -1.0000000003537871e-07, 1.6000000485660595e-08, 8.000000325660596e-16,
            -1.0000000303537872e-07, 1.6000000965660597e-08]),
        (0.2, -1.3865943611198905,
            [7.1995680021613075e-09, 0.00029999999999998994, -4.79956800288282e-05, 7.199136006486672e-09,
            0.0002999730001801763, -4.799136008651762e-05]),
        (0.2, -0.6862943611198906,
            [0.044611051810665193, -0.7, 0.13485791741468323, 0.04978949037961305, -0.8428619838417701,
            0.15590966479156906]),
        (0.2, 7.613705638880109,
            [5.59105560498249, -9.0, 0.7995066043430987, 1.604503834105398, -4.996916277144367,
            0.004438369958643428]),
        (0.999, 6.906754878648552,
            [4.994999812942552e-18, -9.999999979088631e-08, 9.989999480608569e-11, 4.994999646775561e-18,
            -9.99999948008865e-08, 9.989998982107604e-11]),
        (0.999, 6.906454778648553,
            [4.49594868440987e-11, 0.0002999999999997904, -2.9974486955867725e-07, 4.496397402344163e-11,
            0.0003000449144731501, -2.9978974358678253e-07]),
        (0.999, 7.606754778648552,
            [0.00019645854807098337, -0.6999999999999997, 0.0005031645819575512, 0.00015575665929930236,
            -0.5036682502077586, 0.0003476120008268796]),
        (0.999, 15.906754778648553,
            [0.007999623199746267, -9.0, 0.0009998764666778372, 0.0009992650003542679, -1.0008773440218581,
            1.1117997621282462e-06]),
        (1e-09, -20.723265735946413,
            [4.999999996337614e-24, -9.99999983467095e-08, 1.000000032467095e-16, 5.00000016300428e-24,
            -1.0000000334670949e-07, 1.0000000824670965e-16]),
        (1e-09, -20.72356583594641,
            [4.499550029206432e-17, 0.00029999999999857, -2.9995500419836793e-13, 4.499100096701713e-17,
            0.0002999550044983229, -2.999100131974909e-13]),
        (1e-09, -20.02326583594641,
            [3.137527069566293e-10, -0.7000000000000001, 1.0137527054290293e-09, 3.958741868436913e-10,
            -1.013752706442782, 1.4096268909616806e-09]),
        (1e-09, -11.72326583594641,
            [8.093051105870689e-06, -9.0, 8.10201827624125e-06, 6.482511338030057e-05, -8102.018284343268,
            7.292657355602459e-05]),
        (1e-30, -69.07755268982137,
            [4.999999801602809e-45, -9.999999634936149e-08, 1.000000013493613e-37, 4.999999968269465e-45,
            -1.0000000134936129e-07, 1.0000000634936126e-37]),
        (1e-30, -69.07785278982136,
            [4.499550033551863e-38, 0.0002999999999934619, -2.9995500449312643e-34, 4.4991001010458177e-38,
            0.00029995500449312644, -2.9991001349211598e-34]),
        (1e-30, -68.37755278982137,
            [3.1375270747048175e-31, -0.7000000000000052, 1.0137527074704868e-30, 3.958741877588643e-31,
            -1.0137527074704868, 1.4096268952293513e-30]),
        (1e-30, -60.07755278982137,
            [8.093083927575403e-27, -9.000000000000002, 8.102083927575403e-27, 6.482567142060324e-26,
            -8102.083927575402, 7.292775534817865e-26]),
    ]
    static let categorical: [(weights: [Double], logits: [Double], values: [Double])] = [
        ([1.0, 2.0, 4.0], [2.0000001, 2.6931471805599454, 3.3862945611198905],
            [3.8775509446044e-15, 3.877550877549e-15]),
        ([1.0, 2.0, 4.0], [2.0, 2.692847180559945, 3.3863943611198906],
            [1.5305373131842243e-08, 1.5304623768705444e-08]),
        ([1.0, 2.0, 4.0], [7.0, 2.6931471805599454, -1.6137056388801094],
            [5.210512064511995, 1.8640819148898022]),
        ([1e-12, 1.0, 3.0], [-25.63102101592855, 2.0, 3.0986124886681097],
            [3.749999874453441e-15, 3.749999749453438e-15]),
        ([1e-12, 1.0, 3.0], [-25.631021115928547, 1.9997, 3.0987122886681098],
            [1.499899997500975e-08, 1.4997999925039748e-08]),
        ([1e-12, 1.0, 3.0], [-20.631021115928547, 2.0, -1.9013877113318902],
            [2.3837178923827715, 1.2672154216242701]),
        ([0.25, 0.25, 0.5], [0.6137057388801094, 0.6137056388801094, 1.3068530194400547],
            [3.4374999527999947e-15, 3.4374999059249895e-15]),
        ([0.25, 0.25, 0.5], [0.6137056388801094, 0.6134056388801093, 1.3069528194400546],
            [1.3436796849384093e-08, 1.343609367316601e-08]),
        ([0.25, 0.25, 0.5], [5.613705638880109, 0.6137056388801094, -3.6931471805599454],
            [4.870511175451761, 1.3451257477105691]),
    ]

    /// Expects `got` to be as near to `right` as the rounding of a logit of size `scale` allows, where the result is
    /// proportional to `away`, the distance of the two distributions.
    private func expect(_ got: Double, _ right: Double, _ scale: Double, _ away: Double, _ what: String) {
        let error = 1e-14 + 2e-15 * max(scale, 1) / min(away, 1)
        #expect(abs(got - right) <= error * abs(right), "\(what): \(got), right is \(right)")
    }

    @Test(arguments: bernoulli.indices) func bernoulliByBoth(_ index: Int) throws {
        let (p, logit, right) = Self.bernoulli[index]
        let away = abs(right[1])
        for (start, isBack) in [(0, false), (3, true)] {
            func divergence(_ inputs: [Variable]) throws -> [Variable] {
                let (a, b) = (try Bernoulli(probs: inputs[0]), try Bernoulli(logits: inputs[1]))
                return [isBack ? try Divergence.kullbackLeibler(b, a) : try Divergence.kullbackLeibler(a, b)]
            }
            let at = [try scalar(p), try scalar(logit)]
            let slopes = try Transform.valueAndGradient(of: divergence, at: at, for: "test").gradients
            let got = try [divergence(at)[0].value.item(), slopes[0].value.item(), slopes[1].value.item()]
            for (place, what) in ["value", "slope by p", "slope by the logit"].enumerated() {
                let what = "p = \(p), logit \(logit), back \(isBack): \(what)"
                expect(got[place], right[start + place], abs(logit), away, what)
            }
        }
    }

    @Test(arguments: categorical.indices) func categoricalByBoth(_ index: Int) throws {
        let (weights, logits, right) = Self.categorical[index]
        let (a, b) = (try Categorical(probs: vector(weights)), try Categorical(logits: vector(logits)))
        let scale = logits.map(abs).max() ?? 0
        let got = try [Divergence.kullbackLeibler(a, b), Divergence.kullbackLeibler(b, a)].map { try $0.value.item() }
        for (got, right) in zip(got, right) { expect(got, right, scale, right.squareRoot(), "\(weights), \(logits)") }
    }

    /// An impossible outcome has the logit -infinity: rows with and without such outcomes side by side.
    @Test func impossibleOutcomes() throws {
        let probs = Variable(try Tensor([0, 1, 0.5], shape: [3], .float64))
        let fair = try Bernoulli(logits: scalar(0))
        let values = try Divergence.kullbackLeibler(Bernoulli(probs: probs), fair).value.toArray()
        let right = [0.6931471805599453, 0.6931471805599453, 0]
        #expect(zip(values, right).allSatisfy { abs($0 - $1) < 1e-15 }, "\(values)")
        let back = try Divergence.kullbackLeibler(fair, Bernoulli(probs: probs)).value.toArray()
        #expect(back == [.infinity, .infinity, 0], "\(back)")
        let rows = Variable(try Tensor([0, 1, 1, 1, 1, 1], shape: [2, 3], .float64))
        let even = try Categorical(logits: vector([0, 0, 0]))
        let some = try Divergence.kullbackLeibler(Categorical(probs: rows), even).value.toArray()
        #expect(abs(some[0] - 0.4054651081081644) < 1e-14 && abs(some[1]) < 1e-30, "\(some)")
        let none = try Divergence.kullbackLeibler(even, Categorical(probs: rows)).value.toArray()
        #expect(none[0] == .infinity && abs(none[1]) < 1e-30, "\(none)")
    }
}
