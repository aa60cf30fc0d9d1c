"""The kernel against jupyter_kernel_test, and what that does not ask: `make notebook-test`.

The kernel `luaflow` must be installed (`luaflow kernel install`) in a place where Jupyter looks.
"""

import base64
import os
import signal
import sys
import time
import unittest

import jupyter_kernel_test
import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "tools"))
import notebooks

WAIT = 60


class Protocol(jupyter_kernel_test.KernelTests):
    kernel_name = "luaflow"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = "print('hello, world')"
    code_stderr = "io.stderr:write('oops\\n')"
    completion_samples = [
        {"text": "tensor.linsp", "matches": {"linspace"}},
        {"text": "x = math.flo", "matches": {"floor"}},
        {"text": "optim.SGD(t, {nest", "matches": {"nesterov"}},
        {"text": "zzz", "matches": set()},
    ]
    complete_code_samples = ["1 + 1", "print('a')", "for i = 1, 3 do print(i) end", "x = 1\nx", "?tensor"]
    incomplete_code_samples = ["for i = 1, 3 do", "f(", "x = [[a", "function f()\n  return 1"]
    invalid_code_samples = ["x = = 1", "end", "x = 'a"]
    code_page_something = "?tensor.exp"
    code_generate_error = "error('wrong')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "local x = 3\nx + 1", "result": "4"},
        {"code": "'text'", "result": '"text"'},
        {"code": "tensor.eye(3)", "mime": "text/html"},
        {"code": "tensor.eye(9)", "mime": "image/png"},
        {"code": "plot.line{{1, 4, 9}}", "mime": "image/svg+xml"},
    ]
    code_display_data = [
        {"code": "image.show(tensor.eye(8))", "mime": "image/png"},
        {"code": "plot.line{{1, 4, 9}}:show()", "mime": "image/svg+xml"},
        {"code": "notebook.display({1, 2})", "mime": "text/plain"},
    ]
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "tensor.exp"
    code_clear_output = "print('a') notebook.clear()"

    # Cells of the samples above: the test runs them several times.
    code_history_pattern = "6 ? 7"


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "luaflow"
    support_iopub_welcome = True


class Kernel(unittest.TestCase):
    """One kernel for all of these, in order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = start_new_kernel(kernel_name="luaflow")

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel()

    def run_cell(self, code, answers=(), during=None):
        """Runs a cell: the reply's content, and what was published, as (type, content)."""
        answers = list(answers)
        published = []

        def output(message):
            if message["msg_type"] not in ("status", "execute_input"):
                published.append((message["msg_type"], message["content"]))
            if during:
                during(message)

        def answer(message):
            self.client.input(answers.pop(0))

        reply = self.client.execute_interactive(
            code, timeout=WAIT, output_hook=output, stdin_hook=answer, allow_stdin=bool(answers))
        return reply["content"], published

    def reply_to(self, request):
        """The content of the reply to a request; others on the channel are older."""
        while True:
            message = self.client.get_shell_msg(timeout=WAIT)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def value(self, code):
        _, published = self.run_cell(code)
        return next(c["data"]["text/plain"] for t, c in published if t == "execute_result")

    def test_input_is_asked_for(self):
        _, published = self.run_cell("local a = io.read()\nlocal n = io.read('n', 'l')\na .. n + 1", ["héllo", "41"])
        self.assertEqual(published[-1][1]["data"]["text/plain"], '"héllo42"')
        reply, published = self.run_cell("io.read()")
        self.assertEqual(reply["status"], "ok")
        self.assertIn("takes no questions", str(published))

    def test_a_question_is_shown_once(self):
        prompts = []

        def answer(message):
            prompts.append(message["content"]["prompt"])
            self.client.input("x")

        published = []
        self.client.execute_interactive(
            "io.write('one\\ntwo? ') io.read()", timeout=WAIT, stdin_hook=answer, allow_stdin=True,
            output_hook=lambda m: m["msg_type"] == "stream" and published.append(m["content"]["text"]))
        # What waited too long for the question was sent as output.
        self.assertEqual("".join(published) + "".join(prompts), "one\ntwo? ")

    def test_input_can_be_given_up(self):
        request = self.client.execute("io.read() after = true", allow_stdin=True)
        self.client.get_stdin_msg(timeout=WAIT)
        self.manager.interrupt_kernel()
        self.assertEqual(self.reply_to(request)["ename"], "interrupted")
        self.assertEqual(self.value("after == nil"), "true")

    def test_output_comes_while_a_cell_runs(self):
        seen = []

        def interrupt(message):
            if message["msg_type"] == "stream" and not seen:
                seen.append(message["content"]["text"])
                self.manager.interrupt_kernel()

        reply, _ = self.run_cell("print('early') while true do end", during=interrupt)
        self.assertEqual((reply["status"], reply["ename"], seen), ("error", "interrupted", ["early\n"]))

    def test_a_signal_interrupts_too(self):
        def interrupt(message):
            if message["msg_type"] == "stream":
                os.kill(self.manager.provisioner.pid, signal.SIGINT)

        reply, _ = self.run_cell("print('go') while true do end", during=interrupt)
        self.assertEqual(reply["ename"], "interrupted")

    def test_a_thousand_interrupts_lose_nothing(self):
        self.run_cell("kept = 0")
        for _ in range(1000):
            self.manager.interrupt_kernel()
        # All of them are answered, before the next cell: one that is still on its way would stop that.
        answered = 0
        while answered < 1000:
            message = self.client.get_iopub_msg(timeout=WAIT)
            if message["parent_header"].get("msg_type") == "interrupt_request":
                answered += message["content"].get("execution_state") == "idle"
        self.assertEqual(self.value("kept"), "0")
        for round in range(50):
            reply, _ = self.run_cell(
                "kept = kept + 1\nprint('go') while true do end",
                during=lambda m: m["msg_type"] == "stream" and self.manager.interrupt_kernel())
            self.assertEqual(reply["ename"], "interrupted")
        self.assertEqual(self.value("kept"), "50")

    def test_progress_bars_stay_in_their_place(self):
        _, published = self.run_cell(
            "local bar <close> = host.progress(3)\nfor k = 1, 3 do bar:update(k, 'loss') os.execute('sleep 0.2') end")
        kinds = [t for t, _ in published if t.endswith("display_data")]
        self.assertEqual(kinds[0], "display_data")
        self.assertEqual(set(kinds[1:]), {"update_display_data"})
        names = {c["transient"]["display_id"] for t, c in published if t.endswith("display_data")}
        self.assertEqual(len(names), 1)

    def test_a_loop_pauses_into_the_notebook(self):
        asked = []

        def pause(message):
            if message["msg_type"].endswith("display_data") and not asked:
                asked.append(True)
                self.manager.interrupt_kernel()

        code = (
            "local s = {x = tensor.eye(9), trace = {}}\n"
            "for k in host.steps(1e9 // 1 | 0, s) do s.x = s.x * 0.999 s.trace[k] = k end\ns.k")
        reply, published = self.run_cell(code, ["seen = k", "seen > 0", "x", ":stop"], during=pause)
        self.assertEqual(reply["status"], "ok")
        text = "".join(c["text"] for t, c in published if t == "stream")
        self.assertIn("Paused after step", text)
        self.assertIn("true", text)
        # The filmstrip, and what `x` shows: a picture there, no letters.
        strip, x = [c["data"]["image/png"] for _, c in published if "image/png" in c.get("data", {})]
        width = [int.from_bytes(base64.b64decode(p)[16:20], "big") for p in (strip, x)]
        self.assertGreater(width[0], 2 * width[1])
        self.assertEqual(published[-1][0], "execute_result")

    def test_errors_have_the_line(self):
        reply, published = self.run_cell("local t = {}\nlocal function f()\n  t.a.b = 1\nend\nf()")
        self.assertRegex(reply["evalue"], r"^cell \d+:3: attempt to index a nil value \(field 'a'\)$")
        self.assertIn("  t.a.b = 1", "\n".join(reply["traceback"]))
        self.assertEqual(published[-1][0], "error")

    def test_comms_are_refused(self):
        self.assertEqual(self.reply_to(self.client.comm_info()), {"status": "ok", "comms": {}})

    def test_user_expressions(self):
        request = self.client.execute("x = 3", user_expressions={"a": "x + 1", "b": "error('no')"})
        content = self.reply_to(request)
        self.assertEqual(content["user_expressions"]["a"]["data"]["text/plain"], "4")
        self.assertEqual(content["user_expressions"]["b"]["status"], "error")

    def test_places_are_counted_in_letters(self):
        content = self.reply_to(self.client.complete("é = tensor.linsp"))
        self.assertEqual((content["matches"], content["cursor_start"], content["cursor_end"]), (["linspace"], 11, 16))


