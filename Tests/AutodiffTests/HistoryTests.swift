import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// A transform that is not inside another transform keeps no graph: a loop around it costs the same at every turn,
/// although the function reads parameters. Where a script then differentiates through the omitted graph, there is an
/// error, never a silent 0.
@Suite struct HistoryTests {
    /// The bytes of tensors and of the tape after a few and after many turns of the body.
    private func growth(turns: Int = 200, _ body: (Variable) throws -> Variable) throws -> (early: Int, late: Int) {
        let memory = NativeMemory()
        return try NativeMemory.$current.withValue(memory) {
            var x = try vector(0.5, -1, 2)
            var early = 0
            for turn in 1...turns {
                x = try body(x)
                if turn == 10 { early = memory.liveBytes }
            }
            return (early, memory.liveBytes)
        }
    }

    @Test func noTransformsHistoryGrows() throws {
        let w = try leaf(0.3, 0.2, 0.1)
        let bowl: ([Variable]) throws -> [Variable] = { [try (w * $0[0] * $0[0]).sum()] }
        let bent: ([Variable]) throws -> [Variable] = { [try (w * $0[0]).sin()] }
        let ones = try vector(1, 1, 1)
        let steps: [(String, (Variable) throws -> Variable)] = [
            (
                "grad",
                { x in try Transform.valueAndGradient(of: bowl, at: [x], createGraph: false, for: "t").gradients[0] }
            ),
            (
                "value",
                { x in try Transform.valueAndGradient(of: bowl, at: [x], createGraph: false, for: "t").values[0] }
            ),
            ("vjp", { x in try Transform.vjp(of: bent, at: x, ones, createGraph: false, for: "t").product }),
            ("jvp", { x in try Transform.jvp(of: bent, at: x, ones, createGraph: false, for: "t").product }),
            ("jvp along x", { x in try Transform.jvp(of: bent, at: ones, x, createGraph: false, for: "t").product }),
            ("jacobian", { x in try Transform.jacobian(of: bent, at: x, createGraph: false, for: "t").sum([0]) }),
            ("hessian", { x in try Transform.hessian(of: bowl, at: x, createGraph: false, for: "t").sum([0]) }),
            ("hvp", { x in try Transform.hvp(of: bowl, at: x, ones, createGraph: false, for: "t").product }),
        ]
        for (name, slope) in steps {
            let plain = try growth { x in try x - slope(x) * 1e-3 }
            #expect(plain.early == plain.late, "\(name): \(plain)")
            // Gradient descent with momentum, with a projection, and with writes in place.
            var speed = try vector(0, 0, 0)
            let fast = try growth { x in
                speed = try speed * 0.9 + slope(x)
                let next = try (x - speed * 1e-3).clamp(-3, 3)
                try next.assign(.integer(1), .number(0.5))
                return next
            }
            #expect(fast.early == fast.late, "\(name) with momentum: \(fast)")
        }
    }

    /// The same from Lua, and from a starting point that is itself recorded.
    @Test func scriptsLoopWithoutHistory() throws {
        let scripts = try Scripts(modules: [TensorModule(), AutodiffModule(), RandomModule()])
        for start in ["D{0.5, -1}", "w * 2", "D{0.5, -1}:requires_grad_(true)"] {
            let result = try scripts.run(
                """
                local function D(t) return tensor(t, {dtype = "float64"}) end
                local w = D{0.3, 0.2}:requires_grad_(true)
                local g = autodiff.grad(function(x) return (w * x * x):sum() end)
                local x = \(start)
                x = x:detach() - 1e-3 * g(x)
                for _ = 1, 50 do x = x - 1e-3 * g(x) end
                return x.requires_grad, g(x).requires_grad, w.grad == nil
                """)
            #expect(result.map(\.shown) == ["false", "false", "true"], "\(start)")
        }
    }

