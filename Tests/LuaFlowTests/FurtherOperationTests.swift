import LuaFlow
import Testing

/// Operations as scripts write them: what PyTorch's fixtures and the catalogue's laws do not cover.
@Suite struct FurtherOperationTests {
    @Test(arguments: [
        // Lua's operators for integer division and modulo, with the number on either side.
        "assert((tensor.int64{-7, 7} // 2):tolist()[1] == -4 and (-7 // tensor.int64{2}):item() == -4)",
        """
        assert((tensor.int64{-7, 7} % 4):tolist()[1] == 1 and (7 % tensor{4}):item() == 3 \
        and (tensor{5.5} % -2):item() == -0.5)
        """,
        "assert((tensor{7} // 0):item() == math.huge and (tensor{7} % 0):ne(tensor{7} % 0):item() == 1)",
        """
        assert((tensor.int64{math.mininteger} // -1):item() == math.mininteger \
        and (tensor.int64{math.mininteger} % -1):item() == 0)
        """,
        "local x = tensor{7, 8} assert(x:remainder_(3) == x and x:tolist()[2] == 2)",
        "assert((tensor.zeros(0):long() // tensor.int64{0}):numel() == 0)",
        // Large rows, which are sorted by radix and by several threads.
        """
        local x = random.normal({100001}) local s = x:sort() \
        assert(x:median():item() == s[{50001}] and x:quantile(0.5):item() == s[{50001}])
        """,
        """
        local x = random.normal({3, 2001}) local v, i = x:median(2) \
        assert(x:gather(2, i:unsqueeze(2)):squeeze(2):eq(v):sum():item() == 3)
        """,
        """
        local x = (random.uniform({4, 70000}) / 1e5 + 1):double() \
        assert((x:cumprod(2):select_last() - x:prod(2)):abs():max():item() < 1e-9)
        """,
        // Dimensions by name, and tables in the place of tensors.
        """
        assert(tensor{{1, 2}, {3, 4}}:quantile{q = {0.5}, dim = 1}.shape[1] == 1 and tensor{{1, 2}, {3, \
        4}}:median{dim = 1, keepdim = true}.shape[1] == 1)
        """,
        """
        local g = table.pack(tensor.meshgrid({tensor{1, 2}, tensor{3}, tensor{4, 5}})) \
        assert(g.n == 3 and g[3].shape[3] == 2)
        """,
        "assert(tensor.einsum('i,i->', {tensor{1, 2}, tensor{3, 4}}):item() == 11)",
        """
        local x = tensor.zeros(2, 3) x:scatter_(2, tensor.int64{{1}, {3}}, 1) \
        assert(x:sum():item() == 2 and x[{2, 3}] == 1)
        """,
        // Where several values go to one place, the last one stays.
        "assert(tensor.zeros(2):scatter(1, tensor{1, 1, 1}, tensor{5, 6, 7})[{1}] == 7)",
        """
        assert(tensor.bool({true, false}):tolist()[1] == 1 and tensor.bool(tensor{2, 0}).dtype == 'bool' \
        and tensor.bool{{1, 0}}.shape[2] == 2)
        """,
        """
        assert(tensor.int64{{1, 2}, {3, 4}}.dtype == 'int64' and tensor.int64(7):dim() == 0 \
        and tensor.int64(tensor{1.7}):item() == 1)
        """,
        """
        local x, r, rank, s = tensor{{1, 0}, {0, 2}, {0, 0}}:lstsq(tensor{1, 4, 3}) \
        assert(rank:item() == 2 and s[{1}] == 2 and math.abs(r:item() - 9) < 1e-5)
        """,
        """
        local x, r, rank = tensor{{1, 1}, {1, 1}}:lstsq(tensor{2, 2}) \
        assert(rank:item() == 1 and r:numel() == 0 and math.abs(x[{1}] - 1) < 1e-6)
        """,
        "local L = tensor{{2, 99}, {1, 4}} assert(L:solve_triangular(tensor{{2}, {9}}, {upper = false})[{2, 1}] == 2)",
    ])
    func scriptsUseThem(code: String) throws {
        let code = code.replacing(":select_last()", with: "[{{1, 4}, {70000, 70000}}]:squeeze(2)")
        #expect(throws: Never.self) { try ContractTests.host().run(code: code) }
    }

