#!/usr/bin/env python3
"""Makes the pages of the web site: the guides as they are, and the reference from `luaflow doc --json`.

    python3 docs/site/make_pages.py reference.json docs/guide FOLDER KATEX

writes Markdown and assets into FOLDER/pages and FOLDER/mkdocs.yml. KATEX is the folder with katex.min.js.
"""
import html
import json
import pathlib
import re
import shutil
import sys

here = pathlib.Path(__file__).resolve().parent
repository = here.parent.parent

GUIDES = ["index", "ten-minutes", "problems", "inpainting", "flows", "chains", "notebooks", "plugins", "embedding",
          "performance"]
KINDS = {"property": "property", "setter": "assignment", "operator": "operator", "call": "call"}


def last(name):
    return re.split(r"[.:]", name)[-1]


def prose(text):
    """A documentation's text as HTML, with its `code` and its mathematics between dollar signs, $x$ and not $ x $."""
    def piece(part):
        if part.startswith("`"):
            return "<code>" + html.escape(part[1:-1]) + "</code>"
        if part.startswith("$"):
            return '<span class="arithmatex">\\(' + html.escape(part[1:-1]) + "\\)</span>"
        return html.escape(part)
    # Not the $ within quotation marks, which is a script's text.
    parts = re.split(r"""(`[^`]+`|(?<!["\w])\$[^\s$](?:[^$"]*[^\s$])?\$(?!["\w]))""", text)
    return "".join(piece(part) for part in parts if part)


def paragraphs(text):
    return "".join(f"<p>{prose(' '.join(part.split()))}</p>\n" for part in text.split("\n\n") if part.strip())


class Reference:
    def __init__(self, data):
        self.data = data
        self.places = {}  # where a name's entry stands: page#anchor
        self.types = {kind["name"]: kind for kind in data["types"]}
        self.homes = {}  # the module on whose page a type stands
        for module in data["modules"]:
            for name in module["types"]:
                self.homes.setdefault(name, module["name"])

    # Where things stand.

    def anchor(self, entry):
        kind = "" if entry["kind"] in ("function", "method", "property") else "-" + KINDS[entry["kind"]]
        return re.sub(r"[^\w.:-]", "-", entry["name"]).replace(":", "-method-") + kind

    def groups(self, module):
        """The module's entries with their headings: [(title, what is said first, [[entries that share a page]])]."""
        functions = ([module["call"]] if module.get("call") else []) + module["functions"]
        titled = {name for section in module["sections"] for name in section["names"]}
        short = {id(f): f["name"][len(module["name"]) + 1:] for f in functions}
        rest = [f for f in functions if short[id(f)] not in titled and last(f["name"]) not in titled]
        out = [("Functions", "", rest)] if rest else []
        for section in module["sections"]:
            names = set(section["names"])
            own = [f for f in functions if short[id(f)] in names or last(f["name"]) in names]
            out.append((section["title"], "", own))
        seen = {(tuple(f["signature"]), f["summary"]) for f in functions}
        for name in module["types"]:
            if self.homes[name] != module["name"]:
                continue
            kind = self.types[name]
            members = [m for m in kind["members"] if (tuple(m["signature"]), m["summary"]) not in seen]
            out.append((f"Objects of type `{name}`", kind["summary"], members))
        return out

    def place(self):
        for module in self.data["modules"]:
            page = module["name"] + ".md"
            self.places[module["name"]] = page
            for title, _, entries in self.groups(module):
                for entry in entries:
                    self.places.setdefault(entry["name"], f"{page}#{self.anchor(entry)}")
        for name, module in self.homes.items():
            self.places.setdefault(name, f"{module}.md")

    def link(self, name):
        place = self.places.get(name)
        code = f"<code>{html.escape(name)}</code>"
        return f'<a href="{place.replace(".md", ".html")}">{code}</a>' if place else code

    # Pages.

    def entry(self, entry):
        lines = [f'### `{entry["name"]}` {{ #{self.anchor(entry)} }}', ""]
        kind = KINDS.get(entry["kind"])
        if kind:
            lines[0] = f'### `{entry["name"]}` ({kind}) {{ #{self.anchor(entry)} }}'
        text = "".join(f"<code>{html.escape(line)}</code>" for line in entry["signature"])
        text = text.replace("-&gt;", '<span class="arrow">-&gt;</span>')
        lines.append(f'<div class="signature">{text}</div>')
        body = paragraphs(entry["summary"])
        # What a method is called on is not listed.
        taken = entry["parameters"][0 if entry["kind"] in ("function", "call") else 1:]
        if taken:
            body += '<dl class="options">\n'
            for p in taken:
                given = p.get("fallback") or "nil"
                given = "" if given == "nil" else f", <code>{html.escape(given)}</code> if left out"
                body += f'<dt><code>{html.escape(p["name"] or "...")}</code> {prose(p["expected"])}{given}</dt>'
                body += f'<dd>{prose(p["note"])}</dd>\n' if p["note"] else "\n"
            body += "</dl>\n"
        if entry.get("errors"):
            body += f'<p class="note-line"><strong>Errors:</strong> {prose(entry["errors"])}</p>\n'
        if entry.get("source"):
            body += f'<p class="note-line"><strong>Source:</strong> {prose(entry["source"])}</p>\n'
        if entry["see"]:
            names = ", ".join(self.link(name) for name in entry["see"])
            body += f'<p class="note-line"><strong>See</strong> {names}</p>\n'
        lines.append(f"<div>\n{body}</div>")
        if entry.get("example"):
            lines += ["", "```lua", entry["example"].rstrip(), "```"]
        return "\n".join(lines) + "\n\n"

    def module(self, module):
        text = f'---\ntitle: {module["name"]}\n---\n\n# `{module["name"]}`\n\n'
        text += f'<div>\n{paragraphs(module["summary"])}</div>\n\n'
        for constant in module["constants"]:
            text += f'`{constant["name"]}` is `{constant["value"]}`.\n\n'
        elsewhere = [name for name in module["types"] if self.homes[name] != module["name"]]
        if elsewhere:
            text += f'<p>Adds members to {", ".join(self.link(name) for name in elsewhere)}.</p>\n\n'
        for title, first, entries in self.groups(module):
            text += f"## {title}\n\n"
            if first:
                text += f"<div>\n{paragraphs(first)}</div>\n\n"
            if len(entries) > 2:
                names = ", ".join(
                    f'<a href="#{self.anchor(e)}"><code>{html.escape(last(e["name"]))}</code></a>' for e in entries)
                text += f'<p class="note-line">{names}</p>\n\n'
            text += "".join(self.entry(entry) for entry in entries)
        return text

    def index(self):
        text = "# Reference\n\n"
        text += f"Everything that scripts can name, in version {self.data['version']}: "
        text += "the same as `luaflow doc NAME` prints.\n\n"
        text += "| module | |\n|---|---|\n"
        for module in self.data["modules"]:
            first = re.split(r"(?<=[^.]\.)\s", " ".join(module["summary"].split()))[0].replace("|", "\\|")
            text += f'| [`{module["name"]}`]({module["name"]}.md) | {prose(first)} |\n'
        return text


