#!/usr/bin/env python3
"""LuaFlow beside PyTorch, row by row and in turn; README.md tells how to read it.

    make bench PYTHON=venv/bin/python ROWS="matmul softmax"
    python3 scripts/bench/bench.py [ROW ...] [--quick] [--compare OTHER_LUAFLOW] [--keep FILE.json]
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile
import time

import numpy

import report
from sides import HERE, Failed, LuaFlow, Missing, PyTorch, wall

GROUPS = ["flow", "training", "products", "convolution", "elementwise", "reductions", "order", "small"]
# The libraries' threads spin for a while after their work: the other side waits until they sleep.
PAUSE = 0.02


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help="words in the names of rows; all rows without any")
    parser.add_argument("--luaflow", default=".build/release/luaflow", help="the program; default %(default)s")
    parser.add_argument("--compare", metavar="LUAFLOW", help="another build, to hold beside it")
    parser.add_argument("--no-peer", action="store_true", help="PyTorch makes inputs and results, but is not timed")
    parser.add_argument("--quick", action="store_true", help="3 short rounds: to see that it works, not to quote")
    parser.add_argument("--rounds", type=int, help="how many; default 7, or 3 with --quick")
    parser.add_argument("--threads", type=int, default=2, help="of every side; default %(default)s")
    parser.add_argument("--list", action="store_true", help="the names of the rows, and nothing else")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE.json",
                        help="adds what is measured to this file; the report shows all that is in it")
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE.md",
                        help="where the tables go; by default RESULTS.md beside this, and nowhere if rows are chosen")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (3 if chosen.quick else 7)
    chosen.least = 0.05 if chosen.quick else 0.2
    return chosen


def difference(sides, row, folder):
    """The largest difference of any side's results from PyTorch's, the last one's, as a part of the largest number, and
    how many pictures were not compared, as PyTorch's side says; an error where it is more than the row allows."""
    found, uncertain = {}, None
    for side in sides:
        path = folder / f"result{len(found)}.npz"
        side.ask("check", path, row["name"])
        with numpy.load(path) as arrays:
            if "uncertain" in arrays.files:
                uncertain = arrays["uncertain"]
            count = sum(name != "uncertain" for name in arrays.files)
            found[side.label] = [arrays[f"r{k}"].astype(float) for k in range(1, count + 1)]
    left_out = 0 if uncertain is None else int(uncertain.sum())
    if left_out and (left_out == len(uncertain) or left_out > max(1, len(uncertain) // 4)):
        raise Failed(f"{left_out} of {len(uncertain)} pictures cannot be compared")
    right = found[sides[-1].label]
    worst = 0
    for label, results in found.items():
        shapes = [[value.shape for value in values] for values in (results, right)]
        if shapes[0] != shapes[1]:
            raise Failed(f"{label} gives shapes {shapes[0]}, {sides[-1].label} {shapes[1]}")
        for a, b in zip(results, right):
            if uncertain is not None and a.shape[:1] == uncertain.shape:
                a, b = a[~uncertain], b[~uncertain]
            apart = numpy.abs(a - b).max() / max(numpy.abs(b).max(), 1e-30)
            if not apart <= row["tolerance"]:
                raise Failed(f"results differ: {label} by {apart:.1e} of the largest number; rounding is {row['tolerance']:.0e}")
            worst = max(worst, apart)
    return worst, left_out


def rounds(sides, chosen, timed):
    """Seconds a run, by side and round; `timed(side)` gives one measurement."""
    times = {side.label: [] for side in sides}
    for turn in range(chosen.rounds):
        for side in sides if turn % 2 == 0 else reversed(sides):
            time.sleep(PAUSE)
            times[side.label].append(timed(side))
    return times


def measure(sides, row, chosen):
    """Times in turn; every side does as many runs a round as fill `least` seconds."""
    counts = {}
    for side in sides:
        first = side.time(row["name"], 1)
        again = side.time(row["name"], 1) if first < 1 else first
        counts[side.label] = max(1, round(chosen.least / max(min(first, again), 1e-7)))
    return rounds(sides, chosen, lambda side: side.time(row["name"], counts[side.label]))


def watch_memory(sides, row, chosen):
    """The resident bytes of every side after each tenth of the runs."""
    steps = (row["memory"] // 10 if chosen.quick else row["memory"]) // 10
    memory = {}
    for side in sides:
        memory[side.label] = []
        for _ in range(10):
            side.time(row["name"], steps)
            memory[side.label].append(side.resident())
    return 10 * steps, memory


def do_row(row, sides, timed, folder, chosen):
    """What is known of the row afterwards: times or memory, or why not."""
    result = dict(row)
    try:
        worst, result["left_out"] = difference(sides, row, folder)
        result["difference"] = float(worst)
        if row["memory"]:
            result["steps"], result["resident"] = watch_memory(timed, row, chosen)
        else:
            result["times"] = measure(timed, row, chosen)
    except Missing as reason:
        result["missing"] = f"{reason} yet"
    except Failed as reason:
        result["failed"] = str(reason)
    return result


def programs(python, threads):
    """Rows that are whole programs, by the wall: name, the command of a luaflow, PyTorch's command."""
    return [
        ("start-up: luaflow -e '', import torch", lambda program: [program, "-e", ""], [python, "-c", "import torch"]),
        ("problem 3, the whole program", lambda program: [program, "run", HERE / "inpainting.lua"],
         [python, HERE / "peers/inpainting.py", "--threads", threads]),
    ]


def do_program(name, command, peer, timed, chosen):
    commands = {side.label: command(side.program) if isinstance(side, LuaFlow) else peer for side in timed}
    result = {"name": name, "group": "programs", "items": 0, "flops": 0, "bytes": 0}
    try:
        result["times"] = rounds(timed, chosen, lambda side: wall(commands[side.label], chosen.threads))
    except Failed as reason:
        result["failed"] = str(reason)
    return result


class Bench:
    """One run of the chosen rows."""

    def __init__(self, chosen):
        self.chosen = chosen
        self.torch = PyTorch(sys.executable, chosen.threads)
        self.luaflows = [LuaFlow("LuaFlow", chosen.luaflow, chosen.threads)]
        if chosen.compare:
            self.luaflows.append(LuaFlow("other", chosen.compare, chosen.threads))
        self.sides = self.luaflows + [self.torch]
        self.timed = self.luaflows if chosen.no_peer else self.sides
        self.results = []

    def run(self):
        for side in self.sides:
            side.start()
        about = report.about(self.chosen, self.torch.versions, self.luaflows)
        about["peaks"] = json.loads(self.torch.ask("peaks"))
        with tempfile.TemporaryDirectory() as folder:
            for group in GROUPS:
                self.do_group(group, pathlib.Path(folder))
        self.do_programs()
        for side in self.sides:
            side.close()
        return about, self.results

    def names(self):
        """The chosen rows' names."""
        self.torch.start()
        with tempfile.TemporaryDirectory() as folder:
            found = [row["name"] for group in GROUPS for row in self.rows(group, pathlib.Path(folder) / "inputs.npz")]
        return found + [name for name, _, _ in programs(self.torch.python, self.chosen.threads) if self.is_chosen(name)]

    def is_chosen(self, name):
        # As whole words, so that "B = 1" is not "B = 16", too.
        words = [rf"(?<!\w){re.escape(words)}(?!\w)" for words in self.chosen.rows]
        return not words or any(re.search(word, name, re.IGNORECASE) for word in words)

    def rows(self, group, inputs):
        """The chosen rows of a group, whose inputs are written for all sides."""
        self.torch.ask("inputs", inputs, group)
        self.torch.load(group, inputs)
        facts = json.loads(self.torch.ask("rows"))
        return [{**row, "group": group, "place": place} for place, row in enumerate(facts) if self.is_chosen(row["name"])]

    def do_group(self, group, folder):
        inputs = folder / "inputs.npz"
        rows = self.rows(group, inputs)
        failed = None
        for side in self.luaflows if rows else []:
            try:
                side.load(group, inputs)
            except Failed as reason:
                failed = {"failed": str(reason)}
        for row in rows:
            self.note({**row, **(failed or do_row(row, self.sides, self.timed, folder, self.chosen))})
            for side in self.luaflows:
                if side.process.poll() is not None:  # It crashed, and the row says so.
                    side.start()
                    side.load(group, inputs)

    def do_programs(self):
        for name, command, peer in programs(self.torch.python, self.chosen.threads):
            if self.is_chosen(name):
                self.note(do_program(name, command, peer, self.timed, self.chosen))

    def note(self, result):
        self.results.append(result)
        print(report.line(result), flush=True)


def main():
    chosen = options()
    bench = Bench(chosen)
    if chosen.list:
        return print(*bench.names(), sep="\n")
    for program in filter(None, (chosen.luaflow, chosen.compare)):
        if not pathlib.Path(program).exists():
            raise SystemExit(f"bench: there is no {program}: make build")
    about, results = bench.run()
    if not results:
        raise SystemExit(f"bench: no row has the words {' or '.join(chosen.rows)} in its name; --list lists them")
    if chosen.keep:
        about, results = report.joined(chosen.keep, about, results)
    if chosen.report or chosen.keep or not chosen.rows:
        path = chosen.report or HERE / "RESULTS.md"
        path.write_text(report.whole(about, results))
        print(f"written: {path}")
    if any("failed" in result for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
