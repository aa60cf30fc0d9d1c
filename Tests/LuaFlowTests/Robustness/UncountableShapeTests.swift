import LuaFlow
import Testing

/// Tensors without elements take no memory, however many rows their shape has; no operation may loop over those rows,
/// or overflow when counting them.
@Suite(.ownTime(minutes: 10)) struct UncountableShapeTests {
    static let shapes = ["math.maxinteger, 0", "0, math.maxinteger", "1 << 40, 0, 1 << 20", "math.maxinteger, 0, 0"]
    static let arguments = [
        "", "1", "2", "-1", "x", "x, 1", "1, x", "x, x", "{x, x}", "{x, x}, 2", "x, 1, x", "1, 2", "math.mininteger, 2",
        "1, 1, 1",
    ]

    @Test(arguments: shapes) func everythingTakesThem(shape: String) throws {
        let scratch = try Scratch()
        let watched = try WatchedHost(files: scratch.url.path, memoryLimit: 512 << 20)
        let interpreter = watched.host.interpreter
        // A call takes far less than this limit unless it loops over the rows.
        interpreter.timeLimit = .seconds(60)
        for callable in Callable.all where !callable.name.hasPrefix("host.") {
            for call in calls(of: callable) {
                for gradient in ["", ":requires_grad_()"] {
                    let code = """
                        local x = tensor.zeros(\(shape))\(gradient)
                        local y = \(call)
                        pcall(function() y:sum():backward() end)
                        """
                    let error = try watched.error(code)
                    #expect(error?.kind != .timeLimit && error?.kind != .syntax, "\(code)\n\(error?.message ?? "")")
                }
            }
        }
        interpreter.timeLimit = nil
        watched.expectSane("after \(shape)")
    }

    private func calls(of callable: Callable) -> [String] {
        switch callable.form {
        case .function(let path): Self.arguments.map { "\(path)(\($0))" }
        case .method("tensor", let name): Self.arguments.map { "x:\(name)(\($0))" }
        case .method(let type, let name):
            (RandomLua.objects[type] ?? []).flatMap { object in
                ["x", "x, 1", "x, x"].map { "(\(object)):\(name)(\($0))" }
            }
        case .property("tensor", let name): ["x.\(name)"]
        case .operation("tensor", let key): [operation(key)].compactMap(\.self)
        case .property, .setter, .operation: []
        }
    }

    private func operation(_ key: Operator) -> String? {
        switch key {
        case .add: "x + x"
        case .subtract: "x - 1"
        case .multiply: "2 * x"
        case .divide: "x / x"
        case .floorDivide: "x // 2"
        case .modulo: "x % 2"
        case .power: "x ^ 2"
        case .negate: "-x"
        case .length: "#x"
        case .equal: "x == x"
        case .less: "x < x"
        case .lessOrEqual: "x <= 1"
        case .describe: "tostring(x)"
        case .index: "x[{1}]"
        case .call, .concatenate, .newindex, .close, .member: nil
        }
    }
}
