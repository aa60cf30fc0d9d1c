import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Every operation against PyTorch's values and gradients (Fixtures/make_fixtures.py describes the file).
@Suite struct TorchFixtureTests {
    private struct Fixture: Decodable {
        let cases: [TorchCase]
    }

    private func cases(_ name: String) throws -> [TorchCase] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url)).cases
    }

    @Test func valuesAndGradientsArePyTorchs() throws {
        let cases = try cases("operations")
        #expect(cases.count >= 300)
        for torch in cases {
            let fault = try torch.fault()
            #expect(fault == nil, "\(torch.name)")
        }
    }

    /// The same at 0, -0, infinities, NaN, ties, and for empty tensors (Fixtures/make_edges.py).
    @Test func edgesArePyTorchs() throws {
        let cases = try cases("edges")
        #expect(cases.count >= 300)
        for torch in cases where Self.onPurpose[torch.name] == nil {
            let fault = try torch.fault()
            #expect(fault == nil, "\(torch.name)")
        }
        for name in Self.onPurpose.keys { #expect(cases.contains { $0.name == name }, "\(name) is no case") }
    }

    /// The same for the operations of Fixtures/make_further.py, edges included.
    @Test func furtherOperationsArePyTorchs() throws {
        let cases = try cases("further")
        #expect(cases.count >= 140)
        for torch in cases {
            let fault = try torch.fault()
            #expect(fault == nil, "\(torch.name)")
        }
    }

    /// Cases in which this library differs from PyTorch on purpose, with the reason.
    private static let onPurpose = [
        "pow 21 exponent=0.5": "the slope at -0 is that of 0, where PyTorch takes 1 / sqrt(-0)",
        "pow 21 exponent=-0.5": "(-0)^-0.5 is inf as in C, where PyTorch takes 1 / sqrt(-0)",
        "prod 3 of 1.0 nan 3.0": "the product of the others, where PyTorch divides the product by the element",
        "prod 3 of inf 1.0 2.0": "the product of the others, where PyTorch divides the product by the element",
        "prod 3 of -inf 1.0 2.0": "the product of the others, where PyTorch divides the product by the element",
        "prod 3 of -inf -inf -inf": "the product of the others, where PyTorch divides the product by the element",
        "norm 3 p=0.5 of inf -inf 0.0": "0 at 0, whatever the others are",
        "logsumexp 3 dim=0 keepdim=false of -1e+200 1e+200 1e+200":
            "the softmax, 1/2 and 1/2; PyTorch has 1 and 1, as the result has rounded log 2 away",
        "logsumexp 3 dim=0 keepdim=false of -inf -inf -inf": "what is impossible altogether moves nothing",
    ]
}

/// One case of the fixture file.
struct TorchCase: Decodable {
    let op: String
    let name: String
    let inputs: [TorchTensor]
    let attributes: [String: TorchAttribute]
    let outputs: [TorchTensor]
    let cotangents: [TorchTensor?]
    let gradients: [TorchTensor?]

    /// How this library's results differ from PyTorch's, or nil.
    func fault() throws -> String? {
        let inputs = try inputs.map { try $0.variable() }
        for (input, gradient) in zip(inputs, gradients) where gradient != nil { try input.setRequiresGrad(true) }
        var results: [Variable]
        do { results = try call(inputs) } catch let error as ScriptError { return error.description }
        // The file has only the solution of lstsq.
        if op == "lstsq" { results = Array(results.prefix(1)) }
        guard results.count == outputs.count else { return "\(results.count) results, expected \(outputs.count)" }
        for (index, (result, output)) in zip(results, outputs).enumerated() {
            if output.kind == "whole",
                try result.dtype != .int64 || result.value.toIntegers() != output.data.map(\.whole)
            {
                return "result \(index + 1): \(try result.value.toArray())"
            }
            if let fault = try difference(result.value, output.variable().value, absolute: 1e-10, relative: 1e-9) {
                return "result \(index + 1): \(fault)"
            }
        }
        for (result, cotangent) in zip(results, cotangents) where result.requiresGrad {
            if let cotangent { try result.backward(cotangent.variable(), retainGraph: true) }
        }
        for (index, (input, gradient)) in zip(inputs, gradients).enumerated() {
            guard let gradient else { continue }
            let found = try input.grad?.value ?? Tensor.zeros(input.shape, .float64)
            if let fault = try difference(found, gradient.variable().value, absolute: 1e-9, relative: 1e-8) {
                return "gradient of input \(index + 1): \(fault)"
            }
        }
        return nil
    }

