#!/usr/bin/env python3
"""Random tensor programs, run by PyTorch and by LuaFlow: values, shapes, dtypes and gradients have to agree.

    python3 scripts/tools/differential.py --programs 5000 --seed 1 --luaflow .build/release/luaflow

Programs have positions, masks, reads, writes (also through views), reductions and all four dtypes. Of those that differ the
smallest one that still does is printed in both languages. Needs torch. Exits 1 if any differs.

Where lua-api says something else than PyTorch, the Python side computes what it says: bool counts as int64 in arithmetic,
dtypes promote also where one operand has no dimension, the mean of whole numbers is float32, indices count from 1.
"""
import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
import warnings

import torch

DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64, "bool": torch.bool}
NAMES = {v: k for k, v in DTYPES.items()}


# What Python programs call: PyTorch's operations with lua-api's rules for types.
def number(x):
    return x.long() if isinstance(x, torch.Tensor) and x.dtype == torch.bool else x


def pair(x, y):
    """Two tensors in the type that holds both."""
    if not isinstance(y, torch.Tensor):
        if isinstance(y, int) or x.dtype.is_floating_point:
            kind = torch.int64 if x.dtype == torch.bool else x.dtype
        else:
            kind = torch.float32
        return x.to(kind), torch.tensor(y, dtype=kind)
    kind = torch.promote_types(x.dtype, y.dtype)
    return x.to(kind), y.to(kind)


def numbers(x, y):
    x, y = pair(x, y)
    return number(x), number(y)


def add(x, y): x, y = numbers(x, y); return x + y
def sub(x, y): x, y = numbers(x, y); return x - y
def rsub(x, y): x, y = numbers(x, y); return y - x
def mul(x, y): x, y = numbers(x, y); return x * y
def div(x, y): x, y = pair(x, y); return x / y
def compare(name, x, y): x, y = pair(x, y); return getattr(x, name)(y)
def extreme(name, x, y): x, y = pair(x, y); return getattr(torch, name)(x, y)
def where(x, m, y): x, y = pair(x, y); return torch.where(m, x, y)
def mean(x, *a): return (x if x.dtype.is_floating_point else x.float()).mean(*a)
def total(name, x, *a): return getattr(number(x), name)(*a)
def clamp(x, a, b): x, _ = pair(pair(x, a)[0], b); return number(x).clamp(a, b)
def zero_based(p, extent): return torch.where(p > 0, p - 1, p + extent)


def join(xs, d):
    kind = xs[0].dtype
    for x in xs[1:]:
        kind = torch.promote_types(kind, x.dtype)
    return torch.cat([x.to(kind) for x in xs], d)


def lua_table(v):
    if isinstance(v, list):
        return "{" + ", ".join(map(lua_table, v)) + "}"
    return str(v).lower() if isinstance(v, bool) else repr(v)


class Statement:
    """One line in both languages. Programs are lists of them; what uses a variable that is not there any more goes too."""

    def __init__(self, python, lua, makes=(), uses=()):
        self.python, self.lua, self.makes, self.uses = python, lua, makes, uses


