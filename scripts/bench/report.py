"""What is printed and written of measurements."""

import datetime
import json
import math
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys

TITLES = {
    "flow": "The shipped flow", "training": "Training", "products": "Matrix products", "convolution": "Convolutions",
    "elementwise": "A million elements", "reductions": "Reductions of 1000 x 1000", "order": "Order and decompositions",
    "small": "Small things", "programs": "Whole programs",
}


def seconds(value):
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1 or unit == "µs":
            return f"{value * factor:.3g} {unit}" if value * factor < 1000 else f"{value * factor:.0f} {unit}"


def medians(result):
    return {label: statistics.median(times) for label, times in result["times"].items()}


def ratio(result, label, to):
    """Median over median, and the least and largest quotient of one round."""
    times = result["times"]
    quotients = [a / b for a, b in zip(times[label], times[to])]
    middle = medians(result)
    return middle[label] / middle[to], min(quotients), max(quotients)


def why_not(result):
    if "failed" in result:
        return f"FAILED: {result['failed']}"
    return result.get("missing")


def memory(result):
    """Each side's resident memory after a tenth of the steps and after all of them."""
    parts = [f"{label} {values[0] / 1e6:.1f} MB after {result['steps'] // 10} steps, {values[-1] / 1e6:.1f} after "
             f"{result['steps']}" for label, values in result["resident"].items()]
    return "; ".join(parts)


def line(result):
    """One row for the terminal."""
    name = f"{result['name']:<56}"
    if why_not(result):
        return f"{name} {why_not(result)}"
    if "resident" in result:
        return f"{name} {memory(result)}"
    name += f" (without {result['left_out']} pictures)" if result.get("left_out") else ""
    text = name + "".join(f" {label} {seconds(value):>8} " for label, value in medians(result).items())
    first = next(iter(result["times"]))
    for label in list(result["times"])[1:]:
        middle, least, most = ratio(result, first, label)
        text += f"  {first}/{label} {middle:.2f} ({least:.2f} to {most:.2f})"
    return text


def about(chosen, versions, luaflows):
    """Where and how this was measured."""
    return {
        "processor": processor(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
        "versions": versions, "threads": chosen.threads, "rounds": chosen.rounds, "quick": chosen.quick,
        "load": os.getloadavg()[0], "date": datetime.date.today().isoformat(),
        # File names alone: folders are nobody else's business.
        "command": shlex.join(["bench.py", *(pathlib.Path(word).name if "/" in word else word for word in sys.argv[1:])]),
        "luaflows": {side.label: output(side.program, "--version") for side in luaflows},
        "commit": output("git", "describe", "--always", "--dirty"),
    }


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def processor():
    if platform.system() == "Darwin":
        return output("sysctl", "-n", "machdep.cpu.brand_string")
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    facts = {key.strip(): value.strip() for key, _, value in (entry.partition(":") for entry in lines)}
    family = f", family {facts['cpu family']}, model {facts['model']}" if "cpu family" in facts else ""
    wide = ", AVX-512" if "avx512f" in facts.get("flags", "") else ""
    return facts.get("model name", platform.machine()) + family + wide


def least_time(result, peaks):
    """Seconds that the job would take at the machine's measured peaks; None where its work is not counted."""
    arithmetic = result["flops"] / peaks["float64" if result.get("double") else "float32"]
    traffic = 0
    if result["bytes"]:
        # The copy whose size is nearest: what fits into a cache moves faster.
        rate = min(peaks["copies"], key=lambda copy: abs(math.log(copy[0] / result["bytes"])))[1]
        traffic = result["bytes"] / rate
    return max(arithmetic, traffic) or None


def joined(path, about, results):
    """What was kept in the file, with the new results in place of those of the same name."""
    old = json.loads(path.read_text())["results"] if path.exists() else []
    new = {result["name"] for result in results}
    results = [result for result in old if result["name"] not in new] + results
    results.sort(key=lambda result: (list(TITLES).index(result["group"]), result.get("place", 0)))
    path.write_text(json.dumps({"about": about, "results": results}))
    return about, results


def whole(about, results):
    """RESULTS.md."""
    peaks = about["peaks"]
    copies = ", ".join(f"{rate / 1e9:.0f} GB/s ({size / 1e6:.0f} MB read and written)" for size, rate in peaks["copies"])
    versions = about["versions"]
    text = [
        "# Results", "",
        f"Made by `{about['command']}`: {about['rounds']} rounds in turn, {about['threads']} threads a side, medians; "
        "README.md tells how to read them." + (" A quick run: not to be quoted." if about["quick"] else ""), "",
        "| | |", "|---|---|",
        f"| processor | {about['processor']}; {about['cores']} cores; load {about['load']:.1f} before |",
        f"| system | {about['system']}, {about['date']} |",
        f"| versions | LuaFlow {about['luaflows']['LuaFlow']} ({about['commit']}), PyTorch {versions['torch']}, "
        f"NumPy {versions['numpy']}, Python {versions['python']} |",
        f"| peak of products, measured | {peaks['float32'] / 1e9:.0f} GFLOP/s in float32, "
        f"{peaks['float64'] / 1e9:.0f} in float64 |",
        f"| peak of copying, measured | {copies} |",
    ]
    for group, title in TITLES.items():
        chosen = [result for result in results if result["group"] == group]
        if chosen:
            text += ["", f"## {title}", ""] + table(chosen, peaks)
    return "\n".join(text + growth(results)) + "\n"


def table(results, peaks):
    labels = max((list(result.get("times", {})) for result in results), key=len)
    if not labels:
        return [f"- {result['name']}: {why_not(result) or memory(result)}" for result in results]
    quotients = [f"{labels[0]} / {label} (of one round)" for label in labels[1:]]
    heads = ["", *labels, *quotients, "of the roofline"]
    text = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    notes = []
    for result in results:
        if "times" not in result:
            notes.append(f"- {result['name']}: {why_not(result) or memory(result)}")
            continue
        middle = medians(result)
        cells = [result["name"], *(seconds(middle[label]) if label in middle else "" for label in labels)]
        for label in labels[1:]:
            cells.append("{:.2f} ({:.2f} to {:.2f})".format(*ratio(result, labels[0], label)) if label in middle else "")
        least = least_time(result, peaks)
        cells.append(f"{100 * least / middle[labels[0]]:.0f} %" if least else "")
        text.append(f"| {' | '.join(cells)} |")
        if result.get("left_out"):
            notes.append(f"- {result['name']}: compared without {result['left_out']} pictures at a ReLU's kink (README.md)")
    return text + ([""] + notes if notes else [])


def growth(results):
    """Time per image by the size of the batch."""
    rows = [result for result in results if result["items"] and "times" in result]
    if len(rows) < 2:
        return []
    labels = list(rows[0]["times"])
    text = ["", "## Growth: time per image", "", f"| B | {' | '.join(labels)} |", "|" + "---|" * (len(labels) + 1)]
    for result in sorted(rows, key=lambda result: result["items"]):
        middle = medians(result)
        cells = [seconds(middle[label] / result["items"]) if label in middle else "" for label in labels]
        text.append(f"| {result['items']} | {' | '.join(cells)} |")
    return text
