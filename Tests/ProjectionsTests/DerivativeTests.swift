import Autodiff
import Scripting
import Tensors
import Testing

@testable import Projections

/// Derivatives through every set, by the point and by what the set is made of, against finite differences.
@Suite struct DerivativeTests {
    /// A point of the example's shape where no element is near an edge, most likely.
    private func point(_ points: inout Points, _ shape: [Int], _ scale: Double) throws -> Variable {
        Variable(try float64(points.vector(try Shape.count(shape), scale: scale), shape))
    }

    private func gradient(_ set: any ProjectableSet, _ x: Variable, _ weights: Variable) throws -> Variable {
        try Transform.valueAndGradient(
            of: { [try (set.project($0[0]) * weights).sum()] }, at: [x], for: "test").gradients[0]
    }

    @Test func firstAndSecondOrderByThePoint() throws {
        var points = Points(seed: 21)
        for example in try Catalogue.sets.flatMap({ try $0.examples() }) {
            for scale in [0.3, 1, 4] {
                let x = try point(&points, example.shape, scale)
                let weights = try point(&points, example.shape, 1)
                let first = try Transform.gradientCheck(
                    of: { [try example.set.project($0[0])] }, at: [x], absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "test")
                #expect(first == nil, "\(example.set) at \(shown(x.value)): \(first ?? "")")
                let second = try Transform.gradientCheck(
                    of: { [try gradient(example.set, $0[0], weights)] }, at: [x], step: 1e-4, absoluteTolerance: 1e-5,
                    relativeTolerance: 1e-4, for: "test")
                #expect(second == nil, "second order, \(example.set) at \(shown(x.value)): \(second ?? "")")
            }
        }
    }

