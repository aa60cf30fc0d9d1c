import Autodiff
import LuaFlow

/// Tensors at the prompt: all numbers if they fit the screen, else the edges.
package enum TensorText {
    /// More lines are too many for an answer.
    private static let mostLines = 24

    package static func whole(_ x: Variable, columns: Int) throws -> String {
        let all = try TensorDescription.describe(x)
        let lines = all.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.count <= mostLines, lines.allSatisfy({ $0.utf8.count <= columns }) { return all }
        if x.shape.count <= 1, all.utf8.count <= 10 * columns { return all }
        // Wide numbers leave room for fewer of them.
        for edge in (1...TensorDescription.edge).reversed() {
            let edges = try TensorDescription.describe(x, limit: 0, edge: edge)
            if edge == 1 || numbersFit(edges, columns) { return edges }
        }
        return all
    }

    /// Whether no row of numbers is too wide; what follows the last one may go on the next line.
    private static func numbersFit(_ text: String, _ columns: Int) -> Bool {
        text.split(separator: "\n").allSatisfy { row in
            // One column more, as a parenthesis closes the tensor after the last row.
            (row.lastIndex(of: "}").map { row[...$0] } ?? row).utf8.count < columns
        }
    }

    /// A description on one line.
    package static func brief(_ x: Variable) -> String {
        if x.value.count == 1, let number = try? x.value.scalar() {
            let type = x.dtype.isFloating ? "" : " \(x.dtype.rawValue)"
            return "tensor \(Shape.describe(x.shape))\(type) of \(Inspector.number(number))"
        }
        return "tensor \(Shape.describe(x.shape)) \(x.dtype.rawValue)"
    }
}
