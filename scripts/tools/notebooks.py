#!/usr/bin/env python3
"""Makes the notebooks from the scripts, runs them, and keeps what came out: `make notebooks`.

    python3 scripts/tools/notebooks.py [--only NAME]...

A script's leading comment, and every comment above a paragraph of code, becomes text; a cell is one or more paragraphs that are
whole statements. Figures that the script saves are the values of their cells. Needs nbclient, and the kernel `luaflow` where
Jupyter looks (`luaflow kernel install`).
"""

import argparse
import os
import re
import tempfile

import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "notebooks")
SCRIPTS = [
    "problem1_log_derivative", "problem2_projection", "problem3_inpainting", "problem4_glow", "problem5_gamblers_ruin",
    "problem6_sgd", "my_transform",
]
# Where the scripts' own modules are, seen from a notebook.
SETUP = 'package.path = "../scripts/?.lua;../scripts/?/init.lua;" .. package.path'
SAVE = ":save(options.out)"


def is_comment(line):
    return line.startswith("--") and not line.startswith("---")


def prose(lines):
    """Comment lines as Markdown: what is indented stays as it is."""
    result, block = [], False
    for line in lines:
        text = line[2:].removeprefix(" ")
        indented = text.startswith("  ")
        if indented != block and (indented or text):
            result.append("```" if block else "\n```text")
            block = indented
        if block:
            result.append(text[2:])
        else:
            result.append(re.sub(r"([*_<\[\]`$|])", r"\\\1", text))
    if block:
        result.append("```")
    return "\n".join(result).strip()


def paragraphs(text):
    """Runs of lines between blank ones, as lists."""
    return [p.split("\n") for p in re.split(r"\n\s*\n", text.strip("\n"))]


def is_complete(client, code):
    request = client.is_complete(code)
    while True:
        message = client.get_shell_msg(timeout=60)
        if message["parent_header"].get("msg_id") == request:
            return message["content"]["status"] == "complete"


def cells(script, client):
    """The cells of a script: ("markdown" or "code", source)."""
    with open(os.path.join(ROOT, "scripts", script + ".lua"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    head = next(i for i, line in enumerate(lines) if not is_comment(line))
    title, *rest = lines[:head]
    made = f"Made from [scripts/{script}.lua](../scripts/{script}.lua) by `make notebooks`."
    result = [("markdown", "# " + prose([title]).rstrip(".")), ("markdown", prose(rest) + "\n\n" + made), ("code", SETUP)]
    code = []
    for paragraph in paragraphs("\n".join(lines[head:])):
        if not code:
            count = next((i for i, line in enumerate(paragraph) if not is_comment(line)), len(paragraph))
            if count:
                result.append(("markdown", prose(paragraph[:count])))
            paragraph = paragraph[count:]
        code += ([""] if code else []) + paragraph
        if code and is_complete(client, "\n".join(code)):
            result += [("code", part) for part in split_at_figure(code)]
            code = []
    assert not code, f"{script} ends within a statement"
    return result


def split_at_figure(lines):
    """A figure that is saved is shown instead, as the value of a cell."""
    place = next((i for i, line in enumerate(lines) if line.endswith(SAVE)), None)
    if place is None:
        return ["\n".join(lines)]
    figure = lines[:place] + [lines[place].removesuffix(SAVE)]
    rest = [line for line in lines[place + 1:] if not line.startswith('print("figure ')]
    return ["\n".join(part) for part in (figure, rest) if any(part)]


def notebook(script, client):
    """A notebook without outputs."""
    made = nbformat.v4.new_notebook()
    for number, (kind, source) in enumerate(cells(script, client)):
        new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        cell = new(source)
        cell["id"] = f"cell-{number}"
        made.cells.append(cell)
    return made


def execute(made):
    """Runs all cells beside a folder `scripts`, in a place where files may be left."""
    with tempfile.TemporaryDirectory() as place:
        os.symlink(os.path.join(ROOT, "scripts"), os.path.join(place, "scripts"))
        folder = os.path.join(place, "notebooks")
        os.mkdir(folder)
        NotebookClient(
            made, timeout=1200, kernel_name="luaflow", record_timing=False, resources={"metadata": {"path": folder}}
        ).execute()


def shorten(made):
    """Takes out what is another in every run or there twice: progress bars, SVG beside PNG."""
    made.metadata.get("language_info", {}).pop("version", None)
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [
            o for o in cell.outputs
            if not (o.output_type == "display_data" and o.data.get("text/plain", "").startswith("["))]
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                output.data.pop("image/svg+xml", None)


def main():
    parser = argparse.ArgumentParser(description="Makes the notebooks from the scripts, outputs included.")
    parser.add_argument("--only", action="append", help="one of the scripts, without .lua; may be repeated")
    options = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    manager, client = start_new_kernel(kernel_name="luaflow")
    try:
        for script in options.only or SCRIPTS:
            made = notebook(script, client)
            execute(made)
            shorten(made)
            nbformat.write(made, os.path.join(FOLDER, script + ".ipynb"))
            print(f"notebooks/{script}.ipynb: {len(made.cells)} cells")
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


if __name__ == "__main__":
    main()