    /// The Jacobian of the projection onto a convex set is symmetric, and the same by every calculus.
    @Test func everyCalculusAgrees() throws {
        var points = Points(seed: 22)
        for example in try Catalogue.sets.flatMap({ try $0.examples() }) {
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
                #expect(abs(slope[i] - back[i]) < 1e-6, "\(example.set) at \(shown(x.value)): slope \(slope[i]), vjp \(back[i])")
                guard example.set.isConvex else { continue }
                #expect(abs(along[i] - back[i]) < 1e-7, "\(example.set) at \(shown(x.value)): jvp \(along[i]), vjp \(back[i])")
            }
        }
    }

    /// A set as a function of its tensors.
    private struct Made {
        let name: String
        let parameters: [Tensor]
        let shape: [Int]
        let make: ([Variable]) throws -> any ProjectableSet
    }

    private func made() throws -> [Made] {
        let (c, r) = (try float64([0.3, -0.2, 0.5]), try Tensor(0.7, .float64))
        let a = try float64([1, -2, 0.5])
        let (matrix, level) = (try float64([1, 2, 0, -1, 0, 1, 1, 3], [2, 4]), try float64([1, -2]))
        let mask = try float64([1, 0, 1])
        return [
            Made(name: "Box", parameters: [try float64([-0.4, -0.1, 0]), try float64([0.1, 0.2, 0.3])], shape: [2, 3]) { try Box($0[0], $0[1]) },
            Made(name: "Box", parameters: [try Tensor(0.1, .float64)], shape: [3]) { try Box($0[0], $0[0]) },
            Made(name: "Observed", parameters: [c], shape: [3]) { try Observed(mask: Variable(mask), values: $0[0]) },
            Made(name: "Halfspace", parameters: [a, try Tensor(-2, .float64)], shape: [3]) { try Halfspace($0[0], $0[1]) },
            Made(name: "Hyperplane", parameters: [a, r], shape: [3]) { try Hyperplane($0[0], $0[1]) },
            Made(name: "Hyperplane", parameters: [r, r], shape: [3]) { try Hyperplane($0[0], $0[1]) },
            Made(name: "Affine", parameters: [matrix, level], shape: [4]) { try Affine($0[0], $0[1]) },
            Made(name: "Ball", parameters: [c, r], shape: [3]) { try Ball(center: $0[0], radius: $0[1]) },
            Made(name: "L1Ball", parameters: [c, r], shape: [3]) { try L1Ball(center: $0[0], radius: $0[1]) },
            Made(name: "LinfBall", parameters: [c, try Tensor(0.3, .float64)], shape: [3]) { try LinfBall(center: $0[0], radius: $0[1]) },
            Made(name: "Simplex", parameters: [r], shape: [4]) { try Simplex($0[0]) },
            Made(name: "Sphere", parameters: [c, r], shape: [3]) { try Sphere(center: $0[0], radius: $0[1]) },
            Made(name: "Product", parameters: [c, r], shape: [2, 3]) { try Product([Ball(center: $0[0], radius: $0[1]), Simplex($0[1])]) },
            Made(name: "Translate", parameters: [c], shape: [3]) { try Translate(Simplex(), $0[0]) },
            Made(name: "Translate", parameters: [c, r], shape: [3]) { try Translate(Box($0[1], Variable(Tensor(1.1, .float64))), $0[0]) },
            Made(name: "Scale", parameters: [r, c], shape: [3]) { try Scale(Ball(center: $0[1], radius: $0[0]), $0[0]) },
            Made(name: "Scale", parameters: [try Tensor(-0.7, .float64)], shape: [3]) { try Scale(Nonnegative(), $0[0]) },
            Made(name: "Scale", parameters: [try Tensor(-0.7, .float64)], shape: [3]) { try Scale(Box(0.1, 0.4), $0[0]) },
            Made(name: "Intersection", parameters: [c, r, a], shape: [3]) {
                try Intersection([Ball(center: $0[0], radius: $0[1]), Halfspace($0[2], Variable(Tensor(0.2, .float64)))])
            },
            Made(name: "Intersection", parameters: [c, r], shape: [3]) {
                try Intersection([Box($0[0], Variable(Tensor(1, .float64))), Observed(mask: Variable(mask), values: $0[1])])
            },
            Made(name: "Intersection", parameters: [try float64([0.1, 0.2, 0.3]), a], shape: [3]) {
                try Intersection([Box(Variable(Tensor(-1, .float64)), $0[0]), Hyperplane($0[1], Variable(Tensor(0, .float64)))])
            },
        ]
    }

    @Test func byEveryParameter() throws {
        var points = Points(seed: 23)
        for made in try made() {
            for scale in [1.0, 3] {
                let x = try point(&points, made.shape, scale)
                let fault = try Transform.gradientCheck(
                    of: { [try made.make(Array($0.dropFirst())).project($0[0])] }, at: [x] + made.parameters.map { Variable($0) },
                    absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "test")
                #expect(fault == nil, "\(made.name) at \(shown(x.value)): \(fault ?? "")")
            }
        }
        // What has numbers in it that are tensors must be tried.
        let tried = Set(try made().map(\.name))
        for example in try Catalogue.sets.flatMap({ try $0.examples() }) where !example.set.parameters.isEmpty {
            #expect(tried.contains(example.set.name), "no gradient by the parameters of \(example.set.name) is tried")
        }
    }

    /// The parameter's gradient arrives in a leaf, twice, and the set keeps the numbers that it was made of.
    @Test func aSetKeepsItsPlaceOnTheTape() throws {
        for made in try made() {
            let leaves = try made.parameters.map { Variable(try $0.copy()) }
            for leaf in leaves { try leaf.setRequiresGrad(true) }
            let set = try made.make(leaves)
            var points = Points(seed: 24)
            let x = try point(&points, made.shape, 3)
            try set.project(x).sum().backward()
            let once = try leaves.map { try $0.grad?.value.toArray() ?? [] }
            let before = try set.project(x.value).toArray()
            for leaf in leaves { try leaf.value.fill(5) }
            try set.project(x).sum().backward()
            #expect(try set.project(x.value).toArray() == before, "\(made.name) changed with what it was made of")
            for (leaf, gradient) in zip(leaves, once) {
                #expect(try leaf.grad?.value.toArray() ?? [] == gradient.map { 2 * $0 }, "\(made.name)")
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
        for example in try Catalogue.sets.flatMap({ try $0.examples() }) where example.set.isConvex {
            let x = try point(&points, example.shape, 4)
            let distance = try example.set.distance(x.value)
            guard distance > 1e-3 else { continue }
            let fault = try Transform.gradientCheck(
                of: { [try example.set.distance($0[0])] }, at: [x], absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "test")
            #expect(fault == nil, "\(example.set) at \(shown(x.value)): \(fault ?? "")")
            let y = try example.set.project(x.value).toArray()
            let gradient = try Transform.valueAndGradient(of: { [try example.set.distance($0[0])] }, at: [x], for: "test").gradients[0]
            for (slope, (a, b)) in zip(try gradient.value.toArray(), zip(try x.value.toArray(), y)) {
                #expect(abs(slope - (a - b) / distance) < 1e-6, "\(example.set) at \(shown(x.value))")
            }
        }
    }

    /// A set of a script's own: with a derivative, with recorded operations, and with neither.
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
            let made = try call("Set", table([], [("name", .string("mine")), ("project", .function(project)), ("derivative", option)]))
            guard case .object(let object)? = made.first, let projection = object as? ProjectionObject else { return [] }
            return try Transform.valueAndGradient(
                of: { [try projection.set.project($0[0]).sum()] }, at: [x], for: "test").gradients[0].value.toArray()
        }
        #expect(try gradient(.function(derivative)) == [0, 1, 0])
        #expect(try gradient(.boolean(true)) == [0, 1, 0])
        #expect(message { _ = try gradient(.none) }.contains("projection.mine: it was given no derivative"))
        #expect(message { _ = try gradient(.integer(3)) }.contains("option derivative: a function of x and v, or true expected, got 3"))
    }
}
