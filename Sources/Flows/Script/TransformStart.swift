import Autodiff
import Scripting
import Tensors

/// `t:initialize(x)`: takes initial parameters from data.
extension TransformObject {
    static let initialize = Declaration(
        "transform:initialize",
        """
        Sets the parameters from a batch of data, where the transform has such a start: flow.ActNorm makes mean 0 and \
        deviation 1 of it. Returns t.
        """,
        called: .method, takes: .argument("t", .transform), .argument("x", .tensor, "(B, event...), data that reach t"),
        returns: .transform, errors: "a transform without such a start; data of another shape, or not finite",
        source: "Kingma, Dhariwal, NeurIPS 2018 (Glow), section 3.1",
        example: """
            local x = random.normal{100, 2} * 5 + 3
            local z = flow.ActNorm(2):initialize(x):to_latent(x)
            assert(z:mean():abs():item() < 1e-4)
            """,
        see: ["flow.ActNorm"]
    ) { object, x in
        guard let transform = object.transform as? any DataInitialized else {
            throw Fault("\(object.description) has no start from data; flow.ActNorm(n) has")
        }
        try transform.initialize(from: x)
        return object
    }
}
