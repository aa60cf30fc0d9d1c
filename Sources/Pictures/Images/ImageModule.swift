import Scripting
import Tensors

/// Pictures: PNG files, contact sheets, and pictures in the terminal.
public struct ImageModule: ScriptModule {
    public init() {}

    public let name = "image"
    public let summary = """
        Pictures as tensors of shape (H, W) for grey or (3, H, W) for colour, values from 0 (black) to 1 (white): \
        PNG files, contact sheets, and pictures shown in the terminal.
        """

    /// The catalogue: a new function is one file and one line here.
    public let functions: [NativeFunction] = [imageLoad, imageSave, imageGrid, imageShow, imageRender]
}

extension Arguments {
    /// Pictures given as a table of tensors, or as one tensor: a picture, or a batch of them.
    /// - Parameter batch: whether a tensor of three dimensions is a batch of grey pictures even if it could be one
    ///   picture in colour.
    func pictures(_ position: Int, _ name: String, batch: Bool) throws -> [Tensor] {
        switch self[position] {
        case .object(let object):
            guard let variable = object as? Variable else { break }
            let value = variable.value
            let isBatch = value.rank == 4 || (batch && value.rank == 3)
            guard isBatch else { return [value] }
            return try Shape.positions(value.shape[0], for: function).map { try value.select(0, $0, for: function) }
        case .table(let table):
            return try table.elements().enumerated().map { index, element in
                guard case .object(let object) = element, let variable = object as? Variable else {
                    throw ScriptError(
                        function,
                        "argument \(position) (\(name)): element \(index + 1): a tensor expected, got \(element.shown)")
                }
                return variable.value
            }
        default: break
        }
        throw error(position, name, expected: "a tensor or a table of tensors")
    }
}

extension Options {
    /// The option `captions`: a string for one picture, or a list of strings.
    func captions() throws -> [String] {
        switch self["captions"] {
        case .none: return []
        case .string(let text): return [text.text]
        case .table(let table):
            return try table.elements().enumerated().map { index, element in
                switch element {
                case .string(let text): return text.text
                case .integer(let number): return String(number)
                default:
                    throw ScriptError(
                        function, "option captions: element \(index + 1): a string expected, got \(element.shown)")
                }
            }
        default: throw error("captions", expected: "a string or a list of strings")
        }
    }
}
