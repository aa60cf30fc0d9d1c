import Autodiff
import Scripting
import Tensors
import Testing

@testable import Projections

/// Derivatives of every projection, by the point and by the set's own numbers, against finite differences.
@Suite struct DerivativeTests {
    /// A point of the example's shape; most probably no element lies near a kink of the projection.
    private func point(_ points: inout Points, _ shape: [Int], _ scale: Double) throws -> Variable {
        Variable(try float64(points.vector(try Shape.count(shape), scale: scale), shape))
    }

    private func gradient(_ set: any ProjectableSet, _ x: Variable, _ weights: Variable) throws -> Variable {
        try Transform.valueAndGradient(
            of: { [try (set.project($0[0]) * weights).sum()] }, at: [x], for: "test").gradients[0]
    }

    @Test func firstAndSecondOrderByThePoint() throws {
        var points = Points(seed: 21)
        for example in try catalogue.flatMap({ try $0.examples() }) {
            for scale in [0.3, 1, 4] {
                let x = try point(&points, example.shape, scale)
                let weights = try point(&points, example.shape, 1)
                let first = try Transform.gradientCheck(
                    of: { [try example.set.project($0[0])] }, at: [x], absoluteTolerance: 1e-7, relativeTolerance: 1e-6,
                    for: "test")
                #expect(first == nil, "\(example.set) at \(shown(x.value)): \(first ?? "")")
                let second = try Transform.gradientCheck(
                    of: { [try gradient(example.set, $0[0], weights)] }, at: [x], step: 1e-4, absoluteTolerance: 1e-5,
                    relativeTolerance: 1e-4, for: "test")
                #expect(second == nil, "second order, \(example.set) at \(shown(x.value)): \(second ?? "")")
            }
        }
    }

