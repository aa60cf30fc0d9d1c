-- The verdict on an identity: every comparison is noted, and the script passes or fails by the worst.
--
-- A Monte-Carlo estimate is held against the truth in units of its standard error, z = (estimate - truth) / s.e. The
-- bound is 4.5, which a normal variable exceeds once in 150 000 comparisons: a fault, not bad luck. What is exact is
-- held to a bound on its error, which the script states.
local verdict = {bound = 4.5}

local compared, failures, doubted = {statistical = 0, exact = 0}, {}, {}

local function note(kind, failed, text, ...)
  compared[kind] = compared[kind] + 1
  if failed then failures[#failures + 1] = text:format(...) end
end

-- Notes an estimate against the truth; returns z. `se` belongs to the difference when both are estimates.
function verdict.z(what, estimate, se, truth)
  local difference = estimate - truth
  local z = difference / se
  -- Some estimates have no variance: what is left is rounding.
  if se <= 1e-13 and math.abs(difference) <= 1e-13 * (1 + math.abs(truth)) then z = 0 end
  note("statistical", not (math.abs(z) < verdict.bound), "%s: %.6g where %.6g was expected, z = %.3g", what, estimate, truth, z)
  return z
end

-- Notes an exact value: |value - truth| <= bound. Returns the difference.
function verdict.exact(what, value, truth, bound)
  local difference = math.abs(value - truth)
  note("exact", not (difference <= bound), "%s: %.10g where %.10g was expected, off by %.2g > %.2g", what, value, truth, difference, bound)
  return difference
end

local function tell_failures()
  for k, text in ipairs(failures) do
    if k > 10 then io.stderr:write(("... and %d more\n"):format(#failures - 10)) break end
    io.stderr:write("the identity fails: ", text, "\n")
  end
end

-- Ends the script where nothing can be judged any more: one line, after what has failed so far, and status 1.
function verdict.stop(text, ...)
  io.stdout:flush()
  tell_failures()
  io.stderr:write(text:format(...), "\n")
  os.exit(1)
end

-- Notes what could not be judged, and why: the verdict names it.
function verdict.doubt(what, why)
  doubted[#doubted + 1] = ("%s (%s)"):format(what, why)
end

-- Ends the script: with status 1, and every comparison that failed, if one did.
function verdict.finish()
  if compared.statistical + compared.exact == 0 then return verdict.stop("luaflow: nothing could be judged: more samples are needed, or other parameters") end
  local parts = {}
  if compared.statistical > 0 then parts[1] = ("%d by |z| < %g"):format(compared.statistical, verdict.bound) end
  if compared.exact > 0 then parts[#parts + 1] = ("%d by error bound"):format(compared.exact) end
  local total = compared.statistical + compared.exact
  local count = #failures == 0 and ("all %d comparisons hold"):format(total) or ("%d of %d comparisons fail"):format(#failures, total)
  if #doubted > 0 then
    for k, text in ipairs(doubted) do print((k == 1 and "verdict           " or "                  ") .. "not to be trusted: " .. text) end
    if #failures == 0 then count = ("the other %d comparisons hold"):format(total) end
    print(("                  %s (%s)"):format(count, table.concat(parts, ", ")))
  else
    print(("verdict           %s (%s)"):format(count, table.concat(parts, ", ")))
  end
  if #failures == 0 then return end
  io.stdout:flush()
  tell_failures()
  os.exit(1)
end

return verdict