class Writer:
    """Makes one random program, running the Python side on the way so that every line fits the shapes."""

    def __init__(self, rng):
        self.rng, self.lines, self.count = rng, [], 0
        self.scope = {"torch": torch, **{f.__name__: f for f in (
            add, sub, rsub, mul, div, compare, extreme, where, mean, total, clamp, zero_based, join, number)}}

    def tensors(self, test=lambda x: True):
        return [n for n, x in self.scope.items() if isinstance(x, torch.Tensor) and test(x)]

    def pick(self, test=lambda x: True):
        names = self.tensors(test)
        return self.rng.choice(names) if names else None

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def emit(self, python, lua, makes=(), uses=()):
        saved = {n: (x, x.detach().clone(), x._version) for n, x in self.scope.items() if isinstance(x, torch.Tensor)}
        try:
            exec(python, self.scope)
        except (RuntimeError, IndexError, TypeError, ValueError):
            if any(x._version != v for x, _, v in saved.values()):
                raise
            return
        for n in makes:
            x = self.scope[n]
            if x.numel() > 60 or not bool(torch.isfinite(x.double()).all()) or x.double().abs().sum() > 1e9:
                for m in makes:
                    self.scope.pop(m, None)
                return
        self.lines.append(Statement(python, lua, makes, uses))

    def maker(self, dtype=None, shape=None, grad=False):
        r = self.rng
        dtype = dtype or r.choice(list(DTYPES))
        shape = shape if shape is not None else [r.choice([1, 2, 3]) for _ in range(r.choice([0, 1, 1, 2, 2, 3]))]

        def values(rest):
            if rest:
                return [values(rest[1:]) for _ in range(rest[0])]
            if dtype == "bool":
                return r.random() < 0.5
            return r.randint(-4, 4) if dtype == "int64" else r.randint(-12, 12) / 4

        name, v = self.fresh(), values(shape)
        flags = (", requires_grad=True", ", requires_grad = true") if grad else ("", "")
        self.emit(f"{name} = torch.tensor({v!r}, dtype=torch.{dtype}{flags[0]})", f'{name} = tensor({lua_table(v)}, {{dtype = "{dtype}"{flags[1]}}})', (name,))
        return name

    def operand(self, x):
        r = self.rng
        if r.random() < 0.4:
            n = r.choice([r.randint(-3, 3), r.randint(-6, 6) / 4 + 0.125])
            return repr(n), repr(n), ()
        other = self.pick()
        return other, other, (other,)

    def positions(self, extent, shape=None, distinct=False):
        r = self.rng
        shape = shape or [r.randint(1, 3)]
        count = math.prod(shape)
        if distinct:
            picked = r.sample(range(1, extent + 1), min(count, extent))
            picked = [p if r.random() < 0.7 else p - extent - 1 for p in picked]
            shape = [len(picked)]
        else:
            picked = [r.choice([1, -1]) * r.randint(1, extent) for _ in range(count)]
        x = torch.tensor(picked).reshape(shape).tolist()
        return f"zero_based(torch.tensor({x!r}), {extent})", f'tensor({lua_table(x)}, {{dtype = "int64"}})'

    def step(self):
        r = self.rng
        x = self.pick()
        if x is None or r.random() < 0.12:
            return self.maker()
        t = self.scope[x]
        rank = t.dim()
        out = self.fresh()
        d = r.randrange(rank) if rank else 0

        def make(python, lua, uses=()):
            self.emit(f"{out} = {python}", f"{out} = {lua}", (out,), (x, *uses))

        def arithmetic():
            p, l, used = self.operand(t)
            name, python, lua = r.choice([
                ("add", "add", "{x} + {y}"), ("sub", "sub", "{x} - {y}"), ("mul", "mul", "{x} * {y}"), ("rsub", "rsub", "{y} - {x}"), ("div", "div", "{x} / {y}")])
            make(f"{python}({x}, {p})", lua.format(x=x, y=l if not l.startswith("-") else f"({l})"), used)

        def comparing():
            p, l, used = self.operand(t)
            name = r.choice(["eq", "ne", "lt", "le", "gt", "ge"])
            make(f'compare("{name}", {x}, {p})', f"{x}:{name}({l})", used)

        def larger():
            p, l, used = self.operand(t)
            name = r.choice(["maximum", "minimum"])
            if not used and t.dtype == torch.bool:
                return
            make(f'extreme("{name}", {x}, {p})', f"{x}:{name}({l})", used)

        def unary():
            name = r.choice(["neg", "abs", "sign", "relu", "exp", "tanh", "sigmoid"])
            inner = f"number({x})" if name in ("neg", "abs", "relu") else x
            make(f"{inner}.{name}()", f"{x}:{name}()")

        def reducing():
            name = r.choice(["sum", "prod", "cumsum", "mean"])
            if name == "cumsum":
                return make(f"total('cumsum', {x}, {d})", f"{x}:cumsum({d + 1})") if rank else None
            call = "mean({0}" if name == "mean" else f"total('{name}', {{0}}"
            if rank and r.random() < 0.7:
                keep = r.random() < 0.5
                return make(f"{call.format(x)}, {d}, {keep})", f"{x}:{name}({d + 1}, {str(keep).lower()})")
            make(f"{call.format(x)})", f"{x}:{name}()")

        def floating():
            """Reductions of floats: by all elements, or along one dimension."""
            if not t.dtype.is_floating_point or 0 in t.shape:
                return
            name = r.choice(["logsumexp", "softmax", "std", "var", "norm"])
            if name == "softmax":
                return make(f"{x}.softmax({d})", f"{x}:softmax({d + 1})") if rank else None
            along = rank and r.random() < 0.6
            if name == "norm":
                p = r.choice([1, 2, 3, 1.5])
                return make(f"{x}.norm({p}, {d})", f"{x}:norm({p}, {d + 1})") if along else make(f"{x}.norm({p})", f"{x}:norm({p})")
            if name == "logsumexp":
                return make(f"{x}.logsumexp({d if along else tuple(range(rank))})", f"{x}:logsumexp({d + 1 if along else ''})")
            c = r.randint(0, 1)
            make(f"{x}.{name}({f'{d}, ' if along else ''}correction={c})", f"{x}:{name}{{{f'dim = {d + 1}, ' if along else ''}correction = {c}}}")

        def highest():
            if not rank or 0 in t.shape or len(set(t.reshape(-1).tolist())) < t.numel():
                return
            second, k, largest = self.fresh(), r.randint(1, t.shape[d]), r.random() < 0.5
            self.emit(
                f"{out}, {second} = {x}.topk({k}, {d}, {largest}); {second} = {second} + 1",
                f"{out}, {second} = {x}:topk({k}, {d + 1}, {str(largest).lower()})", (out, second), (x,))

        def extremes():
            name = r.choice(["max", "min"])
            if rank and r.random() < 0.7:
                second = self.fresh()
                return self.emit(
                    f"{out}, {second} = {x}.{name}({d}); {second} = {second} + 1", f"{out}, {second} = {x}:{name}({d + 1})", (out, second), (x,))
            make(f"{x}.{name}()", f"{x}:{name}()")

        def arg():
            name = r.choice(["argmax", "argmin"])
            if t.dtype == torch.bool:
                return
            make(f"{x}.{name}({d if rank else ''}) + 1", f"{x}:{name}({d + 1 if rank else ''})")

        def ordering():
            if not rank:
                return
            second, down = self.fresh(), r.random() < 0.5
            self.emit(
                f"{out}, {second} = torch.sort({x}, dim={d}, descending={down}, stable=True); {second} = {second} + 1",
                f"{out}, {second} = {x}:sort({d + 1}, {str(down).lower()})", (out, second), (x,))

        def shaping():
            choices = [(f"{x}.reshape(-1)", f"{x}:reshape(-1)"), (f"{x}.unsqueeze({d})", f"{x}:unsqueeze({d + 1})"), (f"{x}.clone()", f"{x}:clone()")]
            if rank and 0 not in t.shape:
                choices += [(f"{x}.flip({d})", f"{x}:flip({d + 1})"), (f"{x}.transpose(0, {d})", f"{x}:transpose(1, {d + 1})")]
                i = r.randint(1, t.shape[0])
                choices += [(f"{x}[{i - 1}]", f"{x}[{i}]"), (f"{x}[{i - 1}:]", f"{x}[{{{{{i}, -1}}}}]")] * 2
            make(*r.choice(choices))

        def converting():
            name = r.choice(list(DTYPES))
            make(f"{x}.to(torch.{name})", f'{x}:to("{name}")')

        def joining():
            y = self.pick(lambda u: u.dim() == rank and list(u.shape) == list(t.shape))
            if rank and y:
                make(f"join([{x}, {y}], {d})", f"tensor.cat({{{x}, {y}}}, {d + 1})", (y,))

        def reading():
            masks = self.tensors(lambda m: m.dtype == torch.bool and m.dim() <= rank and list(m.shape) == list(t.shape)[:m.dim()] and m.dim() > 0)
            if masks and r.random() < 0.6:
                m = r.choice(masks)
                return make(f"{x}[{m}]", f"{x}[{m}]", (m,))
            if not rank or 0 in t.shape:
                return
            p, l = self.positions(t.shape[0], r.choice([None, [2, 2]]))
            if r.random() < 0.3:
                return make(f"{x}.index_select(0, {p}.reshape(-1))", f"{x}:index_select(1, {l}:reshape(-1))")
            make(f"{x}[{p}]", f"{x}[{l}]")

        def gathering():
            if not rank or 0 in t.shape:
                return
            p, l = self.positions(t.shape[d], list(t.shape))
            make(f"{x}.gather({d}, {p})", f"{x}:gather({d + 1}, {l})")

        def choosing():
            m = self.pick(lambda u: u.dtype == torch.bool)
            if not m:
                return
            p, l, used = self.operand(t)
            kind = r.random()
            if kind < 0.6:
                return make(f"where({x}, {m}, {p})", f"{x}:where({m}, {l})", (m, *used))
            n = r.randint(0, 1)
            if kind < 0.8:
                return make(f"{x}.masked_fill({m}, {n})", f"{x}:masked_fill({m}, {n})", (m,)) if list(self.scope[m].shape) == list(t.shape) else None
            make(f"{x}.masked_select({m})", f"{x}:masked_select({m})", (m,)) if list(self.scope[m].shape) == list(t.shape) else None

        def clamping():
            # No bound is an element: which slope it has there is a convention of its own.
            a, b = sorted([r.randint(-6, 6) / 4 + 0.0625 if t.dtype.is_floating_point or r.random() < 0.5 else r.randint(-2, 2) for _ in range(2)])
            make(f"clamp({x}, {a}, {b})", f"{x}:clamp({a}, {b})")

        def value(shape):
            """What is written: a number of a fitting kind, or a tensor that broadcasts and whose type fits."""
            if r.random() < 0.5:
                n = r.randint(0, 1) if t.dtype == torch.bool else r.randint(-3, 3) if t.dtype == torch.int64 else r.randint(-6, 6) / 4
                return repr(n), repr(n), ()
            rank_of = {torch.bool: 0, torch.int64: 1, torch.float32: 2, torch.float64: 2}
            y = self.pick(lambda u: rank_of[u.dtype] <= rank_of[t.dtype] and (u.dim() == 0 or list(u.shape) == shape))
            return (f"{y}.to({x}.dtype)", y, (y,)) if y else ("0", "0", ())

        def writing():
            if not rank or 0 in t.shape:
                return
            kind = r.random()
            masks = self.tensors(lambda m: m.dtype == torch.bool and 0 < m.dim() <= rank and list(m.shape) == list(t.shape)[:m.dim()])
            if kind < 0.35 and masks:
                m = r.choice(masks)
                n = int(self.scope[m].sum())
                p, l, used = value([n] + list(t.shape)[self.scope[m].dim():])
                python, lua, used = f"{x}[{m}] = {p}", f"{x}[{m}] = {l}", (m, *used)
            elif kind < 0.7:
                index, lua_index = self.positions(t.shape[0], distinct=True)
                n = eval(index, self.scope).numel()
                p, l, used = value([n] + list(t.shape)[1:])
                python, lua = f"{x}[{index}] = {p}", f"{x}[{lua_index}] = {l}"
            else:
                i = r.randint(1, t.shape[0])
                p, l, used = value(list(t.shape)[1:])
                python, lua = f"{x}[{i - 1}] = {p}", f"{x}[{i}] = {l}"
            self.emit(python, lua, (), (x, *used))

        def in_place():
            name = r.choice(["add", "sub", "mul"])
            p, l, used = self.operand(t)
            if used and torch.promote_types(number(t).dtype, self.scope[used[0]].dtype) != t.dtype and not t.dtype.is_floating_point:
                return
            if t.dtype == torch.bool or (not used and "." in p and not t.dtype.is_floating_point):
                return
            if used and list(torch.broadcast_shapes(t.shape, self.scope[used[0]].shape) if _fits(t, self.scope[used[0]]) else [-1]) != list(t.shape):
                return
            p = f"{p}.to({x}.dtype)" if used else p
            self.emit(f"{x}.{name}_({p})", f"{x}:{name}_({l})", (), (x, *used))

        def in_place_of_one():
            if not t.dtype.is_floating_point:
                return
            name = r.choice(["exp", "tanh", "sigmoid", "relu", "abs", "neg", "fill", "clamp", "masked_fill"])
            if name == "fill":
                n = r.randint(-6, 6) / 4
                return self.emit(f"{x}.fill_({n})", f"{x}:fill_({n})", (), (x,))
            if name == "clamp":
                return self.emit(f"{x}.clamp_(-1.0625, 1.0625)", f"{x}:clamp_(-1.0625, 1.0625)", (), (x,))
            if name == "masked_fill":
                m = self.pick(lambda u: u.dtype == torch.bool and list(u.shape) == list(t.shape))
                return self.emit(f"{x}.masked_fill_({m}, 0.5)", f"{x}:masked_fill_({m}, 0.5)", (), (x, m)) if m else None
            self.emit(f"{x}.{name}_()", f"{x}:{name}_()", (), (x,))

        steps = [arithmetic] * 4 + [comparing] * 3 + [floating, floating, highest, in_place_of_one, in_place_of_one] + [
            larger, unary, reducing, reducing, extremes, arg, ordering, shaping, shaping, shaping, converting, joining]
        r.choice(steps + [reading] * 5 + [gathering, choosing, choosing, clamping] + [writing] * 6 + [in_place] * 2)()


