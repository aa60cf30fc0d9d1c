import Autodiff
import Flows
import LawChecks
import Tensors
import Testing

/// Laws of every transform, at the catalogue's examples and at transforms that scripts cannot make.
@Suite struct TransformLaws {
    /// A coupling with one hidden layer, as a function of its weights.
    private static let couplings = [AdditiveCoupling.Half.even, .odd].map { half in
        TransformExample(
            "AdditiveCoupling of \(half)", [.init([3, 2]), .init([3]), .init([2, 3]), .init([2])],
            points: .init([3, 4])
        ) {
            let first = Perceptron.Layer(name: "0", weight: $0[0], bias: $0[1])
            let second = Perceptron.Layer(name: "1", weight: $0[2], bias: $0[3])
            return AdditiveCoupling(shifting: half, by: Perceptron([first, second]))
        }
    }

    static let examples = catalogue.flatMap { $0.examples } + couplings

    @Test func everyTransformHasExamples() {
        for type in catalogue { #expect(!type.examples.isEmpty, "\(type)") }
    }

    /// The example's transform made of leaf tensors, and points and context in a dtype.
    private func made(
        _ example: TransformExample, _ dtype: DType
    ) throws -> (transform: any FlowTransform, x: Variable, context: Variable?, leaves: [Variable]) {
        let inputs = try LawCase(example.label, example.inputs) { $0[0] }.points(seed: 3)
            .map { Variable(try $0.value.copy(dtype)) }
        let leaves = Array(inputs[..<example.parameters.count])
        for leaf in leaves { try leaf.setRequiresGrad(true) }
        let context = example.context == nil ? nil : inputs.last
        return (try example.make(leaves), inputs[leaves.count], context, leaves)
    }

    /// One number for each row, also where the transform reports one log-determinant for all.
    private static func perRow(_ logDeterminant: Variable, _ rows: Int) throws -> Variable {
        try logDeterminant.expand([rows])
    }

    @Test(arguments: examples.indices, [DType.float64, .float32])
    func bothDirectionsUndoEachOther(_ index: Int, _ dtype: DType) throws {
        let example = Self.examples[index]
        let (transform, x, context, _) = try made(example, dtype)
        let tolerance = dtype == .float64 ? 1e-10 : 2e-5
        let rows = x.shape[0]
        let (z, there) = try transform.toLatent(x, context: context)
        let (back, again) = try transform.toData(z, context: context)
        // The same numbers as points of the base.
        let noise = try x.reshape(z.shape)
        #expect(try z.shape == [rows] + transform.latentShape(of: Array(x.shape.dropFirst())), "\(example.label)")
        #expect(try x.shape == [rows] + transform.dataShape(of: Array(z.shape.dropFirst())), "\(example.label)")
        let (data, down) = try transform.toData(noise, context: context)
        let (latent, up) = try transform.toLatent(data, context: context)
        #expect(z.dtype == dtype && data.dtype == dtype, "\(example.label)")
        for (what, a, b) in [
            ("to_data(to_latent(x))", back, x), ("to_latent(to_data(z))", latent, noise),
            ("log-determinants of x", try Self.perRow(there, rows), try -Self.perRow(again, rows)),
            ("log-determinants of z", try Self.perRow(down, rows), try -Self.perRow(up, rows)),
        ] {
            let fault = try difference(a.value, b.value, absolute: tolerance, relative: tolerance)
            #expect(fault == nil, "\(example.label), \(dtype.rawValue), \(what): \(fault ?? "")")
        }
    }

    @Test(arguments: examples.indices) func logDeterminantsAreThoseOfTheDenseJacobian(_ index: Int) throws {
        let example = Self.examples[index]
        let (transform, x, context, _) = try made(example, .float64)
        let (rows, event) = (x.shape[0], Array(x.shape.dropFirst()))
        let latent = try transform.latentShape(of: event)
        let z = try x.reshape([rows] + latent)
        typealias Direction = (Variable, Variable?) throws -> (Variable, Variable)
        let directions: [(String, Variable, [Int], Direction)] = [
            ("to_latent", x, event, { x, c in let (z, log) = try transform.toLatent(x, context: c); return (z, log) }),
            ("to_data", z, latent, { z, c in let (x, log) = try transform.toData(z, context: c); return (x, log) }),
        ]
        for (what, start, from, direction) in directions {
            let claimed = try Self.perRow(direction(start, context).1, rows).value.toArray()
            for row in 0..<rows {
                let told = try context?.slice(0, row, 1)
                let point = Variable(try start.value.select(0, row).copy())
                let flat = try point.reshape([event.reduce(1, *)])
                let jacobian = try Transform.jacobian(
                    of: { [try direction($0[0].reshape([1] + from), told).0.reshape([-1])] }, at: flat, for: "law")
                let dense = try jacobian.signAndLogDeterminant().logarithm.value.item()
                let label = "\(example.label), \(what), row \(row + 1)"
                #expect(abs(dense - claimed[row]) < 1e-9, "\(label): \(claimed[row]), dense \(dense)")
            }
        }
    }

    /// First and second derivatives by the points, the context and every tensor that the transform is made of, in both
    /// directions.
    @Test(arguments: examples.indices) func gradientsAreFiniteDifferences(_ index: Int) throws {
        let example = Self.examples[index]
        let count = example.parameters.count
        for toLatent in [true, false] {
            let label = "\(example.label) \(toLatent ? "to_latent" : "to_data")"
            let law = LawCase(label, example.inputs) { inputs in
                let transform = try example.make(Array(inputs[..<count]))
                let x = inputs[count]
                let context = example.context == nil ? nil : inputs.last
                let (value, logDeterminant): (Variable, Variable)
                if toLatent {
                    (value, logDeterminant) = try transform.toLatent(x, context: context)
                } else {
                    let latent = try transform.latentShape(of: Array(x.shape.dropFirst()))
                    (value, logDeterminant) = try transform.toData(x.reshape([x.shape[0]] + latent), context: context)
                }
                return try Variable.concatenate([value.reshape([-1]), Self.perRow(logDeterminant, x.shape[0])], 0)
            }
            #expect(try GradientLaw.first(law) == nil)
            #expect(try GradientLaw.second(law) == nil)
        }
    }

    /// The parameters for training are the tensors that the transform was made of, each under its own name.
    @Test(arguments: examples.indices) func parametersAreWhatItIsMadeOf(_ index: Int) throws {
        let example = Self.examples[index]
        let (transform, x, context, leaves) = try made(example, .float64)
        let (z, logDeterminant) = try transform.toLatent(x, context: context)
        if z.requiresGrad { try (z * z).sum().backward() }
        if logDeterminant.requiresGrad { try transform.toLatent(x, context: context).logDeterminant.sum().backward() }
        #expect(Set(transform.parameters.map(\.name)).count == transform.parameters.count, "\(example.label)")
        for (place, leaf) in leaves.enumerated() {
            #expect(leaf.grad != nil, "\(example.label): nothing arrives in tensor \(place + 1)")
            let isFound = transform.parameters.contains { $0.value.value.storage === leaf.value.storage }
            #expect(isFound, "\(example.label): tensor \(place + 1) is no parameter")
        }
    }
}
