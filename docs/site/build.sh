#!/bin/sh
# The web pages: `sh docs/site/build.sh PROGRAM` writes them to .build-docs/site; `make docs` calls it. Needs Python 3.9
# with venv; MkDocs, its theme and KaTeX come from PyPI into .build-docs/venv, once. The pages load nothing from
# elsewhere.
set -eu
program=$1
cd "$(dirname "$0")/../.."
place=.build-docs
python=$place/venv/bin/python

if ! [ -e "$place/venv/done" ]; then
  "${PYTHON:-python3}" -m venv "$place/venv"
  "$python" -m pip install -q --disable-pip-version-check -r docs/site/requirements.txt
  # A package for another program that has KaTeX in it, fonts and all; what it needs besides is not wanted.
  "$python" -m pip install -q --disable-pip-version-check --no-deps djangocms-katex==1.0.2
  touch "$place/venv/done"
fi
katex=$(ls -d "$place"/venv/lib/python3*/site-packages/djangocms_katex/static/djangocms_katex/vendor/katex)

"$program" doc --json > "$place/reference.json"
"$python" docs/site/make_pages.py "$place/reference.json" docs/guide "$place" "$katex"
# Its notes about other projects are not about ours.
NO_MKDOCS_2_WARNING=1 "$place/venv/bin/mkdocs" build -q --strict -f "$place/mkdocs.yml" -d site
echo "The pages are in $place/site: open index.html, or for the search: $python -m http.server -d $place/site"
