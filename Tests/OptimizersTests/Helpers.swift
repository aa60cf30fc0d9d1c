import Autodiff
import Foundation
import LawChecks
import LuaHost
import Projections
import Scripting
import Tensors
import Testing

@testable import Optimizers

extension Scripts {
    /// An interpreter with the modules that optimisers need.
    init() throws {
        try self.init(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), ProjectionModule(), ProxModule(),
            OptimModule(adding: [SignDescent.declaration]),
        ])
    }
}

/// The problem of Fixtures/make_fixtures.py as Lua code: `a`, `b`, `loss()`, and `closure()` for an optimiser `opt`.
func problem(dtype: String = "float64") -> String {
    """
    local options = {dtype = "\(dtype)"}
    local a = tensor({{0.3, -0.7, 1.1}, {-0.4, 0.9, 0.2}}, options)
    local b = tensor({-1.2, 0.8, 0.5}, options)
    local weights = tensor({{1, 2, 0.5}, {1.5, 0.7, 3}}, options)
    local function loss(a, b)
      return (weights * (b ^ 2 - a) ^ 2):sum() + ((1 - b) ^ 2):sum() + a:sin():sum() + 0.1 * (a * b):exp():sum()
    end
    local function closure(opt, a, b)
      return function()
        opt:zero_grad()
        local value = loss(a, b)
        value:backward()
        return value
      end
    end
    local function numbers(a, b)
      local list = a:reshape({6}):tolist()
      for i, v in ipairs(b:tolist()) do list[6 + i] = v end
      return list
    end

    """
}

/// A case of Fixtures/trajectories.json: an optimiser's steps in PyTorch.
struct Trajectory: Decodable, CustomTestStringConvertible, Sendable {
    struct Point: Decodable, Sendable {
        let step: Int
        let loss: Double
        let x: [Double]
    }

    /// The value of an option, written in the same way in JSON and Lua.
    enum Option: Decodable, Sendable {
        case flag(Bool)
        case number(Double)
        case numbers([Double])
        case text(String)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) { self = .flag(flag); return }
            if let number = try? value.decode(Double.self) { self = .number(number); return }
            if let numbers = try? value.decode([Double].self) { self = .numbers(numbers); return }
            self = .text(try value.decode(String.self))
        }

        var lua: String {
            switch self {
            case .flag(let flag): "\(flag)"
            case .number(let number): Int(exactly: number).map(String.init) ?? "\(number)"
            case .numbers(let numbers): "{" + numbers.map { "\($0)" }.joined(separator: ", ") + "}"
            case .text(let text): "\"\(text)\""
            }
        }
    }

    let optimizer: String
    let options: [String: Option]
    let points: [Point]

    /// The options as a Lua table, such as `{lr = 0.1, nesterov = true}`.
    var lua: String {
        "{" + options.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.lua)" }.joined(separator: ", ") + "}"
    }
    var testDescription: String { "optim.\(optimizer)\(lua)" }

    static let all = fixture("trajectories", of: Trajectory.self)
}

/// The cases of Fixtures/NAME.json; none when it cannot be read, which the tests of the number of cases notice.
func fixture<Case: Decodable>(_ name: String, of type: Case.Type) -> [Case] {
    guard let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/\(name).json"),
        let data = try? Data(contentsOf: url)
    else { return [] }
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
}
