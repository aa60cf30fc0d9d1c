-- NAME: what luaflow can do besides while this plugin is loaded. Keep what you need, under names of its own.
--
-- It is loaded before scripts when its folder is named, as in the commands below, or is called `plugins` and lies
-- beside the script, or is ~/.config/luaflow/plugins. `luaflow plugins` lists what is found; `luaflow doc
-- host.register` tells the rules. Files of its own that it requires go beside it in a folder: NAME/init.lua.
local host = require "host"
local tensor = require "tensor"

host.register{
  -- luaflow run --plugins PLACE scripts/problem3_inpainting.lua --schedule NAME --noise NAME --mask NAME:4
  schedules = {
    -- The step size of step k, from --lr and --steps.
    NAME = function(k, lr, steps) return lr / math.sqrt(k) end,
  },
  noises = {
    -- The standard deviation of the noise of step k, whose step size is alpha.
    NAME = function(k, alpha, steps) return 0.1 / k end,
  },
  -- ... --preset NAME: the whole method, as in scripts/inpainting/presets.lua.
  presets = {
    NAME = {start = 0.5, lr = 1e-4, schedule = "NAME", noise = "none"},
  },
  masks = {
    -- 1 where a pixel is observed; text is what stands behind a colon. Here every n-th row is missing.
    NAME = function(height, width, text)
      local mask = tensor.ones(height, width)
      mask[{{1, -1, host.check("NAME", tonumber(text or 3), {integer = true, min = 2})}, {}}] = 0
      return mask
    end,
  },

  -- projection.Name(r): the numbers from -r to r. project returns the nearest point; the rest may be left out.
  projections = {
    Name = function(r)
      return {
        project = function(x) return x:clamp(-r, r) end,
        contains = function(x, tolerance) return x:abs():max():item() <= r + tolerance end,
      }
    end,
  },
  -- distribution.Name(width): the triangle on [-width, width]. Draws come from the quantiles.
  distributions = {
    Name = function(width)
      return {
        log_prob = function(x) return ((width - x:abs()):clamp(0, math.huge) / width ^ 2):log() end,
        icdf = function(q)
          local left = width * ((2 * q):sqrt() - 1)
          return left:where(q:lt(0.5), width * (1 - (2 * (1 - q)):sqrt()))
        end,
        mean = 0,
        variance = width ^ 2 / 6,
      }
    end,
  },
  -- flow.Name(shift): a transform for flow.Flow. Each direction returns its own log |det|, here 0.
  transforms = {
    Name = function(shift)
      return {
        to_latent = function(x) return x - shift, 0 end,
        to_data = function(z) return z + shift, 0 end,
      }
    end,
  },

  -- At the prompt, `luaflow --plugins PLACE`: `:NAME some words`. The text behind the name is the argument.
  commands = {
    NAME = {
      help = "says how many words follow",
      run = function(text)
        local count = select(2, text:gsub("%S+", ""))
        print(count .. " words")
      end,
    },
  },
  -- In the shell: `luaflow --plugins PLACE NAME --times 2`. host.arguments reads its options.
  subcommands = {
    NAME = {
      help = "greets, as often as wished",
      run = function()
        local options = host.arguments{about = "Says hello.", {"times", 1, "how often"}}
        for i = 1, options.times do print("hello from NAME") end
      end,
    },
  },
}