def _fits(x, y):
    try:
        torch.broadcast_shapes(x.shape, y.shape)
        return True
    except RuntimeError:
        return False


def program(seed):
    rng = random.Random(seed)
    writer = Writer(rng)
    if rng.random() < 0.4:
        leaf = writer.maker("float64", [rng.randint(1, 3)] + [2] * rng.randint(0, 1), grad=True)
        writer.emit(f"{leaf}_ = {leaf} * 1", f"{leaf}_ = {leaf} * 1", (f"{leaf}_",), (leaf,))
    for _ in range(rng.randint(3, 14)):
        writer.step()
    return writer.lines


def describe(x):
    values = x.detach().reshape(-1).tolist()
    return [NAMES[x.dtype], list(x.shape), [float(v) if x.dtype.is_floating_point else int(v) for v in values]]


def by_python(lines):
    """Name -> dtype, shape and values of all tensors; of leaves the gradients, too."""
    scope = dict(Writer(random.Random(0)).scope)
    try:
        for line in lines:
            exec(line.python, scope)
        names = sorted(n for line in lines for n in line.makes)
        result = {n: describe(scope[n]) for n in names}
        leaves = [n for n in names if scope[n].requires_grad and scope[n].is_leaf]
        sums = [scope[n].double().sum() for n in names if scope[n].requires_grad and not scope[n].is_leaf]
        if leaves and sums:
            sum(sums).backward()
        for n in leaves:
            if scope[n].grad is not None:
                result[n + ".grad"] = describe(scope[n].grad)
        return result
    except (RuntimeError, IndexError) as error:
        return str(error)