    /// The Jacobian of the projection onto a convex set is symmetric, and the same by all of autodiff's transforms.
    @Test func everyCalculusAgrees() throws {
        var points = Points(seed: 22)
        for example in try catalogue.flatMap({ try $0.examples() }) {
            let (x, v) = (try point(&points, example.shape, 2), try point(&points, example.shape, 1))
            func project(_ inner: [Variable]) throws -> [Variable] { [try example.set.project(inner[0])] }
            let along = try Transform.jvp(of: project, at: x, v, for: "test").product.value.toArray()
            let back = try Transform.vjp(of: project, at: x, v, for: "test").product.value.toArray()
            let n = x.value.count
            let jacobian = try Transform.jacobian(of: project, at: x, for: "test").value.toArray()
            let direction = try v.value.toArray()
            let slope = try example.set.slope(at: x.value)(direction)
            for i in 0..<n {
                let row = (0..<n).reduce(0) { $0 + jacobian[i * n + $1] * direction[$1] }
                #expect(abs(row - along[i]) < 1e-9, "\(example.set) at \(shown(x.value)): J v \(row), jvp \(along[i])")
                #expect(
                    abs(slope[i] - back[i]) < 1e-6,
                    "\(example.set) at \(shown(x.value)): slope \(slope[i]), vjp \(back[i])")
                guard example.set.isConvex else { continue }
                #expect(
                    abs(along[i] - back[i]) < 1e-7,
                    "\(example.set) at \(shown(x.value)): jvp \(along[i]), vjp \(back[i])")
            }
        }
    }

    private func families() throws -> [(name: String, family: SetFamily)] {
        try catalogue.flatMap { type in try type.families().map { (type.name, $0) } }
    }

    @Test func byEveryParameter() throws {
        var points = Points(seed: 23)
        for (name, made) in try families() {
            for scale in [1.0, 3] {
                let x = try point(&points, made.shape, scale)
                let fault = try Transform.gradientCheck(
                    of: { [try made.make(Array($0.dropFirst())).project($0[0])] },
                    at: [x] + made.tensors.map { Variable($0) },
                    absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "test")
                #expect(fault == nil, "\(name) at \(shown(x.value)): \(fault ?? "")")
            }
        }
        // Every set with parameters must have been tested.
        for type in catalogue where try type.examples().contains(where: { !$0.set.parameters.isEmpty }) {
            #expect(try !type.families().isEmpty, "\(type.name) does not say how it is made of tensors")
        }
    }

    /// The gradient of a parameter accumulates in its leaf at both calls, and the set keeps the values that it was made
    /// of.
    @Test func aSetKeepsItsPlaceOnTheTape() throws {
        for (name, made) in try families() {
            let leaves = try made.tensors.map { Variable(try $0.copy()) }
            for leaf in leaves { try leaf.setRequiresGrad(true) }
            let set = try made.make(leaves)
            var points = Points(seed: 24)
            let x = try point(&points, made.shape, 3)
            // What a constructor computes from its tensors is recorded once, for both calls.
            try set.project(x).sum().backward(retainGraph: true)
            let once = try leaves.map { try $0.grad?.value.toArray() ?? [] }
            let before = try set.project(x.value).toArray()
            for leaf in leaves { try leaf.value.fill(5) }
            try set.project(x).sum().backward()
            #expect(try set.project(x.value).toArray() == before, "\(name) changed with what it was made of")
            for (leaf, gradient) in zip(leaves, once) {
                #expect(try leaf.grad?.value.toArray() ?? [] == gradient.map { 2 * $0 }, "\(name)")
            }
        }
    }

    @Test func theBoundOfABoxHasItsGradient() throws {
        let gradient = try Transform.valueAndGradient(
            of: { b in [try Box(Variable(Tensor(-1, .float64)), b[0]).project(Variable(float64([2, 0.3]))).sum()] },
            at: [Variable(Tensor(1, .float64))], for: "test").gradients[0]
        #expect(try gradient.value.item() == 1)
    }

    @Test func distances() throws {
        var points = Points(seed: 25)
        var tested: Set<String> = []
        for example in try catalogue.flatMap({ try $0.examples() }) where example.set.isConvex {
            let x = try point(&points, example.shape, 4)
            let distance = try example.set.distance(x.value)
            guard distance > 1e-3 else { continue }
            tested.insert("\(type(of: example.set))")
            let fault = try Transform.gradientCheck(
                of: { [try example.set.distance($0[0])] }, at: [x], absoluteTolerance: 1e-7, relativeTolerance: 1e-6,
                for: "test")
            #expect(fault == nil, "\(example.set) at \(shown(x.value)): \(fault ?? "")")
            let y = try example.set.project(x.value).toArray()
            let gradient = try Transform.valueAndGradient(
                of: { [try example.set.distance($0[0])] }, at: [x], for: "test"
            ).gradients[0]
            for (slope, (a, b)) in zip(try gradient.value.toArray(), zip(try x.value.toArray(), y)) {
                #expect(abs(slope - (a - b) / distance) < 1e-6, "\(example.set) at \(shown(x.value))")
            }
        }
        #expect(tested.count >= 10, "points outside of \(tested) only")
    }

    /// A script's own set: with a derivative, with recorded operations, and with neither.
    @Test func setsOfAScriptsOwn() throws {
        let project = FakeFunction { arguments in
            guard case .object(let object)? = arguments.first, let x = object as? Variable else { return [] }
            return [.object(try x.clamp(-1, 1))]
        }
        let derivative = FakeFunction { arguments in
            guard arguments.count == 2, case .object(let first) = arguments[0], let x = first as? Variable,
                case .object(let second) = arguments[1], let v = second as? Variable
            else { return [] }
            let inside = try x.value.toArray().map { $0.magnitude <= 1 ? 1.0 : 0 }
            return [.object(try v * Variable(Tensor(inside, shape: x.shape, .float64)))]
        }
        let x = Variable(try float64([-3, 0.5, 2]))
        func gradient(_ option: Value) throws -> [Double] {
            let made = try call(
                "Set", table([], [("name", .string("mine")), ("project", .function(project)), ("derivative", option)]))
            guard case .object(let object)? = made.first, let projection = object as? ProjectionObject else {
                return []
            }
            return try Transform.valueAndGradient(
                of: { [try projection.set.project($0[0]).sum()] }, at: [x], for: "test").gradients[0].value.toArray()
        }
        #expect(try gradient(.function(derivative)) == [0, 1, 0])
        #expect(try gradient(.boolean(true)) == [0, 1, 0])
        #expect(message { _ = try gradient(.none) }.contains("projection.mine: it was given no derivative"))
        #expect(
            message { _ = try gradient(.integer(3)) }.contains(
                "option derivative: a function of x and v, or true expected, got 3"))
    }
}
