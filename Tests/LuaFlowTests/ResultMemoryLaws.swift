import LuaFlow
import Testing

/// Writing into a result changes no argument and no other result, and is allowed: for every transform of functions,
/// also with functions that return their argument, and for both directions of flows that are the identity.
@Suite(.ownTime(minutes: 10)) struct ResultMemoryLaws {
    /// Calls f with tensors, overwrites its results one by one, and returns what else changed.
    private static let prelude = """
        local function changed(f, ...)
          local arguments, before = table.pack(...), {}
          for i, a in ipairs(arguments) do before[i] = a.data:clone() end
          local results, kept, faults = {}, {}, {}
          for _, r in ipairs(table.pack(f(...))) do if type(r) == "userdata" then results[#results + 1] = r end end
          for i, r in ipairs(results) do kept[i] = r.data:clone() end
          local function look(what, tensors, numbers, but)
            for i, t in ipairs(tensors) do
              if t ~= but and t.data:ne(numbers[i]):sum():item() > 0 then faults[#faults + 1] = what .. " " .. i t.data:copy_(numbers[i]) end
            end
          end
          for i, r in ipairs(results) do
            if not pcall(function() r.data:fill_(77) end) then faults[#faults + 1] = "cannot write result " .. i end
            look("argument", arguments, before)
            look("result", results, kept, r)
            pcall(function() r.data:copy_(kept[i]) end)
          end
          return table.concat(faults, ", ")
        end

        """

    private func faults(_ code: String) throws -> String {
        guard case .string(let text)? = try ContractTests.host().run(code: ResultMemoryLaws.prelude + code).first else {
            return "no answer"
        }
        return text.text
    }

    /// Functions of x; K is a tensor that the function refers to.
    private static let functions = [
        "x", "-x", "x * 1", "x:clone()", "x:reshape(-1)", "x:t()", "x:detach()", "x:double()", "x:float()",
        "tensor.cat{x:reshape(-1)}", "x:exp()", "K",
        "x:expand(2, -1, -1)",
    ]
    private static let scalars = [
        "x:sum()", "x:prod()", "x:max()", "(x * x):sum()", "(x * 0):sum()", "K:sum()", "x[1][1]",
    ]

    /// Calls of transforms on f, x, a cotangent v of f(x) and a direction d.
    private static let ofAny = [
        "autodiff.vjp(f, x, v)", "autodiff.vjp(f, x, v, {create_graph = true})", "autodiff.jvp(f, x, d)",
        "autodiff.jvp(f, x, d, {create_graph = true})",
        "autodiff.jacobian(f, x)",
    ]
    private static let ofNumbers = [
        "autodiff.vjp(f, x)", "autodiff.grad(f, x)", "autodiff.grad(f, x, {create_graph = true})",
        "autodiff.value_and_grad(f, x)", "autodiff.hvp(f, x, d)",
        "autodiff.hessian(f, x)",
    ]

    @Test(arguments: ["{1, 1}", "{1, 2}", "{2, 2}"]) func transformsOfFunctions(shape: String) throws {
        let calls = ResultMemoryLaws.ofAny.map { ($0, ResultMemoryLaws.functions + ResultMemoryLaws.scalars) }
            + ResultMemoryLaws.ofNumbers.map { ($0, ResultMemoryLaws.scalars) }
        for (call, functions) in calls {
            for function in functions {
                for (dtype, requires) in [("float32", false), ("float64", false), ("float64", true)] {
                    let found = try faults("""
                        local x, K = tensor.full(\(shape), 2, {dtype = "\(dtype)", requires_grad = \(requires)}), tensor.full(\(shape), 3, {dtype = "\(dtype)"})
                        local function f(x) return \(function) end
                        local v, d = tensor.full(f(x).shape, 5, {dtype = "\(dtype)"}), tensor.full(x.shape, 7, {dtype = "\(dtype)"})
                        return changed(function(x, v, d, K) return \(call) end, x, v, d, K)
                        """)
                    #expect(found == "", "\(call) of \(function), \(shape), \(dtype)")
                }
            }
        }
    }

    /// Two gradients that have the same numbers must not share memory.
    @Test func gradientsByTwoArguments() throws {
        let call = "autodiff.grad(function(a, b) return (a + b):sum() end, a, b, {argnums = {1, 2}})"
        #expect(try faults("return changed(function(a, b) return \(call) end, tensor{1, 2}, tensor{3, 4})") == "")
        #expect(
            try faults("local x = tensor{1, 2} return changed(function(a) local b = a return \(call) end, x)") == "")
    }

    private static let transforms = [
        "flow.Scaling{0, 0}", "flow.Scaling(tensor.zeros(2))",
        "flow.Transform{to_latent = function(x) return x, 0 end, to_data = function(z) return z, 0 end}",
        """
        flow.Transform{to_latent = function(x) return x * 1, x:sum(2) end, to_data = function(z) \
        return z:reshape(z.shape), tensor(0, {dtype = z.dtype}) end}
        """,
    ]

    @Test(arguments: ["{2}", "{1, 2}", "{3, 2}"]) func flowsThatChangeNothing(shape: String) throws {
        let flows =
            ["flow.Flow('normal', {}, {dim = 2})"]
            + ResultMemoryLaws.transforms.map { "flow.Flow('normal', {\($0)}, {dim = 2})" }
        for made in ResultMemoryLaws.transforms + flows {
            for direction in ["to_latent", "to_data"] {
                for dtype in ["float32", "float64"] {
                    let found = try faults(
                        """
                        return changed(function(x) return \(made):\(direction)(x) end, tensor.full(\(shape), 2, \
                        {dtype = '\(dtype)'}))
                        """
                    )
                    #expect(found == "", "\(made):\(direction), \(shape), \(dtype)")
                }
            }
        }
    }
}