LUA_SIDE = """local tensor = require "tensor"
local function describe(name, x)
  local words = {name, x.dtype, "(" .. table.concat(x.shape, " ") .. ")"}
  for _, v in ipairs(x:numel() > 0 and x:detach():reshape(-1):tolist() or {}) do words[#words + 1] = ("%.17g"):format(v) end
  print(table.concat(words, " "))
end
local function run(index, names, body)
  print("program " .. index)
  local env = setmetatable({tensor = tensor}, {__index = _G})
  local ok, message = pcall(function()
    body(env)
    local sum
    for _, n in ipairs(names) do
      local x = env[n]
      describe(n, x)
      if x.requires_grad and not x.is_leaf then local s = x:to("float64"):sum() sum = sum and sum + s or s end
    end
    if sum then sum:backward() end
    for _, n in ipairs(names) do if sum and env[n].is_leaf and env[n].grad then describe(n .. ".grad", env[n].grad) end end
  end)
  if not ok then print("error " .. tostring(message):gsub("\\n.*", "")) end
end
"""


def by_lua(programs, luaflow):
    """The same of every program, by one run of LuaFlow."""
    text = [LUA_SIDE]
    for index, lines in enumerate(programs):
        names = ", ".join(f'"{n}"' for n in sorted(n for line in lines for n in line.makes))
        text.append(f"run({index}, {{{names}}}, function(_ENV)\n" + "\n".join("  " + line.lua for line in lines) + "\nend)")
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as file:
        file.write("\n".join(text))
    try:
        done = subprocess.run([luaflow, "run", file.name], capture_output=True, text=True)
    finally:
        os.unlink(file.name)
    results = []
    for line in done.stdout.splitlines():
        words = line.split(" ")
        if words[0] == "program":
            results.append({})
        elif words[0] == "error":
            results[-1] = line
        else:
            shape = line[line.index("(") + 1:line.index(")")].split()
            values = line[line.index(")") + 1:].split()
            exact = words[1] in ("int64", "bool")
            results[-1][words[0]] = [words[1], [int(e) for e in shape], [int(v) if exact else float(v) for v in values]]
    if len(results) != len(programs):
        sys.exit(f"luaflow ran {len(results)} of {len(programs)} programs: {done.stderr[-2000:]}")
    return results


