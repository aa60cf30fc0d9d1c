import LuaFlow
import Testing

/// What lua-api says of int64 and bool tensors, as Lua assertions.
@Suite(.ownTime(minutes: 10)) struct DTypeTests {
    private static let prelude = """
        local function D(t) return tensor(t, {dtype = "float64"}) end
        local function I(t) return tensor(t, {dtype = "int64"}) end
        local function B(t) return tensor(t, {dtype = "bool"}) end
        local function same(x, numbers, dtype)
          assert(x.dtype == dtype, "dtype " .. x.dtype .. " where " .. dtype .. " is expected")
          local y = x:reshape(-1):tolist()
          assert(#y == #numbers, #y .. " elements where " .. #numbers .. " are expected")
          for i = 1, #y do
            assert(y[i] == numbers[i], "element " .. i .. " is " .. y[i] .. " where " .. numbers[i] .. " is expected")
            assert(dtype:find("float") or math.type(y[i]) == "integer", "an integer expected")
          end
        end

        """

    private func run(_ code: String) throws { try ContractTests.host().run(code: DTypeTests.prelude + code) }

    @Test(arguments: [
        """
        same(tensor{1, 2}, {1, 2}, 'float32') same(tensor{true, false}, {1, 0}, 'bool') same(tensor{true, 2}, {1, 2}, \
        'float32')
        """,
        """
        same(I{1, 2}, {1, 2}, 'int64') same(B{1, 0, true}, {1, 0, 1}, 'bool') \
        assert(not pcall(I, {0.5}) and not pcall(B, {2}))
        """,
        "same(tensor.zeros(2, {dtype = 'int64'}), {0, 0}, 'int64') same(tensor.ones(2, {dtype = 'bool'}), {1, 1}, 'bool')",
        """
        same(tensor.full({2}, 7, {dtype = 'int64'}), {7, 7}, 'int64') same(tensor.full({1}, true), {1}, 'bool') \
        assert(not pcall(tensor.full, {1}, 0.5, {dtype = 'int64'}))
        """,
        """
        same(tensor.arange(1, 3, 1, {dtype = 'int64'}), {1, 2, 3}, 'int64') same(tensor.arange(3, 1, -1, \
        {dtype = 'int64'}), {3, 2, 1}, 'int64')
        """,
        "same(tensor.arange(1, 3), {1, 2, 3}, 'float32') same(tensor.eye(2, {dtype = 'int64'}), {1, 0, 0, 1}, 'int64')",
        """
        same(tensor.linspace(0, 10, 4, {dtype = 'int64'}), {0, 3, 6, 10}, 'int64') same(tensor.ones_like(I{5}), {1}, \
        'int64') same(tensor.zeros_like(I{5}, {dtype = 'bool'}), {0}, 'bool')
        """,
        """
        assert(tensor.full({1}, 0.1, {dtype = 'float64'})[{1}] == 0.1 and tensor.full({1}, D(0.1))[{1}] == 0.1 \
        and tensor{D(0.1)}[{1}] == 0.1)
        """,
        """
        local big = (1 << 53) + 1 assert(tensor(big, {dtype = 'int64'}):item() == big and tensor.full({2}, big, \
        {dtype = 'int64'})[{2}] == big)
        """,
        """
        local big = (1 << 53) + 1 assert(tensor.arange(big, big + 1, 1, {dtype = 'int64'})[{1}] == big and I{big}[{1}] \
        == big)
        """,
        """
        same(tensor{I(1), I(2)}, {1, 2}, 'int64') same(tensor{B(true), B(false)}, {1, 0}, 'bool') same(tensor{I(3), \
        true}, {3, 1}, 'int64')
        """,
        """
        same(tensor{{I(1)}, {I(2)}}, {1, 2}, 'int64') same(tensor{I(3), 0.5}, {3, 0.5}, 'float32') same(tensor{I(3), \
        4}, {3, 4}, 'float32')
        """,
        """
        same(tensor{I(3), D(0.1)}, {3, 0.1}, 'float64') same(tensor{B(true), tensor(0.5)}, {1, 0.5}, \
        'float32') same(tensor{}, {}, 'float32')
        """,
        "local big = (1 << 53) + 1 assert(tensor{I(big), I(1)}[{1}] == big and tensor{{I(big), true}}[{1, 1}] == big)",
        """
        local x = tensor{3, 9, 4} same(tensor{x:argmax(), x:argmin()}, {2, 1}, 'int64') \
        same(x[tensor{x:argmax()}], {9}, 'float32')
        """,
    ]) func makersKnowTheTypes(code: String) throws { try run(code) }

    /// In a table of indices a scalar position, as argmax returns it, stands for a number; other tensors are refused
    /// there.
    @Test(arguments: [
        """
        local x = tensor{{1, 2}, {3, 4}} local i = x:sum(2):argmax() \
        assert(x[{i, 1}] == 3 and x[{-1, i}] == 4 and x[{{1, i}, 1}].shape[1] == 2)
        """,
        """
        local x = tensor{{1, 2}, {3, 4}} local i = x:sum(2):argmax() x[{i, {}}] = 0 \
        same(x, {1, 2, 0, 0}, 'float32') x[{i, I(1)}] = 5 assert(x[{2, 1}] == 5)
        """,
        """
        local ok, m = pcall(function() return tensor{{1, 2}}[{I{1}, 1}] end) \
        assert(not ok and m:find('index_select', 1, true), m)
        """,
        """
        local ok, m = pcall(function() return tensor{{1, 2}}[{tensor(1), 1}] end) \
        assert(not ok and m:find('float32', 1, true), m)
        """,
        """
        local ok, m = pcall(function() return tensor{{1, 2}}[{B(true), 1}] end) \
        assert(not ok and m:find('bool', 1, true), m)
        """,
        """
        local ok, m = pcall(function() tensor{{1, 2}}[{tensor{1, 2}:gt(1), 1}] = 0 end) \
        assert(not ok and m:find('bool', 1, true), m)
        """,
    ]) func positionsAmongIndices(code: String) throws { try run(code) }

    @Test(arguments: [
        """
        same(I{1, 2} + B{1, 0}, {2, 2}, 'int64') same(B{1, 1} + B{1, 0}, {2, 1}, 'int64') same(B{1, 0} + 1, {2, 1}, \
        'int64') same(I{1} + 0.5, {1.5}, 'float32')
        """,
        """
        same(1 - B{1, 0}, {0, 1}, 'int64') same(-B{1, 0}, {-1, 0}, 'int64') same(I{1} + tensor{0.5}, {1.5}, \
        'float32') same(I{1} + D{0.5}, {1.5}, 'float64')
        """,
        """
        same(I{7} / I{2}, {3.5}, 'float32') same(B{1} / 2, {0.5}, 'float32') same(D{1} * B{0}, {0}, \
        'float64') same(tensor{1.5} * 2, {3}, 'float32')
        """,
        """
        same(I{2} ^ 10, {1024}, 'int64') same(I{2, -1} ^ I{-1, -3}, {0, -1}, 'int64') same(I{4} ^ 0.5, {2}, 'float32') \
        assert(not pcall(function() return I{2} ^ -1 end))
        """,
        """
        same(2.0 * I{3}, {6}, 'int64') same(I{3} * 1e300, {math.huge}, 'float32') same(D{0.1} + 0.2, {0.1 + 0.2}, \
        'float64') same(D{1} + tensor{0.5}, {1.5}, 'float64')
        """,
        """
        same(I{1, 5}:maximum(3), {3, 5}, 'int64') same(B{1, 0}:maximum(B{0, 0}), {1, 0}, 'bool') same(I{1, 5}:clamp(2, \
        4), {2, 4}, 'int64') same(I{1, 5}:clamp(1.5, 4.5), {1.5, 4.5}, 'float32')
        """,
        """
        same(I{-3, 2}:abs(), {3, 2}, 'int64') same(I{-3, 0}:sign(), {-1, 0}, 'int64') same(I{0}:exp(), {1}, \
        'float32') same(B{1}:log(), {0}, 'float32')
        """,
        """
        local big = (1 << 53) + 1 same(I{big, -1}:sum(), {big - 1}, 'int64') same(I{big} * 1 + 0, {big}, 'int64') \
        same(I{math.maxinteger} + 1, {math.mininteger}, 'int64')
        """,
        """
        same(B{{1, 1}, {0, 1}}:sum(), {3}, 'int64') same(B{{1, 1}, {0, 1}}:sum(2), {2, 1}, 'int64') same(B{1, \
        0}:prod(), {0}, 'int64') same(B{1, 0, 1, 1}:mean(), {0.75}, 'float32')
        """,
        """
        same(I{2, 3, 4}:prod(), {24}, 'int64') same(B{1, 0, 1}:cumsum(1), {1, 1, 2}, 'int64') same(I{1, 2}:mean(), \
        {1.5}, 'float32')
        """,
        """
        same(B{0, 1}:max(), {1}, 'bool') same(B{0, 1}:min(), {0}, 'bool') local v, i = B{{0, 1}}:max(2) \
        same(v, {1}, 'bool') same(i, {2}, 'int64')
        """,
        """
        local big = (1 << 53) local v, i = I{big + 1, big, big + 2}:sort() same(v, {big, big + 1, big + 2}, 'int64') \
        same(i, {2, 1, 3}, 'int64') same(I{big, big + 1}:argmax(), {2}, 'int64')
        """,
        """
        same(I{3, -1, 2}:sort(1, true), {3, 2, -1}, 'int64') same(I{math.mininteger, 0}:topk(1), {0}, \
        'int64') same(B{1, 0}:sort(), {0, 1}, 'bool')
        """,
        """
        same(I{{1, 2}, {3, 4}}:matmul(I{{1}, {1}}), {3, 7}, 'int64') same(I{1, 2}:dot(I{3, 4}), {11}, \
        'int64') same(I{{1, 2}}:matmul(tensor{{0.5}, {1}}), {2.5}, 'float32')
        """,
        """
        same(tensor{3, 1}:lt(2), {0, 1}, 'bool') same(I{3}:eq(3), {1}, 'bool') same(I{1}:gt(0.5), {1}, \
        'bool') same(B{1, 0}:eq(B{1, 1}), {1, 0}, 'bool') same(tensor{0 / 0}:ne(0 / 0), {1}, 'bool')
        """,
        "local big = (1 << 53) + 1 same(I{big}:eq(I{big - 1}), {0}, 'bool') same(I{big}:gt(big - 1), {1}, 'bool')",
        """
        same(tensor{1, 2}:where(B{1, 0}, 9), {1, 9}, 'float32') same(I{1, 2}:where(B{1, 0}, 9), {1, 9}, \
        'int64') same(I{1, 2}:where(B{1, 0}, 0.5), {1, 0.5}, 'float32') same(I{1, 2}:where(tensor{1, 0}, I{7, 8}), {1, \
        8}, 'int64')
        """,
        """
        same(I{1, 2}:masked_fill(B{1, 0}, 9), {9, 2}, 'int64') same(B{1, 1}:masked_fill(B{1, 0}, false), {0, 1}, \
        'bool') same(D{1, 2}:masked_fill(tensor{1, 0}, 0.1), {0.1, 2}, 'float64')
        """,
        """
        assert(not pcall(function() return I{1}:masked_fill(B{1}, 0.5) end)) \
        same(tensor.cat({B{1}, I{2}}), {1, 2}, 'int64') same(tensor.stack({I{1}, tensor{0.5}}), {1, 0.5}, 'float32')
        """,
        """
        local big = (1 << 53) + 1 same(I{big, 2}:gather(1, I{2, 1}), {2, big}, 'int64') \
        same(I{big, 2}:index_select(1, tensor{1, 1}), {big, big}, 'int64') \
        same(I{big, 2}:masked_select(B{1, 0}), {big}, 'int64')
        """,
    ]) func arithmeticFollowsTheContract(code: String) throws { try run(code) }

    @Test(arguments: [
        """
        local x = I{3} assert(math.type(x:item()) == 'integer' and math.type(x[{1}]) == 'integer' \
        and math.type(x:tolist()[1]) == 'integer' and math.type(tensor{3}:item()) == 'float')
        """,
        "local m = tensor{1, 2}:gt(1) assert(m[{1}] == 0 and m[{2}] == 1 and m:tolist()[2] == 1 and m[2]:item() == 1)",
        """
        same(tensor{1.7, -1.7}:to('int64'), {1, -1}, 'int64') same(tensor{0.5, 0, 0 / 0}:to('bool'), {1, 0, 1}, \
        'bool') same(I{2, 0}:to('bool'), {1, 0}, 'bool') same(B{1}:to('float64'), {1}, 'float64')
        """,
        """
        for _, v in ipairs{0 / 0, math.huge, 1e19} do local ok, e = pcall(tensor{v}.to, tensor{v}, 'int64') \
        assert(not ok and e:find('no int64'), e) end
        """,
        """
        same(tensor{1.5}:long(), {1}, 'int64') same(tensor{1.5}:bool(), {1}, 'bool') same(I{1}:float(), {1}, \
        'float32') same(I{1}:double(), {1}, 'float64')
        """,
        """
        local big = (1 << 53) + 1 assert(tostring(I{big}):find('9007199254740993') and tostring(I{big}):find('int64') \
        and tostring(B{1, 0}):find('true, false') and tostring(B{1}):find('bool'))
        """,
    ]) func elementsAreReadOut(code: String) throws { try run(code) }

    @Test(arguments: [
        // A tensor of positions must not be taken for a mask.
        "local w = tensor{10, 20, 30} w[tensor{9, 3, 2}:argmax()] = 0 same(w, {0, 20, 30}, 'float32')",
        """
        local w = tensor{10, 20, 30} same(w[tensor{9, 3, 12}:argmax()], {30}, 'float32') \
        assert(#w[tensor{9, 3, 2}:argmax()].shape == 0)
        """,
        """
        local x = tensor{{1, 2}, {3, 4}, {5, 6}} same(x[I{3, -3}], {5, 6, 1, 2}, 'float32') \
        assert(table.concat(x[I{{1, 2}}].shape, ' ') == '1 2 2')
        """,
        """
        local x = tensor{{1, 2}, {3, 4}} same(x[x:gt(2)], {3, 4}, 'float32') same(x[B{0, 1}], {3, 4}, 'float32') \
        assert(table.concat(x[B{0, 1}].shape, ' ') == '1 2' and x[B{0, 0}].shape[1] == 0)
        """,
        "local x = tensor(5) same(x[B(true)], {5}, 'float32') assert(x[B(false)]:numel() == 0)",
        "local x = I{5, 6} same(x[I{2}], {6}, 'int64') same(B{1, 0}[I{2, 1}], {0, 1}, 'bool')",
        """
        local x = tensor{{1, 2}, {3, 4}} x[I{2, 1}] = tensor{{9, 8}, {7, 6}} \
        same(x, {7, 6, 9, 8}, 'float32') x[I{1, 1}] = tensor{{1, 1}, {2, 2}} same(x[1], {2, 2}, 'float32')
        """,
        """
        local x = tensor{{1, 2}, {3, 4}} x[x:gt(1)] = 0 same(x, {1, 0, 0, 0}, 'float32') x[B{1, 0}] = {5, 6} \
        same(x, {5, 6, 0, 0}, 'float32') x[x:eq(0)] = tensor{7, 8} same(x, {5, 6, 7, 8}, 'float32')
        """,
        """
        local x = tensor.zeros(2, 3) x:t()[I{2}] = 1 same(x, {0, 1, 0, 0, 1, 0}, 'float32') x:t()[x:t():eq(0)] = 2 \
        same(x, {2, 1, 2, 2, 1, 2}, 'float32')
        """,
        """
        local x = tensor.zeros(2, 3) x[1][B{1, 0, 1}] = 4 same(x, {4, 0, 4, 0, 0, 0}, 'float32') x[{{}, 2}][I{2}] = 5 \
        assert(x[{2, 2}] == 5)
        """,
        """
        local x = D{1, 2, 3} x[I{1}] = 0.1 assert(x[{1}] == 0.1) x[{{2, 3}}] = {0.1, 0.2} \
        assert(x[{3}] == 0.2) x[B{1, 0, 0}] = tensor(0.5) assert(x[{1}] == 0.5)
        """,
        """
        local x = I{1, 2} x[1] = 5 x[I{2}] = true same(x, {5, 1}, 'int64') x[{{}}] = {3, 4} \
        same(x, {3, 4}, 'int64') x[1] = B(1) same(x, {1, 4}, 'int64')
        """,
        """
        local m = B{1, 1} m[1] = false same(m, {0, 1}, 'bool') m[2] = 0 same(m, {0, 0}, 'bool') m:fill_(true) \
        same(m, {1, 1}, 'bool') m:zero_() same(m, {0, 0}, 'bool')
        """,
        """
        local x = tensor{1.5} x:add_(I{2}) same(x, {3.5}, 'float32') x:copy_(I{4}) same(x, {4}, 'float32') \
        local i = I{0} i:copy_(tensor{2.9}) same(i, {2}, 'int64') i:add_(B{1}) same(i, {3}, 'int64')
        """,
    ]) func indexingHasOneMeaningEach(code: String) throws { try run(code) }

    @Test(arguments: [
        """
        local f = autodiff.grad(function(x) return (x[I{2, 2, 3}] * D{1, 2, 3}):sum() end) \
        same(f(D{1, 2, 3}), {0, 3, 3}, 'float64')
        """,
        """
        local f = autodiff.grad(function(x) return (x[x:gt(1)] * D{5, 7}):sum() end) \
        same(f(D{1, 2, 3}), {0, 5, 7}, 'float64')
        """,
        """
        local f = autodiff.grad(function(v) local x = D{1, 2, 3} x[I{1, 1, 3}] = v return (x * D{2, 3, 4}):sum() end) \
        same(f(D{7, 8, 9}), {0, 2, 4}, 'float64')
        """,
        """
        local f = autodiff.grad(function(v) local x = v * 1 x[I{2}] = 0 return (x * D{2, 3, 4}):sum() end) \
        same(f(D{7, 8, 9}), {2, 0, 4}, 'float64')
        """,
        """
        local f = autodiff.grad(function(v) local x = tensor.zeros(2, 2, {dtype = 'float64'}) x[B{0, 1}] = v \
        return (x * D{{1, 2}, {3, 4}}):sum() end) same(f(D(1)), {7}, 'float64')
        """,
        """
        local f = autodiff.grad(function(x) return (x * x:gt(1)):sum() end) same(f(D{1, 2}), {0, 1}, 'float64') \
        same(autodiff.grad(function(x) return (x * I{2, 3}):sum() end)(tensor{1, 1}), {2, 3}, 'float32')
        """,
        """
        local f = autodiff.grad(function(x) return x:where(B{1, 0}, 3):pow(I{2, 2}):sum() end) \
        same(f(D{5, 5}), {10, 0}, 'float64')
        """,
        """
        local f = autodiff.grad(function(x) return x:gather(1, I{2, 2}):sum() end) \
        same(f(tensor{1, 1}), {0, 2}, 'float32')
        """,
        """
        for _, x in ipairs{I{1}, B{1}} do local ok, e = pcall(x.requires_grad_, x, true) \
        assert(not ok and e:find('only floating tensors can require a gradient'), e) x:requires_grad_(false) end
        """,
        """
        local ok, e = pcall(autodiff.grad(function(x) return x:sum() end), I{1, 2}) \
        assert(not ok and e:find('int64'), e)
        """,
        """
        local x = tensor{1, 2}:requires_grad_(true) assert(not x:gt(1).requires_grad \
        and not x:to('int64').requires_grad and not x:argmax().requires_grad and x:to('float64').requires_grad)
        """,
        """
        local ok, e = pcall(autodiff.gradcheck, function(x) local y = x * 1 y[I{2, 1}] = x[I{1, 3}] ^ 2 \
        return (y[I{3, 2, 2}] * x):sum() end, D{0.3, 0.7, 1.1}) assert(ok and e, e)
        """,
    ]) func gradientsFlowThroughMasksAndPositions(code: String) throws { try run(code) }

    @Test(arguments: [
        ("I{1}:add_(0.5)", "result type float32 can't be cast to int64"),
        ("local x = I{1} x[1] = 0.5", "can't be cast to int64"),
        ("local x = I{1} x[I{1}] = 0.5", "can't be cast to int64"),
        ("local x = I{1} x[{{}}] = {0.5}", "can't be cast to int64"),
        ("local x = I{1} x[1] = tensor{2}", "result type float32 can't be cast to int64"),
        ("I{1}:div_(1)", "result type float32 can't be cast to int64"),
        ("I{1}:exp_()", "result type float32 can't be cast to int64"),
        ("B{1}:add_(1)", "result type int64 can't be cast to bool"),
        ("local m = B{1} m[1] = 2", "can't be cast to bool"),
        ("local m = B{1} m[1] = I{1}", "result type int64 can't be cast to bool"),
        ("I{1}:fill_(0.5)", "can't be cast to int64"),
        ("local x = I{1} x.data = tensor{1}", "result type float32 can't be cast to int64"),
        (
            "return tensor{1, 2}[tensor{1, 0}]",
            "masks are bool (t:gt(0) makes one) and positions int64 (t:to(\"int64\"))"
        ),
        ("local x = tensor{1, 2} x[tensor{1, 0}] = 3", ":gt(0)"),
        ("return tensor{1, 2}[B{1, 0, 1}]", "a mask of shape (3) for a tensor of (2)"),
        ("return tensor{1, 2}[I{3}]", "index 3 is not a whole number from 1 to 2"),
        ("return tensor{1, 2}[I{0}]", "index 0"), ("return tensor(1)[I{1}]", "without dimensions"),
        ("local x = tensor{1, 2} x[I{1, 2}] = tensor{1, 2, 3}", "(3)"), ("I{1, 2}:var()", "x:to(\"float32\")"),
        ("B{1, 0}:std()", "x:to(\"float32\")"),
        ("if tensor(1) < 2 then end", ":item()"), ("if tensor(1) < 2 then end", ":lt("),
        ("return 2 <= tensor(1)", ":le("), ("return tensor(1) > tensor(2)", "two tensors"),
        ("random.normal(3, 3)", "{3, 3}"), ("random.uniform(3, 3)", "{3, 3}"), ("random.bernoulli(3, 4)", "{3, 4}"),
        ("random.randint(1, 6, 3, 3)", "{3, 3}"),
        ("random.normal(3, 0.5)", "{3}, 0.5"), ("x = tensor.zeros(2, {dtype = 'int32'})", "int64"),
        ("optim.SGD({I{1}}, {lr = 1})", "int64"),
        ("tensor{1}:gather(1, B{1})", "bool"),
    ]) func mistakesAreNamed(code: String, message: String) throws {
        do {
            try run(code)
            Issue.record("\(code): no error")
        } catch { #expect("\(error)".contains(message), "\(code): \(error)") }
    }

    @Test(arguments: [
        """
        same(random.permutation(3, {generator = random.generator(1)}):sort(), {1, 2, 3}, 'int64') \
        assert(random.randint(1, 6).dtype == 'int64' and random.choice(5, 3).dtype == 'int64')
        """,
        """
        assert(random.choice(5, 3, {replace = false}).dtype == 'int64' and random.choice(3, 2, {weights = {1, 2, \
        3}}).dtype == 'int64' and random.randint(0, 1, {3}, {dtype = 'bool'}).dtype == 'bool')
        """,
        """
        assert(random.randint(math.maxinteger - 1, math.maxinteger):item() >= math.maxinteger - 1 \
        and random.bernoulli({2}, 0.5, {dtype = 'bool'}).dtype == 'bool')
        """,
        """
        local d = distribution.Categorical{0.5, 0.5} local x = d:sample({3}) \
        assert(x.dtype == 'int64' and d:log_prob(x).dtype == 'float32' and distribution.Categorical(D{0.5, \
        0.5}):log_prob(x).dtype == 'float64')
        """,
        "local x = tensor{10, 20}[distribution.Categorical{1, 0}:sample({2})] same(x, {10, 10}, 'float32')",
        """
        local d = data.digits() assert(d.labels.dtype == 'int64' and d.images.dtype == 'float32') \
        for x, y, rows in data.batches({d.images, d.labels}, 50) do \
        assert(y.dtype == 'int64' and rows.dtype == 'int64' and d.labels[rows]:eq(y):min():item() == 1) break end
        """,
        """
        same(projection.Observed(B{1, 0}, tensor{5, 6})(tensor{1, 2}), {5, 2}, 'float32') same(projection.Box(0, \
        1)(I{-1, 2}), {0, 1}, 'float32')
        """,
        "local x = tensor.ones(3, {dtype = 'float64'}) same(x[random.permutation(3)], {1, 1, 1}, 'float64')",
    ]) func positionsAreInt64(code: String) throws { try run(code) }

    @Test(arguments: [".npz", ".safetensors"]) func filesKeepThem(kind: String) throws {
        try run(
            """
            local path = os.tmpname() .. "\(kind)"
            local big = (1 << 53) + 1
            checkpoint.save(path, {i = I{{big, -1}}, b = B{1, 0, 1}, f = tensor{0.5}}, nil)
            local back = checkpoint.load(path)
            same(back.i, {big, -1}, "int64") same(back.b, {1, 0, 1}, "bool") same(back.f, {0.5}, "float32")
            checkpoint.save(path, back, {dtype = "float64"})
            back = checkpoint.load(path)
            same(back.i, {big, -1}, "int64") same(back.f, {0.5}, "float64")
            os.remove(path)
            """)
    }
}
