"""The processes that a benchmark holds side by side, and what they are told."""

import json
import os
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


class Missing(Exception):
    """The side has no such row."""


class Failed(Exception):
    """The side answered with an error, or ended."""


class Side:
    """A worker that does rows of work when it is told to: worker.lua in some luaflow, or worker.py."""

    def __init__(self, label, command, threads):
        self.label, self.command, self.threads = label, [str(word) for word in command], threads
        self.process = None

    def start(self):
        """Starts the process, or starts it again after a crash."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(self.threads), cwd=HERE.parent.parent)

    def ask(self, command, first="", second=""):
        """What follows "ok" in the answer."""
        try:
            self.process.stdin.write(f"{command}\t{first}\t{second}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().rstrip("\n")
        except BrokenPipeError:
            answer = ""
        if answer == "missing":
            raise Missing(f"{self.label} has no such row")
        if not (answer == "ok" or answer.startswith("ok ")):
            raise Failed(f"{self.label}: {answer.removeprefix('error ') or f'ended with {self.process.wait()}'}")
        return answer[3:]

    def time(self, row, count):
        """Seconds that one of `count` runs took."""
        return float(self.ask("time", count, row)) / count

    def resident(self):
        """The process's memory, in bytes."""
        listed = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True)
        return 1024 * int(listed.stdout)

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


class LuaFlow(Side):
    def __init__(self, label, program, threads):
        self.program = str(pathlib.Path(program).resolve())
        super().__init__(label, [self.program, "run", HERE / "worker.lua"], threads)

    def load(self, group, inputs):
        self.ask("group", HERE / "rows" / f"{group}.lua", inputs)


class PyTorch(Side):
    def __init__(self, python, threads):
        super().__init__("PyTorch", [python, HERE / "worker.py", threads], threads)
        self.python = str(python)

    def start(self):
        super().start()
        line = self.process.stdout.readline()
        if not line.startswith("ok "):
            raise SystemExit(f"bench: {self.python} has no torch and numpy; PYTHON=... names one that has")
        self.versions = json.loads(line[3:])

    def load(self, group, inputs):
        self.ask("group", group, inputs)


def environment(threads):
    """This one, with the threads that every library is to use."""
    names = ("LUAFLOW_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **{name: str(threads) for name in names}}


def wall(command, threads):
    """Seconds from start to end of a program, which must succeed."""
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], env=environment(threads), capture_output=True, text=True,
                          cwd=HERE.parent.parent)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {done.stderr.strip()}")
    return time.perf_counter() - start