# What LuaFlow refuses where PyTorch records on: errors, never wrong numbers.
REFUSED = ["cannot be written through a view", "take the view again", "was since overwritten in place", "overwritten in place after it was used", "repeats elements",
           "a leaf that requires a gradient", "a view of a leaf"]


def difference(python, lua):
    """What is not the same, or None."""
    # float64 that was computed from float32 has its digits.
    narrow = not isinstance(python, str) and any(x[0] == "float32" for x in python.values())
    if isinstance(python, str) or isinstance(lua, str):
        if isinstance(python, str) or any(r in lua for r in REFUSED):
            return None
        return f"PyTorch: {python}\nLuaFlow: {lua}"
    for name, x in python.items():
        y = lua.get(name)
        if y is None or x[:2] != y[:2] or len(x[2]) != len(y[2]):
            return f"{name}: PyTorch {x}, LuaFlow {y}"
        tolerance = 1e-5 if narrow or name.endswith(".grad") else 1e-12
        for a, b in zip(x[2], y[2]):
            same = a == b or (math.isnan(a) and math.isnan(b)) or (x[0].startswith("float") and abs(a - b) <= tolerance * max(1, abs(a)))
            if not same:
                return f"{name}: PyTorch {x}, LuaFlow {y}"
    return None


def without(lines, index):
    """The program without one line and what needs its variables."""
    gone = set(lines[index].makes)
    kept = lines[:index]
    for line in lines[index + 1:]:
        if gone.intersection(line.uses) or gone.intersection(line.makes):
            gone.update(line.makes)
        else:
            kept.append(line)
    return kept