    @Test func whatWasLeftOutIsNeverMissedInSilence() throws {
        let scripts = try Scripts(modules: [TensorModule(), AutodiffModule(), RandomModule()])
        let setting = """
            local function D(t) return tensor(t, {dtype = "float64"}) end
            local w, x = D{2}:requires_grad_(true), D{3}
            local f = function(x) return (w * x * x):sum() end
            local g = autodiff.grad(f, x)
            """
        for loss in [
            "g:sum()", "(g * g):sum()", "(w * g):sum()", "(w + g:clone():reshape(1)):sum()",
            "w:sum() + tensor.cat({g, g}):sum()",
            "(function() local t = D{0}; t[1] = g[1]; return (t * w):sum() end)()",
            "(function() local t = D{0}; t:copy_(g); return (t * w):sum() end)()",
            "(function() local t = D{0, 0}; t[2]:copy_(g[1]); return (t * w):sum() end)()",
            "(function() local t = D{0, 0}; local u = t:view(2, 1); u[2] = g; return (t * w):sum() end)()",
            "(function() local t = D{1}; t:add_(g); return (t * w):sum() end)()", "autodiff.value_and_grad(f, x)",
            "(function() local y = D{1}; for _ = 1, 3 do y = y - g end return f(y) end)()",
        ] {
            let message = try scripts.message("\(setting)\nlocal loss = \(loss)\nloss:backward()")
            #expect(message.contains("create_graph = true"), "\(loss): \(message)")
            // Detached, the gradient is a constant and may be used.
            let constant = try scripts.message(
                "\(setting)\ng = g:detach()\nlocal loss = \(loss) + w:sum()\nloss:backward()")
            #expect(constant == "no error" || loss.contains("value_and_grad"), "\(loss), detached: \(constant)")
        }
        #expect(
            try scripts.number(
                """
                \(setting)
                g = autodiff.grad(f, x, {create_graph = true}); (g * g):sum():backward()
                return w.grad:item()
                """
            ) == 144)
        #expect(
            try scripts.number(
                """
                \(setting)
                local _, g = autodiff.vjp(f, x, nil, {create_graph = true}); (g * g):sum():backward()
                return w.grad:item()
                """
            ) == 144)
        #expect(
            try scripts.number(
                """
                \(setting)
                local _, g = autodiff.hvp(f, x, D{1}, {create_graph = true}); (g * g):sum():backward()
                return w.grad:item()
                """
            ) == 16)
        // The missing history is forgotten where the tensor is overwritten entirely or detached.
        #expect(
            try scripts.number(
                "\(setting)\nlocal t = D{0}; t[1] = g[1]; t:zero_(); (t + w):sum():backward(); return w.grad:item()")
                == 1)
        #expect(
            try scripts.number(
                "\(setting)\nlocal t = D{0}; t[1] = g[1]; (t:detach() + w):sum():backward(); return w.grad:item()") == 1
        )
        // A tensor that is made a leaf is one, wherever its numbers came from.
        #expect(
            try scripts.number("\(setting)\ng:requires_grad_(true); (g * g):sum():backward()\nreturn g.grad:item()")
                == 24)
    }

    @Test func nestedTransformsStayJoined() throws {
        let scripts = try Scripts(modules: [TensorModule(), AutodiffModule(), RandomModule()])
        let setting = """
            local function D(t) return tensor(t, {dtype = "float64"}) end
            local w, x = D{2}:requires_grad_(true), D{3}
            """
        for (code, wanted) in [
            // d/dw (2 w x)^2 = 8 w x^2: the inner gradient is by x, the outer by w.
            (
                """
                autodiff.grad(function(w) local g = autodiff.grad(function(x) return (w * x * x):sum() end)(x) \
                return (g * g):sum() end)(w)
                """,
                144
            ),
            (
                """
                autodiff.grad(function(w) local g = autodiff.grad(function(x) return (w * x * x):sum() end)(x) \
                return (g * g):sum() end)(D{2})
                """,
                144
            ),
            // Three gradients: d^3/dx^3 of w x^4 is 24 w x.
            (
                """
                autodiff.grad(function(x) return autodiff.grad(function(x) return autodiff.grad(function(x) \
                return (w * x ^ 4):sum() end)(x):sum() end)(x):sum() end)(x)
                """,
                144
            ),
            // The point of the inner gradient depends on the outer argument: d/da of 2 w (a^2) is 4 w a.
            (
                """
                autodiff.grad(function(a) return autodiff.grad(function(x) \
                return (w * x * x):sum() end)(a * a):sum() end)(x)
                """,
                24
            ),
            // Differentiating through a step of descent: y = x - 0.1 (2 w x), so dy/dw = -0.2 x.
            (
                """
                autodiff.grad(function(w) return (x - 0.1 * autodiff.grad(function(x) \
                return (w * x * x):sum() end)(x)):sum() end)(w)
                """,
                -0.6
            ),
            ("autodiff.hessian(function(x) return (w * x ^ 3):sum() end)(x):sum()", 36),
            (
                """
                select(2, autodiff.jvp(function(a) return autodiff.grad(function(x) \
                return (w * x ^ 3):sum() end)(a) end, x, D{1}))
                """,
                36
            ),
            (
                """
                autodiff.grad(function(a) return select(2, autodiff.jvp(function(x) \
                return w * x ^ 3 end, a, D{1})):sum() end)(x)
                """,
                36
            ),
        ] {
            let found = try scripts.number("\(setting)\nlocal r = \(code)\nreturn r:sum():item()")
            #expect(abs(found - wanted) < 1e-12, "\(code): \(found), expected \(wanted)")
        }
    }
}