    @Test(arguments: [
        ("tensor{1, 2}:reshape(-1, -1)", "tensor.reshape: shape (-1, -1): one -1 at most"),
        ("tensor.cat{}", "argument 1 (tensors): a table of tensors expected, got an empty one"),
        ("tensor.cat{tensor(1), tensor(2)}", "tensor.stack makes a vector of them"),
        ("tensor(1):softmax(2)", "dimension 1 (or -1) expected, got 2"),
        ("tensor(1):split(1)", "without dimensions has no dimension 1"),
        ("tensor(1):topk(0)", "argument 2 (k): 1 expected, got 0"),
        ("tensor(1):index_select(1, {1, 1})", "one index expected for a tensor without dimensions, got 2"),
        (
            "distribution.Mixture({1, 1}, {distribution.Normal(0, 1), distribution.Bernoulli(0.5)})",
            "components[2], distribution.Bernoulli, draws whole numbers"
        ),
        (
            "tensor.int64{1} // 0",
            "tensor.floor_divide: int64 division by zero; x:to(\"float32\") has infinity or NaN for it"
        ),
        ("tensor.int64{1, 2} % tensor.int64{1, 0}", "tensor.remainder: int64 division by zero"),
        ("tensor.int64{1}:fmod(tensor.bool{false})", "tensor.fmod: int64 division by zero"),
        ("tensor.zeros(0):median()", "tensor.median: no elements in (0)"),
        ("tensor.zeros(2, 0):median(2)", "no elements in (2, 0)"),
        ("tensor.zeros(0):quantile(0.5)", "tensor.quantile: no elements in (0)"),
        ("tensor{1}:quantile(1.5)", "tensor:quantile: argument 2 (q): numbers from 0 to 1 expected, got 1.5"),
        ("tensor{1}:quantile(tensor{{0.5}})", "argument 2 (q): a number or a vector expected, got shape (1, 1)"),
        ("tensor{1}:quantile(0 / 0)", "numbers from 0 to 1 expected, got nan"),
        ("tensor{1, 2}:scatter(1, tensor{3}, 1)", "index 3 is not a whole number from 1 to 2"),
        ("tensor{1, 2}:scatter(1, tensor{1, 2}, tensor{1})", "src (1) does not fit index (2)"),
        ("tensor.int64{1}:scatter(1, tensor{1}, 0.5)", "0.5 is not whole"),
        ("tensor.einsum('ij,jk', tensor.ones(2, 3))", "\"ij,jk\" names 2 operands, 1 tensor given"),
        (
            "tensor.einsum('ij,jk', tensor.ones(2, 3), tensor.ones(2, 2))",
            "\"j\" is 3 before and 2 in operand 2, (2, 2)"
        ),
        (
            "tensor.einsum('ijk', tensor.ones(2, 3))",
            "operand 1 has shape (2, 3), its subscripts \"ijk\" name 3 dimensions"
        ),
        ("tensor.einsum('ii', tensor.ones(2, 3))", "\"i\" is 2 and 3 in operand 1, (2, 3)"),
        ("tensor.einsum('ij->ik', tensor.ones(2, 3))", "the result's \"k\" is in no operand"),
        ("tensor.einsum('ij->ii', tensor.ones(2, 3))", "names \"i\" twice"),
        ("tensor.einsum('i1', tensor.ones(2, 3))", "\"1\" in \"i1\""),
        ("tensor.einsum('i->i->i', tensor.ones(2))", "more than one ->"),
        ("tensor.einsum('......', tensor.ones(2))", "two ellipses"),
        ("tensor.ones(2):trace()", "a matrix expected, got shape (2)"),
        ("tensor.ones(2, 2):bmm(tensor.ones(2, 2))", "(b, m, k) and (b, k, n) expected"),
        ("tensor.meshgrid(tensor.ones(2, 2))", "tensor 1 has shape (2, 2); vectors expected"),
        ("tensor.meshgrid()", "one or more vectors expected"),
        ("tensor.ones(2, 2):triu():solve_triangular(tensor.ones(2))", "upper"),
        (
            "tensor{{1, 0}, {1, 0}}:solve_triangular(tensor.ones(2), {upper = false})",
            "the matrix is singular: element 2 of its diagonal is 0"
        ),
        (
            "tensor.ones(2, 3):solve_triangular(tensor.ones(2), {upper = false})",
            "square matrices expected, got shape (2, 3)"
        ),
        ("tensor.ones(2):pinv()", "a matrix expected, got shape (2)"),
        ("tensor.ones(3, 2):lstsq(tensor.ones(2))", "right-hand sides of 3 rows expected"),
        ("tensor{{0 / 0}}:pinv()", "infinite or NaN"), ("tensor.int64{0.5}", "0.5 can't be cast to int64"),
    ])
    func mistakesAreNamed(code: String, message: String) throws {
        let error = #expect(throws: LuaError.self) {
            try ContractTests.host().run(code: "return \(code)", name: "x.lua")
        }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}