def smallest(lines, luaflow):
    while True:
        candidates = [without(lines, i) for i in reversed(range(len(lines)))]
        candidates = [c for c in candidates if c]
        for c, lua in zip(candidates, by_lua(candidates, luaflow) if candidates else []):
            if difference(by_python(c), lua):
                lines = c
                break
        else:
            return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--luaflow", default=".build/release/luaflow")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    programs = [program(options.seed * 10_000_000 + i) for i in range(options.programs)]
    found = None
    count = refused = 0
    for lines, lua in zip(programs, by_lua(programs, options.luaflow)):
        if isinstance(lua, str) and any(r in lua for r in REFUSED):
            refused += 1
        if difference(by_python(lines), lua):
            count += 1
            if found is None or len(lines) < len(found):
                found = lines
    lines = sum(map(len, programs))
    print(f"{len(programs)} programs of {lines} lines: {count} differ; {refused} were refused where PyTorch records through views")
    if found is None:
        return
    found = smallest(found, options.luaflow)
    print("\nThe smallest that differs, in Python and in Lua:\n")
    print("\n".join(line.python for line in found) + "\n\n" + "\n".join(line.lua for line in found) + "\n")
    print(difference(by_python(found), by_lua([found], options.luaflow)[0]))
    sys.exit(1)


if __name__ == "__main__":
    main()