class Lives(unittest.TestCase):
    """Kernels that end."""

    def test_a_killed_kernel_restarts_clean(self):
        manager, client = start_new_kernel(kernel_name="luaflow")
        try:
            client.execute_interactive("x = 1", timeout=WAIT)
            client.execute("while true do end")
            time.sleep(0.3)
            os.kill(manager.provisioner.pid, signal.SIGKILL)
            manager.restart_kernel(now=True)
            client.wait_for_ready(timeout=WAIT)
            reply = client.execute("x == nil", reply=True, timeout=WAIT)
            self.assertEqual(reply["content"]["status"], "ok")
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def test_it_ends_when_told_while_a_cell_runs(self):
        manager, client = start_new_kernel(kernel_name="luaflow")
        client.execute("while true do end")
        time.sleep(0.3)
        begin = time.monotonic()
        client.stop_channels()
        manager.shutdown_kernel()
        self.assertLess(time.monotonic() - begin, 10)
        self.assertFalse(manager.is_alive())


class Notebooks(unittest.TestCase):
    """The notebooks that ship run from the first cell to the last."""

    def test_notebooks_are_those_of_the_scripts_and_run(self):
        names = [n for n in notebooks.SCRIPTS if os.path.exists(os.path.join(notebooks.FOLDER, n + ".ipynb"))]
        manager, client = start_new_kernel(kernel_name="luaflow")
        try:
            for name in names:
                with self.subTest(name):
                    kept = nbformat.read(os.path.join(notebooks.FOLDER, name + ".ipynb"), as_version=4)
                    nbformat.validate(kept)
                    made = notebooks.notebook(name, client)
                    self.assertEqual([c.source for c in kept.cells], [c.source for c in made.cells])
                    notebooks.execute(made)
        finally:
            client.stop_channels()
            manager.shutdown_kernel()

    def test_cells_share_their_locals_and_pictures_are_kept(self):
        cells = ["local x = tensor.eye(8)", "x", "local bar <close> = host.progress(2)\nbar:update(2)", "print(x:sum():item())"]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        NotebookClient(notebook, timeout=WAIT, kernel_name="luaflow").execute()
        self.assertIn("image/png", notebook.cells[1].outputs[0]["data"])
        self.assertIn("2/2", notebook.cells[2].outputs[0]["data"]["text/plain"])
        self.assertEqual(notebook.cells[3].outputs[0]["text"], "8.0\n")
        nbformat.validate(notebook)


if __name__ == "__main__":
    unittest.main()
