import LawChecks
import Testing

@testable import Optimizers

/// The splitting methods: minima that CVXPY finds, residuals as they are defined, and states from which a run continues
/// exactly.
@Suite struct ConvexTests {
    /// A case of Fixtures/convex.json.
    struct Problem: Decodable, Sendable, CustomTestStringConvertible {
        let kind: String
        let A: [[Double]]
        let b: [Double]
        let weight: Double
        let x: [Double]
        let value: Double

        var testDescription: String { "\(kind), \(A.count) by \(x.count)" }

        private func list(_ numbers: [Double]) -> String { "{" + numbers.map { "\($0)" }.joined(separator: ", ") + "}" }

        /// The problem's data and functions as Lua code.
        var lua: String {
            """
            local o = {dtype = "float64"}
            local A, b, weight = tensor({\(A.map(list).joined(separator: ", "))}, o), tensor(\(list(b)), o), \(weight)
            local want, least = tensor(\(list(x)), o), \(value)
            local n = \(x.count)
            local zero = tensor.zeros(n, o)
            local function square(x) return ((A:mv(x) - b) ^ 2):sum() / 2 end

            """
        }
    }

    static let problems = fixture("convex", of: Problem.self)

    @Test func fixturesAreThere() { #expect(Self.problems.count >= 7) }

    /// Lua code that checks every method's result: the minimum, and a complete report.
    static let check = """
        local function check(name, x, report, objective, tolerance)
          assert(report.converged, name .. " did not converge: residual " .. report.residual[report.steps])
          local away, excess = (x - want):abs():max():item(), objective(x) - least
          assert(away < tolerance, name .. " is " .. away .. " from CVXPY's point")
          assert(math.abs(excess) < tolerance * math.max(1, least), name .. " is " .. excess .. " above CVXPY's value")
          assert(#report.residual == report.steps and #report.objective == report.steps, name)
        end

        """

    @Test func thereAreProblems() {
        #expect(Set(Self.problems.map(\.kind)) == ["lasso", "tv", "simplex"])
    }

    @Test(arguments: problems.filter { $0.kind == "lasso" }) func lasso(_ problem: Problem) throws {
        try Scripts().run(
            problem.lua + Self.check + """
                local g, f = prox.L1(weight), prox.LeastSquares(A, b)
                local function objective(x) return (square(x) + weight * x:abs():sum()):item() end
                local options = {tolerance = 1e-9, steps = 20000}
                local x, report = optim.fista(square, g, zero, options)
                check("fista", x, report, objective, 1e-5)
                -- The stated residual, computed anew.
                local slope = autodiff.grad(square)(x)
                local step = (x - g(x - report.lr * slope, report.lr)):norm():item()
                assert(step <= 1e-9 * math.max(1, x:norm():item()) * (1 + 1e-6), "the residual is " .. step)
                local _, values = A:svd()
                for _, more in ipairs{{}, {restart = false}, {lr = 0.9 / values[{1}] ^ 2}} do
                  more.tolerance, more.steps = 1e-8, 50000
                  local x, report = optim.fista(square, g, zero, more)
                  check("fista", x, report, objective, 1e-4)
                end
                local x, report = optim.douglas_rachford(f, g, zero, {tolerance = 1e-9, steps = 20000, step = 0.5})
                check("douglas_rachford", x, report, objective, 1e-5)
                local x, report = optim.admm(f, g, zero, {tolerance = 1e-8, steps = 20000})
                check("admm", x, report, objective, 1e-5)
                -- The other way round: 0 is the slope of |x|_1 plus that of the squares of A x.
                local x, report = optim.admm(g, prox.LeastSquares(tensor.eye(#b, o), b), zero, {A = A, tolerance = 1e-8, steps = 50000})
                check("admm with A", x, report, objective, 1e-4)
                -- A map of the script's own.
                local own = function(v, step) return g(v, step) end
                local x, report = optim.fista(square, own, zero, options)
                assert(report.converged and #report.objective == 0 and (x - want):abs():max():item() < 1e-5)
                """)
    }

    @Test(arguments: problems.filter { $0.kind == "tv" }) func totalVariation(_ problem: Problem) throws {
        try Scripts().run(
            problem.lua + Self.check + """
                local D = A
                local function objective(x) return (((x - b) ^ 2):sum() / 2 + weight * D:mv(x):abs():sum()):item() end
                local exact = prox.TV(weight)(b)
                assert((exact - want):abs():max():item() < 1e-5, "prox.TV")
                local f = prox.LeastSquares(tensor.eye(n, o), b)
                local x, report = optim.admm(f, prox.L1(weight), zero, {A = D, tolerance = 1e-8, steps = 50000})
                check("admm", x, report, objective, 1e-5)
                assert(#report.dual_residual == report.steps)
                local x, report = optim.douglas_rachford(f, prox.TV(weight), zero, {tolerance = 1e-10, steps = 5000})
                check("douglas_rachford", x, report, objective, 1e-5)
                local near = function(x) return ((x - b) ^ 2):sum() / 2 end
                local x, report = optim.fista(near, prox.TV(weight), zero, {tolerance = 1e-10})
                check("fista", x, report, objective, 1e-5)
                """)
    }

    @Test(arguments: problems.filter { $0.kind == "simplex" }) func onTheSimplex(_ problem: Problem) throws {
        try Scripts().run(
            problem.lua + Self.check + """
                local P = projection.Simplex()
                local function objective(x) return square(x):item() end
                local middle = tensor.ones(n, o) / n
                local x, report = optim.fista(square, P, middle, {tolerance = 1e-10, steps = 20000})
                check("fista", x, report, objective, 1e-5)
                local x, report = optim.admm(prox.LeastSquares(A, b), P, middle, {tolerance = 1e-9, steps = 20000})
                check("admm", x, report, objective, 1e-5)
                local x, report = optim.douglas_rachford(prox.LeastSquares(A, b), P, middle, {tolerance = 1e-10, steps = 20000})
                check("douglas_rachford", x, report, objective, 1e-5)
                local x, report = optim.mirror_descent(square, middle, {tolerance = 1e-4, steps = 20000})
                assert(report.converged and #report.objective == report.steps, "mirror_descent: " .. report.residual[report.steps])
                -- The residual is a bound.
                assert(objective(x) - least <= report.residual[report.steps] * math.max(1, objective(x)) + 1e-9)
                assert(math.abs(x:sum():item() - 1) < 1e-12 and x:min():item() >= 0)
                for k = 1, report.steps do
                  assert(report.objective[k] - least <= report.residual[k] * math.max(1, math.abs(report.objective[k])) + 1e-9, "step " .. k)
                end
                """)
    }

    /// Steps one at a time, by way of the state, are the run in one piece, bit for bit; if x was edited, the method
    /// starts afresh.
    @Test(arguments: ["float32", "float64"]) func statesGoOnExactly(_ dtype: String) throws {
        try Scripts().run(
            """
            local o = {dtype = "\(dtype)"}
            local A = tensor({{3, 1, 0}, {1, 2, 0.3}, {0, 0.3, 1}, {1, 1, 1}}, o)
            local b = tensor({1.5, -0.5, 0.4, 2}, o)
            local function f(x) return ((A:mv(x) - b) ^ 2):sum() / 2 end
            local square, box = prox.LeastSquares(A, b), projection.Box(0, 0.4)
            local middle = tensor.ones(3, o) / 3
            local methods = {
              fista = function(x, more) return optim.fista(f, prox.L1(0.1), x, more) end,
              admm = function(x, more) return optim.admm(square, box, x, more) end,
              linear = function(x, more) more.A = A return optim.admm(box, prox.Huber(0.5), x, more) end,
              rachford = function(x, more) return optim.douglas_rachford(square, box, x, more) end,
              mirror = function(x, more) return optim.mirror_descent(f, x, more) end,
            }
            for name, method in pairs(methods) do
              local whole, report = method(middle, {steps = 12, tolerance = 0})
              assert(report.steps == 12 and not report.converged and whole.dtype == "\(dtype)", name)
              local x, state, residuals = middle, nil, {}
              for k = 1, 12 do
                local step
                x, step = method(x, {steps = 1, tolerance = 0, state = state})
                state, residuals[k] = step.state, step.residual[1]
                assert(state.k == k, name)
              end
              assert((x - whole):abs():max():item() == 0, name .. " went another way")
              for k = 1, 12 do assert(residuals[k] == report.residual[k], name .. ", residual " .. k) end
              -- From another x than the state's.
              local edited = method(middle, {steps = 3, tolerance = 0, state = state})
              assert(edited.dtype == "\(dtype)", name)
              -- None, and a callback.
              local still, none = method(middle, {steps = 0})
              assert(none.steps == 0 and not none.converged and #none.residual == 0, name)
              local seen = 0
              local y, stopped = method(middle, {steps = 9, tolerance = 0, callback = function(k, x, objective, residual)
                seen = seen + 1
                assert(k == seen and residual >= 0 and x.dtype == "\(dtype)", name)
                x:fill_(7)
                return k < 4
              end})
              assert(seen == 4 and stopped.steps == 4 and not stopped.converged and y:max():item() < 7, name)
            end
            """)
    }

    /// A smaller tolerance never takes fewer steps than a larger one, and each is met.
    @Test func tolerancesAreHonoured() throws {
        try Scripts().run(
            """
            local o = {dtype = "float64"}
            local A = tensor({{3, 1, 0}, {1, 2, 0.3}, {0, 0.3, 1}}, o)
            local b = tensor({1.5, -0.5, 0.4}, o)
            local f, g = prox.LeastSquares(A, b), prox.L1(0.2)
            local function square(x) return ((A:mv(x) - b) ^ 2):sum() / 2 end
            local before = {}
            for _, tolerance in ipairs{1e-2, 1e-4, 1e-6, 1e-8, 1e-10} do
              local runs = {
                fista = {optim.fista(square, g, tensor.zeros(3, o), {tolerance = tolerance, steps = 100000})},
                rachford = {optim.douglas_rachford(f, g, tensor.zeros(3, o), {tolerance = tolerance, steps = 100000})},
                admm = {optim.admm(f, g, tensor.zeros(3, o), {tolerance = tolerance, steps = 100000})},
              }
              for name, run in pairs(runs) do
                local x, report = run[1], run[2]
                assert(report.converged and report.residual[report.steps] <= tolerance * 4, name)
                assert(report.steps >= (before[name] or 0), name)
                before[name] = report.steps
                -- The slope that is left, which the tolerance bounds up to the size of A.
                local slope = autodiff.grad(square)(x)
                assert((x - g(x - 0.05 * slope, 0.05)):norm():item() <= 20 * tolerance, name)
              end
            end
            -- Sets that do not meet: never converged, and the gap is the distance.
            local x, report = optim.douglas_rachford(projection.Ball(1), projection.Halfspace({-1, 0}, -3), tensor.zeros(2, o), {steps = 200})
            assert(not report.converged and math.abs(report.residual[200] - 2) < 1e-6)
            """)
    }

    static let refusals: [ArgumentTests.Refusal] = [
        .init("optim.fista()", "argument 1 (f): a function expected, got nothing"),
        .init(
            "optim.fista(f, 3, x)", "argument 2 (g): a projection, a prox or a function of v and step expected, got 3"),
        .init("optim.fista(f, P, x, {tolerance = -1})", "option tolerance: a number from 0 expected, got -1"),
        .init("optim.fista(f, P, x, {tolerance = 0/0})", "option tolerance: a number from 0 expected, got nan"),
        .init("optim.fista(f, P, x, {lr = 0})", "option lr: a finite number above 0 expected, got 0"),
        .init("optim.fista(f, P, x, {restarts = true})", "unknown option restarts (did you mean \"restart\"?)"),
        .init("optim.fista(f, P, x / 0)", "argument 3 (x0): holds nan or an infinity"),
        .init("optim.fista(f, P, x, {state = {}})", "x is nil; a tensor expected, as report.state has it"),
        .init(
            "optim.fista(f, P, x, {state = {x = tensor({1, 2})}})", "x has shape (2); (1) expected: it is of another x0"
        ),
        .init("optim.fista(function(x) return (x * 0 / 0):sum() end, P, x)", "f is nan at step 1"),
        .init(
            "optim.fista(f, function(v, step) return 3 end, x)",
            "the proximal map returned 3; a tensor of v's shape expected"),
        .init(
            "optim.fista(f, function(v, step) return tensor({1, 2}) end, x)",
            "the proximal map returned shape (2) for v (1)"),
        .init("optim.fista(f, function(v, step) return v / 0 end, x)", "the proximal map returned nan or an infinity"),
        .init("optim.admm(P, P, x, {A = tensor.ones(2, 2)})", "A (2, 2) does not fit x0 (1): (m, 1) expected"),
        .init("optim.admm(P, P, x, {rho = 0})", "option rho: a finite number above 0 expected, got 0"),
        .init("optim.admm(f, f, 3)", "argument 3 (x0): a tensor expected, got 3"),
        .init(
            "optim.douglas_rachford(P, P, x, {relaxation = 2})",
            "option relaxation: a number above 0 to below 2 expected, got 2"),
        .init("optim.mirror_descent(f, tensor({-1}))", "element 1 of x0 is -1"),
        .init("optim.mirror_descent(f, tensor({1}), {map = {to_dual = 3}})", "expected, got no function to_dual"),
        .init(
            "optim.mirror_descent(f, tensor({1}), {map = {to_dual = f, to_primal = f}})",
            "option lr: a map of your own needs one"),
        .init("optim.mirror_descent(f, tensor({1}), {map = \"euclid\"})", "option map:"),
    ]

    @Test(arguments: refusals) func wrongArgumentsAreRefused(_ refusal: ArgumentTests.Refusal) throws {
        let message = try Scripts().message(
            "local f, P, x = function(x) return (x * x):sum() end, projection.Box(0, 1), tensor({1})\n\(refusal.code)")
        #expect(message.contains(refusal.message), "\(refusal.code): \(message)")
    }
}