def guide(name):
    """A guide as it is; `<!-- include FILE -->` stands for a file of the repository, without its heading."""
    text = (repository / "docs/guide" / (name + ".md")).read_text(encoding="utf-8")
    def included(match):
        file = (repository / match[1]).read_text(encoding="utf-8")
        return re.sub(r"^# .*\n", "", file).replace("\n## ", "\n### ")
    text = re.sub(r"<!-- include (\S+) -->", included, text)
    # What a command prints goes into a line of its own: phones are narrow.
    text = re.sub(r"^(luaflow .*?) {5}# (.*)$", r"\1\n# ... \2 ...", text, flags=re.M)
    # A click on a figure shows it in full.
    return re.sub(r"^(!\[[^]]*\]\(([^)]+)\))$", r"[\1](\2)", text, flags=re.M)


def main():
    source, guides, folder, katex = sys.argv[1:]
    folder, guides, katex = pathlib.Path(folder), pathlib.Path(guides), pathlib.Path(katex)
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    (pages / "reference").mkdir(parents=True)
    missing = {path.stem for path in guides.glob("*.md")} - set(GUIDES)
    if missing:
        sys.exit(f"make_pages: guides that GUIDES does not name: {', '.join(sorted(missing))}")
    for name in GUIDES:
        (pages / (name + ".md")).write_text(guide(name), encoding="utf-8")
    shutil.copytree(guides / "figures", pages / "figures")
    (pages / "assets/katex/fonts").mkdir(parents=True)
    for file in [katex / "katex.min.js", katex / "katex.min.css", katex / "LICENSE", *katex.glob("fonts/*.woff2")]:
        shutil.copy(file, pages / "assets/katex" / file.relative_to(katex))
    for asset in ("luaflow.css", "mathematics.js", "worker.js"):
        shutil.copy(here / asset, pages / "assets")

    reference = Reference(json.loads(pathlib.Path(source).read_text(encoding="utf-8")))
    reference.place()
    (pages / "reference/index.md").write_text(reference.index(), encoding="utf-8")
    for module in reference.data["modules"]:
        (pages / "reference" / (module["name"] + ".md")).write_text(reference.module(module), encoding="utf-8")

    nav = "\n".join(f"  - {name}.md" for name in GUIDES)
    names = "\n".join(f"      - reference/{module['name']}.md" for module in reference.data["modules"])
    (folder / "mkdocs.yml").write_text(
        f"INHERIT: {here / 'mkdocs.yml'}\nhooks:\n  - {here / 'hooks.py'}\ndocs_dir: pages\nnav:\n{nav}\n"
        f"  - Reference:\n      - Overview: reference/index.md\n{names}\n", encoding="utf-8")


main()
