import Autodiff
import LuaFlow
import Scripting
import Tensors
import Testing

/// The dtype of an operation's result, for every operation of the catalogue and every dtype of its operand; and that no
/// result shares memory with an operand unless the documentation says so.
@Suite(.ownTime(minutes: 10)) struct DTypeLaws {
    /// How the dtype of a result follows from that of x.
    enum Rule: Sendable {
        /// int64 and bool give float32: floating-point functions.
        case floating
        /// int64 and bool give int64: counts and sums.
        case counted
        /// The dtype of x: operations that move or select elements.
        case kept
        case always(DType)
        /// int64 and bool are refused, with a hint at a conversion.
        case refused

        func type(of x: DType) -> DType? {
            switch self {
            case .floating: x.computing
            case .counted: x.isFloating ? x : .int64
            case .kept: x
            case .always(let dtype): dtype
            case .refused: x.isFloating ? x : nil
            }
        }
    }

    /// A call on a matrix x (A is a regular matrix made of it), and the rules of its results' dtypes.
    struct Call: Sendable, CustomTestStringConvertible {
        let operation: String
        let code: String
        let rules: [Rule]
        var testDescription: String { code }
    }

    private static func calls(_ rules: [Rule], _ codes: String...) -> [Call] {
        codes.map { code in
            // The operation's name is what precedes an @.
            let name = code.split(separator: "@")[0]
            return Call(operation: String(name), code: String(code.dropFirst(name.count + 1)), rules: rules)
        }
    }

    /// The calls below; every elementwise operation of one tensor that is not among them is taken to be a
    /// floating-point function.
    static let all: [Call] = {
        let listed = groups.flatMap { $0 }
        let named = Set(listed.map(\.operation))
        let unary = Operation.catalogue.filter { $0.inPlace?.parameters == "" && !named.contains($0.name) }
        return listed + unary.flatMap { calls([.floating], "\($0.name)@x:\($0.name)()") }
    }()

    private static let groups: [[Call]] = [
        calls(
            [.counted], "add@x:add(x)", "add@x + 1", "add@2 + x", "sub@x:sub(x)", "sub@1 - x", "mul@x:mul(x)",
            "mul@x * 3", "pow@x:pow(2)", "pow@x ^ x"),
        calls([.counted], "neg@-x", "neg@x:neg()", "relu@x:relu()", "abs@x:abs()"),
        calls(
            [.counted], "floor_divide@x // x", "floor_divide@x // 2", "floor_divide@7 // x", "remainder@x % x",
            "remainder@x % 2", "remainder@7 % x",
            "fmod@x:fmod(x)", "fmod@x:fmod(2)", "cumprod@x:cumprod(2)", "trace@x:trace()",
            "bmm@x:reshape(1, 2, 2):bmm(x:reshape(1, 2, 2))",
            "einsum@tensor.einsum('ij,jk', x, x)", "einsum@tensor.einsum('ij->', x)",
            "einsum@tensor.einsum('i,j', x[1], x[1])",
            "scatter_add@x:scatter_add(1, tensor.ones(x.shape), x)"),
        calls(
            [.floating], "floor_divide@x // 0.5", "remainder@x % 0.5", "fmod@x:fmod(0.5)", "atan2@x:atan2(x)",
            "atan2@x:atan2(2)"),
        calls(
            [.floating], "quantile@x:quantile(0.5)", "quantile@x:quantile({0, 1}, 2)",
            "quantile@x:quantile(0, 1, true)", "log_softmax@x:log_softmax(1)"),
        calls(
            [.kept], "median@x:median()", "scatter@x:scatter(1, tensor.ones(x.shape), x)",
            "scatter@x:scatter(1, tensor.ones(x.shape), 1)"),
        calls([.kept, .always(.int64)], "median@x:median(1)", "median@x:median(2, true)"),
        calls([.kept, .kept], "meshgrid@tensor.meshgrid(x[1], x[1])"),
        calls(
            [.kept], "meshgrid@tensor.meshgrid(x[1])", "einsum@tensor.einsum('ij->ji', x)",
            "einsum@tensor.einsum('ii->i', x)", "einsum@tensor.einsum('...', x)"),
        calls(
            [.floating], "pinv@x:pinv()", "solve_triangular@A:solve_triangular(x, {upper = true})",
            "solve_triangular@A:solve_triangular(x[1], {upper = false})"),
        calls([.floating, .floating, .always(.int64), .floating], "lstsq@x:lstsq(x)", "lstsq@A:lstsq(x)"),
        calls([.kept], "sign@x:sign()", "floor@x:floor()", "round@x:round()"),
        calls(
            [.floating], "add@x + 0.5", "sub@0.5 - x", "mul@x * 0.5", "div@x / x", "div@x / 2", "div@1 / x",
            "pow@x ^ 0.5"),
        calls([.always(.bool)], "eq@x:eq(x)", "ne@x:ne(1)", "lt@x:lt(0.5)", "le@x:le(x)", "gt@x:gt(1)", "ge@x:ge(x)"),
        calls([.kept], "maximum@x:maximum(x)", "minimum@x:minimum(x)"),
        calls(
            [.counted], "maximum@x:maximum(1)", "minimum@x:minimum(1)", "clamp@x:clamp(0, 10)",
            "clamp@x:clamp{min = 0}", "clamp@x:clamp(x, x + 1)"),
        calls([.floating], "clamp@x:clamp(0.25, 0.75)", "maximum@x:maximum(0.5)"),
        calls(
            [.kept], "where@x:where(x:gt(0), x)", "masked_fill@x:masked_fill(x:gt(2), 1)",
            "masked_fill@x:masked_fill(x:gt(2), x[1][1])"),
        calls(
            [.counted], "where@x:where(x:gt(0), 1)", "sum@x:sum()", "sum@x:sum(1)", "sum@x:sum(2, true)",
            "prod@x:prod()", "prod@x:prod(2)", "cumsum@x:cumsum(1)"),
        calls(
            [.floating], "where@x:where(x:gt(0), 0.5)", "mean@x:mean()", "mean@x:mean(1)", "logsumexp@x:logsumexp()",
            "logsumexp@x:logsumexp(1)", "softmax@x:softmax(1)"),
        calls(
            [.floating], "norm@x:norm()", "norm@x:norm{p = 1}", "norm@x:norm{p = 0}", "norm@x:norm{p = 3}",
            "norm@x:norm{p = math.huge}"),
        calls([.refused], "var@x:var()", "std@x:std(1)"),
        calls([.kept], "max@x:max()", "min@x:min()"),
        calls(
            [.kept, .always(.int64)], "max@x:max(1)", "min@x:min(2, true)", "sort@x:sort()", "sort@x:sort(1, true)",
            "topk@x:topk(1)", "topk@x:topk(1, 1, false)"),
        calls([.always(.int64)], "argmax@x:argmax()", "argmax@x:argmax(1)", "argmin@x:argmin(2, true)"),
        calls(
            [.kept], "reshape@x:reshape(-1)", "view@x:view(x.shape)", "permute@x:permute(2, 1)",
            "transpose@x:transpose(1, 2)", "t@x:t()",
            "flatten@x:flatten()", "squeeze@x:squeeze()", "unsqueeze@x:unsqueeze(1)", "expand@x:expand(3, -1, -1)",
            "clone@x:clone()",
            "contiguous@x:contiguous()", "contiguous@x:t():contiguous()"),
        calls([.always(.float64)], "to@x:to('float64')", "double@x:double()"),
        calls([.always(.float32)], "to@x:to('float32')", "float@x:float()"),
        calls([.always(.int64)], "to@x:to('int64')", "long@x:long()"),
        calls([.always(.bool)], "to@x:to('bool')", "bool@x:bool()"),
        calls(
            [.kept], "cat@tensor.cat({x, x})", "cat@tensor.cat({x})", "stack@tensor.stack({x})",
            "stack@tensor.stack({x, x}, 3)", "split@x:split(1)[1]",
            "chunk@x:chunk(2)[1]", "gather@x:gather(1, tensor.ones(x.shape, {dtype = 'int64'}))",
            "index_select@x:index_select(1, {1, 1})",
            "masked_select@x:masked_select(x:gt(0))", "flip@x:flip(1)", "roll@x:roll(1)", "roll@x:roll(0, 1)",
            "tril@x:tril()", "triu@x:triu(1)", "diag@x:diag()",
            "diag@x[1]:diag()"),
        calls(
            [.counted], "matmul@x:matmul(x:t())", "mv@x:mv(x[1])", "dot@x[1]:dot(x[1])", "outer@x[1]:outer(x[1])",
            "linear@x:linear(x)"),
        calls([.floating], "conv2d@x:reshape(1, 1, -1, 1):conv2d(tensor.ones(1, 1, 1, 1, {dtype = x.dtype}))"),
        calls([.floating], "inverse@A:inverse()", "solve@A:solve(x)", "det@A:det()", "cholesky@A:cholesky()"),
        calls([.floating, .floating], "slogdet@A:slogdet()", "qr@A:qr()", "eigh@A:eigh()"),
        calls([.floating, .floating, .floating], "lu@A:lu()", "svd@A:svd()"),
    ]

    @Test func everyOperationIsCalled() {
        let missing = Set(Operation.catalogue.map(\.name)).subtracting(DTypeLaws.all.map(\.operation))
        #expect(missing.isEmpty, "no call of \(missing.sorted())")
        let unknown = Set(DTypeLaws.all.map(\.operation)).subtracting(Operation.catalogue.map(\.name))
        #expect(unknown.isEmpty, "no operation \(unknown.sorted())")
    }

    @Test(arguments: DType.computed) func resultsHaveTheirType(dtype: DType) throws {
        let host = try ContractTests.host()
        for call in DTypeLaws.all {
            let expected = call.rules.map { $0.type(of: dtype)?.rawValue ?? "error" }.joined(separator: " ")
            let got = try host.run(
                code: """
                    local x = tensor({{1, 2}, {3, 1}}):to("\(dtype.rawValue)")
                    local A = x:matmul(x:t()) + tensor.eye(2, {dtype = x.dtype})
                    local results = table.pack(pcall(function() return \(call.code) end))
                    if not results[1] then return tostring(results[2]):find('to("float32")', 1, true) and "error" or results[2] end
                    local types = {}
                    for i = 2, results.n do types[i - 1] = results[i].dtype end
                    return table.concat(types, " ")
                    """
            ).first
            guard case .string(let types)? = got else {
                Issue.record("\(call.code) of \(dtype.rawValue): \(String(describing: got))"); continue
            }
            #expect(types.text == expected, "\(call.code) of \(dtype.rawValue)")
        }
    }

    /// Calls with two tensors, and the rule that gives the result's dtype from the operands' common dtype.
    static let joining: [(code: String, rule: Rule)] = [
        ("x + y", .counted), ("x - y", .counted), ("x * y", .counted), ("x ^ y", .counted), ("x / y", .floating),
        ("x:maximum(y)", .kept),
        ("x:minimum(y)", .kept), ("x:clamp(y, y)", .kept), ("x:where(x:gt(0), y)", .kept),
        ("tensor.cat({x, y})", .kept), ("tensor.stack({x, y})", .kept),
        ("x:matmul(y)", .counted), ("x:mv(y[1])", .counted), ("x[1]:dot(y[1])", .counted),
        ("x[1]:outer(y[1])", .counted), ("x:linear(y)", .counted),
        ("x:linear(x, y[1])", .counted), ("x:solve(y)", .floating), ("x:eq(y)", .always(.bool)),
        ("x:lt(y)", .always(.bool)),
        ("x:reshape(1, 1, 2, 2):conv2d(y:reshape(1, 1, 2, 2))", .floating), ("x // (y + 1)", .counted),
        ("x % (y + 1)", .counted), ("x:fmod(y + 1)", .counted),
        ("x:atan2(y)", .floating), ("tensor.einsum('ij,jk', x, y)", .counted),
        ("x:scatter(1, tensor.ones(2, 2), y)", .kept),
        ("x:scatter_add(1, tensor.ones(2, 2), y)", .counted), ("x:lstsq(y)", .floating),
        ("x:solve_triangular(y, {upper = true})", .floating),
    ]

    @Test(arguments: joining.map(\.code)) func mixedTypesJoin(code: String) throws {
        let host = try ContractTests.host()
        let rule = DTypeLaws.joining.first { $0.code == code }?.rule ?? .kept
        for a in DType.computed {
            for b in DType.computed {
                let result = try host.run(
                    code: """
                        local x = tensor({{1, 0}, {1, 1}}):to("\(a.rawValue)")
                        local y = tensor({{1, 1}, {0, 1}}):to("\(b.rawValue)")
                        return (\(code)).dtype
                        """
                ).first
                guard case .string(let dtype)? = result else {
                    Issue.record("\(code): \(String(describing: result))"); continue
                }
                #expect(
                    dtype.text == rule.type(of: a.joined(with: b))?.rawValue,
                    "\(code) of \(a.rawValue) and \(b.rawValue)")
            }
        }
    }

    /// Shapes for which some operations have nothing to do, and might return their operand.
    static let shapes = ["{1, 1}", "{2, 1}", "{1, 2}", "{2, 2}"]

    @Test(arguments: shapes) func noResultSharesMemoryUnlessItSaysSo(shape: String) throws {
        let host = try ContractTests.host()
        for call in DTypeLaws.all {
            for dtype in DType.computed {
                let changed = try host.run(code: """
                    local x = tensor.ones(\(shape), {dtype = "\(dtype.rawValue)"})
                    local A = x:matmul(x:t()) + tensor.eye(#x, {dtype = x.dtype})
                    local results = table.pack(pcall(function() return \(call.code) end))
                    for i = 2, results[1] and results.n or 0 do
                      if type(results[i]) == "userdata" then pcall(function() results[i]:zero_() end) end
                    end
                    return x:ne(1):sum():item() > 0
                    """).first
                guard case .boolean(true)? = changed else { continue }
                let summary =
                    Operation.catalogue.first { $0.name == call.operation }?.function.documentation.summary.lowercased()
                    ?? ""
                #expect(
                    ["view", "itself", "as it is", "shares"].contains { summary.contains($0) },
                    """
                    \(call.code) of shape \(shape), \(dtype.rawValue), shares memory, and its documentation does not \
                    say so
                    """
                )
            }
        }
    }
}
