-- Two ways to less variance at the same draws: common random numbers and control variates.
local tensor = require "tensor"

local reductions = {}

-- The mean of independent numbers, its standard error, and their variance.
local function summary(x)
  local variance = x:var():item()
  return {mean = x:mean():item(), se = math.sqrt(variance / #x), variance = variance}
end
reductions.summary = summary

-- A difference of two means, f(Z) of the first and of the second, with the same draws for both and with draws of their
-- own: `first`, `second` and `other` are vectors, `second` at the draws of `first`, `other` the second at other draws.
-- `ratio` says how many times less variance the common draws have.
function reductions.common(first, second, other)
  local common, independent = summary(first - second), summary(first - other)
  return {common = common, independent = independent, ratio = independent.variance / common.variance}
end

-- The Hermite polynomials He_1 to He_degree of standard normal draws: they have mean 0, so that any multiple of them
-- may be taken away from an estimate. (N, degree).
function reductions.hermite(Z, degree)
  local H = {tensor.ones_like(Z), Z}
  for k = 2, degree do H[k + 1] = Z * H[k] - (k - 1) * H[k - 1] end
  return tensor.stack({table.unpack(H, 2, degree + 1)}, 2)
end

-- g - C beta, whose mean is g's when the columns of C have mean 0. beta is the least-squares fit to other draws, the
-- pilot: fitted to the same ones it would take away a little of what is sought.
function reductions.control(g, C, pilot_g, pilot_C)
  local centred, target = pilot_C - pilot_C:mean(1, true), (pilot_g - pilot_g:mean()):reshape(-1, 1)
  local beta = centred:lstsq(target)
  return g - C:matmul(beta):reshape(-1), beta
end

return reductions
