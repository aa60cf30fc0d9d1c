-- What the end of a run says about the run.
local progress = {}

-- How many steps the end is, and by how many nats -log p may move there in a run that has settled: a swing of 10 is a
-- likelihood that changes by a factor of 20,000 from one step to the next.
local last, settled = 20, 10

-- Whether -log p still goes up and down at the end, and between what: nil, or the lowest and the highest of the last
-- steps. It does when every second step at least turns back, and the swing is more than rounding or a slow drift.
---@param trace number[]
function progress.swings(trace)
  local first = math.max(1, #trace - last + 1)
  if #trace - first + 1 < 4 then return nil end
  local low, high, turns = trace[first], trace[first], 0
  for k = first + 1, #trace do
    low, high = math.min(low, trace[k]), math.max(high, trace[k])
    local before, now = trace[k - 1] - (trace[k - 2] or trace[k - 1]), trace[k] - trace[k - 1]
    if before * now < 0 then turns = turns + 1 end
  end
  if 2 * turns < #trace - first or high - low <= settled then return nil end
  return low, high
end

-- Whether noise of this standard deviation moves -log p by more than a settled run moves.
function progress.is_noisy(sigma)
  return sigma > 1e-3
end

-- What to try then.
function progress.advice(how, options, sigma)
  local gentler = ("--lr %.3g"):format(how.lr / 10)
  if progress.is_noisy(sigma) and options.noise then return "--noise annealed, or " .. gentler end
  return how.name == "best" and gentler or "--preset best or " .. gentler
end

return progress
