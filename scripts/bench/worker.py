"""PyTorch's side of the benchmark, the twin of worker.lua: the same commands, and two more.

    inputs FILE NAME     makes the tensors that the rows of rows/NAME.py work on and writes them as .npz
    rows NAME            what the rows are, as JSON
    peaks                what the machine gives at most, as JSON
"""

import dataclasses
import gc
import importlib
import json
import pathlib
import sys
import time

import numpy
import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE / "peers"), str(HERE / "rows")]


class Worker:
    def inputs(self, file, name):
        # Not numpy.savez(file, **tensors): a row's tensor may be called "file".
        numpy.savez(file, **importlib.import_module(name).inputs())
        return "ok"

    def group(self, name, inputs):
        self.rows_by_name = {}
        gc.collect()
        with numpy.load(inputs) as arrays:
            tensors = {key: torch.from_numpy(numpy.array(arrays[key])) for key in arrays.files}
        self.rows_by_name = {row.name: row for row in importlib.import_module(name).rows(tensors)}
        return "ok"

    def rows(self, _, __):
        facts = []
        for row in self.rows_by_name.values():
            fields = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
            facts.append({key: value for key, value in fields.items() if key not in ("run", "check", "uncertain")})
        return "ok " + json.dumps(facts)

    def check(self, file, name):
        row = self.rows_by_name[name]
        results = (row.check or row.run)()
        if not isinstance(results, (tuple, list)):
            results = [results]
        arrays = {f"r{k}": torch.as_tensor(value).detach().numpy() for k, value in enumerate(results, 1)}
        if row.uncertain:
            arrays["uncertain"] = row.uncertain().numpy()
        numpy.savez(file, **arrays)
        return "ok"

    def time(self, count, name):
        run = self.rows_by_name[name].run
        gc.collect()
        start = time.perf_counter()
        for _ in range(int(count)):
            run()
        return f"ok {time.perf_counter() - start:.9f}"

    def peaks(self, _, __):
        return "ok " + json.dumps(peaks())


def best(work, seconds=0.5):
    """The least time of one call, of those that fit into so many seconds."""
    work()
    least, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - before)
    return least


def peaks():
    """Measured: products of 1500 x 1500, and copies (bytes read and written) of three sizes."""
    found = {}
    for name, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        a = torch.randn(1500, 1500, dtype=dtype)
        out = torch.empty_like(a)
        found[name] = 2 * 1500 ** 3 / best(lambda: torch.matmul(a, a, out=out))
    found["copies"] = []
    for size in (1 << 22, 1 << 26, 1 << 29):
        source = torch.ones(size // 4)
        target = torch.empty_like(source)
        found["copies"].append([2 * size, 2 * size / best(lambda: target.copy_(source))])
    return found


def main():
    torch.set_num_threads(int(sys.argv[1]))
    worker = Worker()
    print("ok " + json.dumps({"python": sys.version.split()[0], "torch": torch.__version__, "numpy": numpy.__version__}),
          flush=True)
    for line in sys.stdin:
        command, first, second = line.rstrip("\n").split("\t", 2)
        try:
            answer = getattr(worker, command)(first, second)
        except Exception as error:
            answer = f"error {type(error).__name__}: {error}".splitlines()[0]
        print(answer, flush=True)


if __name__ == "__main__":
    main()
