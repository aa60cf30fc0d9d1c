"""What MkDocs is told beside its settings."""
import os
import pathlib
import re

# What the theme's pages load from elsewhere, of which worker.js is ours.
SHIM = "https://unpkg.com/iframe-worker/shim"


def on_post_build(config, **_):
    site = pathlib.Path(config["site_dir"])
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        ours = os.path.relpath(site / "assets/worker.js", page.parent)
        text = text.replace(SHIM, ours)
        foreign = re.search(r"""<(?:script|link|img)[^>]*(?:src|href)=["']?https?://[^"' >]*""", text)
        if foreign:
            raise SystemExit(f"{page}: loads something from elsewhere: {foreign[0]}")
        page.write_text(text, encoding="utf-8")
