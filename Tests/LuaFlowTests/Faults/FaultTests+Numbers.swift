extension FaultTests {
    /// Wrong numbers without an error message.
    static let numbers = [
        Fault(
            tried: "w[x:argmax()] = 0, positions taken for a mask", right: "{0, 20, 30}",
            script: """
                local w = tensor{10, 20, 30}
                w[tensor{9, 3, 2}:argmax()] = 0
                is(table.concat(w:tolist(), " "), "0.0 20.0 30.0")
                is(tensor{9, 3}:argmax().dtype, "int64")
                is(tensor{9, 3}:gt(4).dtype, "bool")
                """),
        Fault(
            tried: "tensor.full({1}, 0.1, {dtype = \"float64\"})", right: "0.1, not the nearest float32",
            script: "is(tensor.full({1}, 0.1, {dtype = \"float64\"}):item(), 0.1)"),
        Fault(
            tried: "weights of a Mixture as a table beside float64 components", right: "log_prob in all 16 digits",
            script: """
                local m = distribution.Mixture({0.1, 0.9}, {distribution.Normal(D(0), 1), distribution.Normal(D(0), 1)})
                is(m:log_prob(D(0)):item(), -0.9189385332046727, 1e-15)
                """, tests: ["EdgeTests.numbersBesideDoublesAreDoubles"]),
        Fault(
            tried: "problem2_projection.lua --a 0.1", right: "its checks hold",
            tests: ["ProblemScriptTests.otherParametersPassToo"]),
        Fault(
            tried: "the gradient by the bound of projection.Box(-1, b)", right: "1",
            script: "is(autodiff.grad(function(b) return projection.Box(-1, b)(D{2, .3}):sum() end, D(1)):item(), 1.0)",
            tests: ["DerivativeTests.theBoundOfABoxHasItsGradient", "DerivativeTests.byEveryParameter"]),
        Fault(
            tried: "x:prod(2):mul_(0.1) of one column changes x", right: "x as it was",
            script: """
                local x = tensor{{2}, {3}}
                x:prod(2):mul_(0.1)
                is(x[{1, 1}], 2.0)
                """, tests: ["DTypeLaws.noResultSharesMemoryUnlessItSaysSo"]),
        Fault(
            tried: "a view taken before x is written into its tensor, then read", right: "refused: take the view again",
            script: """
                refused("take the view again", autodiff.grad, function(x)
                  local t, out = D{0, 0}, D{0, 0}
                  local row = t[1]
                  t[1] = x
                  out[1] = row
                  return out:sum()
                end, D(3))
                """, tests: ["StaleViewTests.noOperationReadsAStaleView"]),
        Fault(tried: "a .pt of a tensor with the negative bit", right: "-imag", tests: ["ForeignTorchTests.lazyBits"]),
        Fault(
            tried: "a ball of 1e-8 and a halfspace that meet, at (3e-7, 4e-7)", right: "on the ball, to 1e-6",
            script: """
                local both = projection.Intersection{projection.Ball(1e-8), projection.Halfspace({1, 1}, -1e-9)}
                is(both(D{3e-7, 4e-7}):norm():item(), 1e-8, 1e-6)
                """, tests: ["IntersectionTests.accuracyIsRelative", "IntersectionTests.randomOnesThatMeet"]),
        Fault(
            tried: "a ball and the halfspace x1 >= 1 that touch", right: "(1, 0)",
            script: """
                local y = projection.Intersection{projection.Ball(1), projection.Halfspace({-1, 0}, -1)}(D{3, 4})
                is(y[{1}], 1.0, 1e-7)
                assert(math.abs(y[{2}]) < 1e-6, y[{2}])
                """, tests: ["IntersectionTests.setsThatOnlyTouch", "IntersectionTests.thinLenses"]),
        Fault(
            tried: "std of {1e-30, 2e-30, 3e-30} in float32", right: "1e-30, its gradient -0.5, 0, 0.5",
            script: """
                local x = tensor{1e-30, 2e-30, 3e-30}
                is(x:std():item(), 1e-30, 1e-6)
                is(autodiff.grad(function(x) return x:std() end, x)[{1}], -0.5, 1e-6)
                """, tests: ["ScalingTests.spreadsOfTinyAndHugeNumbers"]),
        Fault(
            tried: "second derivatives of the norm of tiny x", right: "(I - n n^T) / |x|",
            tests: ["ScalingTests.valuesGradientsAndHessiansScale"]),
        Fault(
            tried: "StudentT(1e15, 0, 1):cdf(1.5) and Beta(1e15, 1e15):cdf(.5)", right: "0.93319 and 0.5",
            script: """
                is(distribution.StudentT(D(1e15), 0, 1):cdf(D(1.5)):item(), 0.9331927987311419, 1e-12)
                is(distribution.Beta(D(1e15), D(1e15)):cdf(D(.5)):item(), 0.5, 1e-12)
                """, tests: ["ExtremesTests.valuesAndGradientsAreMpmaths", "ExtremesTests.tailsAreProbabilities"]),
        Fault(
            tried: "the slope of the cdf of Beta(1, 1e6) at 1e-6 in float32", right: "367879",
            script: """
                local slope = autodiff.grad(function(x) return distribution.Beta(1, 1e6):cdf(x):sum() end, tensor(1e-6))
                is(slope:item(), 367879.6, 1e-6)
                """, tests: ["ExtremesTests.singlePrecisionIsDoubleRoundedOnce"]),
        Fault(
            tried: "the slope of Exponential(1):cdf at 20 in float32", right: "exp(-20)",
            script: """
                local slope = autodiff.grad(function(x) return distribution.Exponential(1):cdf(x):sum() end, tensor(20))
                is(slope:item(), math.exp(-20), 1e-6)
                """),
        Fault(
            tried: "the gradient by a Mixture's weight of 0: Normal(0, 1) and Normal(3, 1) at 0", right: "exp(4.5) - 1",
            script: """
                local normals = {distribution.Normal(D(0), 1), distribution.Normal(D(3), 1)}
                local slope = autodiff.grad(function(p)
                  return distribution.Mixture(tensor.cat({p, D{1}}), normals):log_prob(D(0)):sum()
                end, D{0})
                is(slope:item(), math.exp(4.5) - 1, 1e-12)
                """, tests: ["EdgeTests.weightsOfNothingHaveSlopes"]),
        Fault(
            tried: "slopes of Bernoulli's entropy and divergence at p = 0", right: "inf and -inf",
            script: """
                local p, half = D(0), distribution.Bernoulli(D(.5))
                is(autodiff.grad(function(p) return distribution.Bernoulli(p):entropy():sum() end, p):item(), math.huge)
                local kl = function(p) return distribution.kl_divergence(distribution.Bernoulli(p), half):sum() end
                is(autodiff.grad(kl, p):item(), -math.huge)
                """, tests: ["EdgeTests.certainOutcomes"]),
        Fault(
            tried: "the slope by df of StudentT's cdf at 1e8, df = 1", right: "5.8e-8",
            script: """
                local f = function(v) return distribution.StudentT(v, 0, 1):cdf(D(1e8)):sum() end
                is(autodiff.grad(f, D(1)):item(), 5.8e-8, 0.01)
                """),
        Fault(
            tried: "draws of a distribution by icdf where a uniform rounds to 1", right: "finite",
            tests: ["EdgeTests.uniformsStayInsideTheirIntervalWhenRounded"]),
        Fault(
            tried: "autodiff.jvp through projection.Ball(1) at (3, 4)", right: "(0.128, -0.096)",
            script: """
                local _, t = autodiff.jvp(function(x) return projection.Ball(1)(x) end, D{3, 4}, D{1, 0})
                is(t[{1}], 0.128, 1e-14)
                is(t[{2}], -0.096, 1e-14)
                """, tests: ["DerivativeTests.firstAndSecondOrderByThePoint", "DerivativeTests.everyCalculusAgrees"]),
        Fault(
            tried: "the gradient of a rectified layer at a NaN, one row and a batch", right: "one answer",
            tests: ["ExtremesTests.rectifiedLayersAgreeAtEdges"]),
        Fault(
            tried: "LBFGS's line search", right: "ends where PyTorch's does",
            tests: ["LineSearchTests.endsWherePyTorchEnds"]),
        Fault(
            tried: "tensor.arange(0, .3, .1)", right: "4 numbers, and its page says that both ends are in",
            script: "is(tensor.arange(0, .3, .1):numel(), 4)"),
        Fault(
            tried: "x:norm(1)", right: "the 1-norm, as in PyTorch", script: "is(tensor{{3, -4}}:norm(1):item(), 7.0)",
            tests: ["ScalingTests.normsTakeTheirOrderFirst"]),
    ]
}
