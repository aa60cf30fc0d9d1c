import Autodiff
import Scripting
import Tensors
import Testing

@testable import Projections

/// The laws of every set of the catalogue, and of a made-up one, on the examples that the sets provide.
@Suite struct LawTests {
    @Test func everySetObeysTheLaws() throws {
        for type in catalogue {
            let examples = try type.examples()
            #expect(!examples.isEmpty, "\(type) gives no examples")
            for example in examples {
                for (dtype, tolerance) in [
                    (DType.float64, example.precision), (.float32, max(example.precision, 2e-6)),
                ] {
                    for seed in UInt64(0)..<3 {
                        let verification = Verification(
                            points: 16, seed: seed, shape: example.shape, dtype: dtype, tolerance: tolerance)
                        do {
                            let report = try verification.run(example.set)
                            let laws = Set(report.laws.map(\.name))
                            #expect(laws.contains("idempotence") && laws.contains("membership"))
                            #expect(laws.contains(example.set.isConvex ? "firm non-expansiveness" : "nearest"))
                        } catch {
                            Issue.record("\(dtype), seed \(seed), shape \(example.shape): \(error)")
                        }
                    }
                }
            }
        }
    }

    /// Membership by the set's definition agrees with the projection: the distance is 0 exactly where the violation is
    /// 0.
    @Test func distanceAndViolationAgree() throws {
        var points = Points(seed: 3)
        for example in try catalogue.flatMap({ try $0.examples() }) {
            for scale in [0.1, 1, 5] {
                let x = try float64(points.vector(try Shape.count(example.shape), scale: scale), example.shape)
                let (distance, violation) = (try example.set.distance(x), try example.set.violation(x))
                let y = try example.set.project(x)
                #expect((distance > 1e-6) == (violation > 1e-6), "\(example.set) at \(shown(x))")
                #expect(
                    try example.set.distance(y) <= max(example.precision, 1e-12) * 10, "\(example.set) at \(shown(x))")
                #expect(try example.set.contains(y), "\(example.set) at \(shown(x))")
            }
        }
    }

    /// No point of the set in a random search is nearer than the projection.
    @Test func noPointNearbyIsBetter() throws {
        var points = Points(seed: 4)
        for example in try catalogue.flatMap({ try $0.examples() }) {
            let count = try Shape.count(example.shape)
            let x = try float64(points.vector(count, scale: 2), example.shape)
            let (best, start) = (try example.set.distance(x), try x.toArray())
            let y = try example.set.project(x).toArray()
            for k in 0..<40 {
                // A point near the projection that is projected again, and so lies in the set.
                let near = zip(y, points.vector(count, scale: k % 2 == 0 ? 0.01 : 1)).map { $0 + $1 }
                let z = try example.set.project(float64(near, example.shape)).toArray()
                let other = norm(zip(start, z).map { $0 - $1 })
                #expect(other >= best - 1e-7, "\(example.set) at \(start): \(z) is nearer than \(y)")
            }
        }
    }

    @Test func resultKeepsShapeAndTypeAndIsFresh() throws {
        for example in try catalogue.flatMap({ try $0.examples() }) {
            for dtype in [DType.float32, .float64] {
                let x = try example.set.project(Tensor.zeros(example.shape, dtype))
                let y = try example.set.project(x)
                #expect(y.shape == example.shape && y.dtype == dtype, "\(example.set)")
                #expect(y.storage !== x.storage, "\(example.set) returns its argument's memory")
            }
        }
    }

    @Test func notANumberIsRefusedByName() throws {
        for example in try catalogue.flatMap({ try $0.examples() }) {
            var values = [Double](repeating: 0.5, count: try Shape.count(example.shape))
            values[values.count - 1] = .nan
            let x = try float64(values, example.shape)
            for text in [message { _ = try example.set.project(x) }, message { _ = try example.set.violation(x) }] {
                #expect(text.contains("x is nan"), "\(example.set): \(text)")
            }
        }
    }

    @Test func stridedPointsGiveTheSameResult() throws {
        var points = Points(seed: 5)
        for example in try catalogue.flatMap({ try $0.examples() }) where example.shape.count == 2 {
            let x = try float64(points.vector(try Shape.count(example.shape), scale: 2), example.shape)
            let strided = try x.transpose(0, 1).copy().transpose(0, 1)
            #expect(try example.set.project(strided).toArray() == example.set.project(x).toArray(), "\(example.set)")
        }
    }
}
