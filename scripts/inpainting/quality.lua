-- How good a filled-in picture is: x and truth of shape (..., height, width), numbers from 0 to 1; one number per picture.
local tensor = require "tensor"

local quality = {}

-- Peak signal-to-noise ratio in dB over the missing pixels only: -10 log10 of their mean squared error. M is the mask.
function quality.psnr(x, truth, M)
  local hidden = 1 - M
  local error2 = (hidden * (x - truth) ^ 2):sum({-2, -1}) / hidden:sum({-2, -1})
  return error2:log() * (-10 / math.log(10))
end

-- Structural similarity of whole pictures (Wang, Bovik, Sheikh, Simoncelli 2004): 1 for the same picture. Around every
-- pixel whose window lies inside the picture, means, variances and the covariance are taken with Gaussian weights (11 by
-- 11 pixels, standard deviation 1.5); the result is the mean over these pixels.
function quality.ssim(x, truth)
  local height, width = truth:size(-2), truth:size(-1)
  local line = (-((tensor.arange(-5, 5)) / 1.5) ^ 2 / 2):exp()
  local window = line:reshape(11, 1) * line:reshape(1, 11)
  window = (window / window:sum()):reshape(1, 1, 11, 11)
  local function blurred(y) return y:reshape(-1, 1, height, width):conv2d(window) end
  local mean_x, mean_t = blurred(x), blurred(truth)
  local variance_x = blurred(x ^ 2) - mean_x ^ 2
  local variance_t = blurred(truth ^ 2) - mean_t ^ 2
  local covariance = blurred(x * truth) - mean_x * mean_t
  -- They keep the quotients finite where both windows are black: (0.01 * 1)^2 and (0.03 * 1)^2 for numbers from 0 to 1.
  local c1, c2 = 0.01 ^ 2, 0.03 ^ 2
  local map = (2 * mean_x * mean_t + c1) * (2 * covariance + c2)
    / ((mean_x ^ 2 + mean_t ^ 2 + c1) * (variance_x + variance_t + c2))
  return map:mean({-3, -2, -1})
end

return quality
