import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// A view that was taken before a recorded value was written into its memory holds numbers without their history. Every
/// operation that would lose their gradient must raise an error.
@Suite struct StaleViewTests {
    private static let refusal = "take the view again"

    /// A view with x's numbers but without x's history.
    private func staleView(of x: Variable) throws -> Variable {
        let canvas = Variable(try Tensor.zeros([2] + x.shape, .float64))
        let view = try canvas.select(0, 0)
        try canvas.assign(.integer(1), .object(x))
        return view
    }

    @Test func noOperationReadsAStaleView() throws {
        for operation in catalogue {
            for law in operation.cases {
                for place in law.inputs.indices {
                    var inputs = try law.points()
                    try inputs[place].setRequiresGrad(true)
                    inputs[place] = try staleView(of: inputs[place])
                    let fault = try message { _ = try law.apply(inputs) }
                    #expect(
                        fault?.contains(Self.refusal) == true,
                        "\(law.label), input \(place + 1): \(fault ?? "no error")")
                }
            }
        }
    }

    /// Writes as scripts make them: `row` is a view taken too early, `out` a plain matrix.
    private static let writes = [
        "out[1] = row", "out[-1] = row", "out[{1}] = row", "out[{{}}] = row", "out[{{1, 2}, {}}] = row",
        "out[{{}, 2}] = row",
        "out:copy_(row)", "out[1]:copy_(row)", "out:view(4)[{{1, 2}}] = row", "out:t():copy_(row)",
        "out[2][1] = row[1]",
        "out[out:eq(0)] = row[1]", "out[{1, {}}] = row:clone()", "t[2] = row", "t[2]:copy_(row)",
        "row[1] = row[2]", "out.data:copy_(row)",
    ]
    /// Operations that read the stale view `row`.
    private static let uses = [
        "return row * 2", "return 2 - row", "return -row", "return row ^ 2", "return #(row + out)",
        "return row:clone()", "return row[1]",
        "return row[{{1}}]", "return row:reshape(2, 1)", "return tensor.cat({out[1], row})",
        "return tensor.stack({row, row})",
        "return out:where(out:eq(0), row)", "return row:where(out:eq(0), out)",
        "return out:masked_fill(out:eq(0), row[1])",
        "return row:requires_grad_(true)", "row.requires_grad = true", "return row:sum()", "return out:matmul(row)",
        "return out:linear(out, row)", "return autodiff.grad(function(x) return (x * x):sum() end)(row)",
        "return autodiff.value_and_grad(function(x) return (x * x):sum() end, row)",
        "return autodiff.vjp(function(x) return x * x end, row, row)",
        "return autodiff.jvp(function(x) return x * x end, row, out[1])",
        "return autodiff.jvp(function(x) return x * x end, out[1], row)",
        "return autodiff.hvp(function(x) return (x ^ 3):sum() end, row, out[1])",
        "return autodiff.jacobian(function(x) return x * x end, row)",
        "return autodiff.hessian(function(x) return (x ^ 3):sum() end, row)",
        "return autodiff.grad(function(x) return (x * row):sum() end)(out[1])",
        "for a in row:split(1)[1]:tolist() do end",
    ]

    private func scripts() throws -> Scripts {
        try Scripts(modules: [TensorModule(), AutodiffModule(), RandomModule()])
    }

    /// Ways in which a stale view arises: each makes a tensor t and a stale row of two numbers that are x's.
    private static let beginnings = [
        "local t = D{{0, 0}, {0, 0}}; local row = t[1]; t[1] = x",
        "local t = D{{0, 0}, {0, 0}}; local row = t[{1, {}}]; t:copy_(x)",
        "local t = D{{0, 0}, {0, 0}}; local row = t:view(4)[{{1, 2}}]; t[{{}, {}}] = x",
        "local t = D{{0, 0}, {0, 0}}; local row = t.data[1]; t[t:eq(0)] = tensor.cat({x, x})",
        "local t = D{{0, 0}, {0, 0}}; local row = t:t():t()[1]; t:add_(x)",
        "local t = D{{0, 0}, {0, 0}}; local row = t:detach()[1]; local other = t:view(4); other[{{1, 2}}] = x",
        "local t = D{0, 0}; local row = t:reshape(1, 2)[1]; t:copy_(x); t = tensor.stack({t, t})",
    ]

    private static let setting = """
        local function D(t) return tensor(t, {dtype = "float64"}) end
        local x = D{3, 5}:requires_grad_(true)
        local out = D{{0, 0}, {0, 0}}
        """

    @Test func everyFormOfScriptsIsRefused() throws {
        let scripts = try scripts()
        for beginning in Self.beginnings {
            for use in Self.writes + Self.uses {
                let message = try scripts.message("\(Self.setting)\n\(beginning)\n\(use)")
                #expect(message.contains(Self.refusal), "\(beginning); \(use): \(message)")
            }
        }
    }

    @Test func everyMethodInPlaceIsRefused() throws {
        let scripts = try scripts()
        for operation in Operation.catalogue {
            // Comparisons have no gradient, so they may read a stale view.
            guard let form = operation.inPlace, !["eq", "ne", "lt", "le", "gt", "ge"].contains(operation.name) else {
                continue
            }
            // In place on the view, and with the view as the other operand.
            var calls = ["row:\(operation.name)_(\(form.example))"]
            if form.parameters == "y" {
                calls += [
                    "out:\(operation.name)_(row)", "out[1]:\(operation.name)_(row)", "row:\(operation.name)_(row)",
                ]
            }
            for call in calls where form.example.isEmpty || !form.example.hasPrefix("tensor") {
                let message = try scripts.message("\(Self.setting)\n\(Self.beginnings[0])\n\(call)")
                #expect(message.contains(Self.refusal), "\(call): \(message)")
            }
        }
    }

    /// A write into a stale view makes using the recorded tensor an error with an explanation.
    @Test func writesThroughAStaleViewAreSeen() throws {
        for write in [
            "row[1] = 7", "row:fill_(7)", "row:zero_()", "row:copy_(out[1])", "row:normal_()", "row.data = out[1]",
        ] {
            let message = try scripts().message("\(Self.setting)\n\(Self.beginnings[0])\n\(write)\nreturn t * 2")
            #expect(message.contains("overwritten in place"), "\(write): \(message)")
        }
    }

    @Test func takenAgainTheViewIsRight() throws {
        let scripts = try scripts()
        for write in Self.writes
        where !write.hasPrefix("row") && !write.contains(":copy_(") && !write.contains("view(4)")
            && !write.contains("[2][1]")
        {
            let numbers = try scripts.numbers(
                """
                \(Self.setting)
                \(Self.beginnings[0])
                row = t[1]
                \(write); (out:sum() + t[2]:sum()):backward()
                return x.grad:tolist()
                """
            )
            #expect(numbers.contains { $0 > 0 }, "\(write): \(numbers)")
        }
        #expect(
            try scripts.numbers(
                """
                \(Self.setting)
                \(Self.beginnings[0])
                row = t[1]
                out[1] = row; (out * D{{2, 3}, {1, 1}}):sum():backward()
                return x.grad:tolist()
                """
            ) == [2, 3])
    }
}
