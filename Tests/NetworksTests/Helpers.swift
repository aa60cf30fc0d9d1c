import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Networks

extension Scripts {
    /// An interpreter with the modules that networks need.
    init() throws {
        try self.init(modules: [TensorModule(), AutodiffModule(), RandomModule(), NetworkModule()])
    }
}

/// PyTorch's values of every layer, from Fixtures/layers.json.
struct LayerFixtures: Decodable {
    struct Numbers: Decodable {
        let shape: [Int]
        let values: [Double]
        var tensor: Tensor { get throws { try Tensor(values, shape: shape, .float64) } }
    }
    struct Named: Decodable {
        let name: String
        let shape: [Int]
        let values: [Double]
        var tensor: Tensor { get throws { try Tensor(values, shape: shape, .float64) } }
    }
    struct Layer: Decodable {
        let label: String
        let state: [Named]
        let x: Numbers
        let y: Numbers
        let x_grad: Numbers
        let gradients: [Named]
    }
    struct CrossEntropy: Decodable {
        let logits: Numbers
        let target: [Int]
        let cross_entropy: Double
        let gradient: Numbers
    }

    let layers: [Layer]
    let cross_entropy: CrossEntropy

    static func load() throws -> LayerFixtures {
        let url = try #require(
            Bundle.module.url(forResource: "layers", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(LayerFixtures.self, from: Data(contentsOf: url))
    }
}