    /// The first input made regular, symmetric or positive definite, as `of` says.
    private func prepared(_ inputs: [Variable]) throws -> [Variable] {
        guard case .text(let of)? = attributes["of"] else { return inputs }
        var inputs = inputs
        let x = inputs[0]
        let one = try Variable(
            Tensor((0..<x.shape[x.shape.count - 1]).map { _ in 1 }, shape: [x.shape[x.shape.count - 1]], .float64)
        ).diagonal()
        switch of {
        case "regular": inputs[0] = try x + one * 3
        case "symmetric": inputs[0] = try x + x.transposed()
        case "gram": inputs[0] = try x.matmul(x.transposed()) + one
        default: throw ScriptError("fixture", "of \(of)")
        }
        return inputs
    }

    /// Calls the operation as a script would, with PyTorch's attributes turned into its arguments.
    private func call(_ inputs: [Variable]) throws -> [Variable] {
        // A suffix "transposed" of the case's name says that the operation gets transposed views.
        let transposed = name.hasSuffix("transposed")
        let (name, arguments) = try torchCall(
            op, transposed ? inputs.map { try $0.transposed() } : prepared(inputs), attributes)
        switch op {
        case "svdvals": return [try inputs[0].svd().s]
        case "eigvalsh": return [try prepared(inputs)[0].eigh().values]
        case "polar":
            let (u, _, v) = try inputs[0].svd()
            return [try u.matmul(v.transposed())]
        case "projector":
            let (_, v) = try prepared(inputs)[0].eigh()
            let two = try v.slice(v.shape.count - 1, 0, 2)
            return [try two.matmul(two.transposed())]
        default: break
        }
        guard let operation = Autodiff.Operation.catalogue.first(where: { $0.name == name }) else {
            if name == "[]" { return [try inputs[0].at(arguments[1])] }
            throw ScriptError("fixture", "no operation \(name)")
        }
        return try operation.function.call(arguments).flatMap { value -> [Variable] in
            switch value {
            case .object(let object as Variable): [object]
            case .list(let values):
                values.compactMap { if case .object(let object) = $0 { object as? Variable } else { nil } }
            default: []
            }
        }
    }
}

/// A tensor of the file: float64 numbers; indices and masks, which become numbers (indices counted from 1); or int64
/// numbers.
struct TorchTensor: Decodable {
    let shape: [Int]
    let data: [TorchNumber]
    let kind: String?

    func variable() throws -> Variable {
        if kind == "whole" { return Variable(try Tensor(integers: data.compactMap(\.whole), shape: shape)) }
        return Variable(try Tensor(data.map { kind == "index" ? $0.value + 1 : $0.value }, shape: shape, .float64))
    }
}

/// A number, or "nan", "inf", "-inf", "-0".
struct TorchNumber: Decodable {
    let value: Double
    /// The exact value, if it is a whole number.
    let whole: Int?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        whole = try? container.decode(Int.self)
        if let number = try? container.decode(Double.self) { value = number } else {
            value = switch try container.decode(String.self) {
            case "inf": .infinity
            case "-inf": -.infinity
            case "-0": -0.0
            default: .nan
            }
        }
    }
}

/// An argument of PyTorch's operation that is no tensor.
indirect enum TorchAttribute: Decodable {
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([TorchAttribute])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) { self = .flag(flag) }
        else if let number = try? container.decode(Double.self) { self = .number(number) }
        else if let text = try? container.decode(String.self) { self = .text(text) }
        else { self = .list(try container.decode([TorchAttribute].self)) }
    }

    /// The attribute as a script writes it.
    var value: Value {
        switch self {
        case .flag(let flag): .boolean(flag)
        case .number(let number): Int(exactly: number).map { .integer($0) } ?? .number(number)
        case .text(let text): .string(text)
        case .list(let list): .sequence(list.map(\.value))
        }
    }

    /// The order of a norm: a number, "inf" or "-inf".
    var exponent: Value {
        guard case .text(let text) = self else { return value }
        return .number(text == "inf" ? .infinity : -.infinity)
    }

    /// A dimension or index counted from 0, or a list of them, counted from 1; negative ones stay.
    var counted: Value {
        switch self {
        case .number(let number): .integer(Int(number) + (number >= 0 ? 1 : 0))
        case .list(let list): .sequence(list.map(\.counted))
        default: value
        }
    }
}
