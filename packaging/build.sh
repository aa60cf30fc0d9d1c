#!/bin/sh
# An installation without a compiler: `make dist`, or `sh packaging/build.sh PROGRAM` with a program that is built
# already. Writes out/dist/luaflow-VERSION-SYSTEM-PROCESSOR.tar.gz and, on Debian and its kin, luaflow_VERSION_ARCHITECTURE.deb
# (for which it needs dpkg-dev and binutils). The program carries Swift's runtime in itself; other libraries are the
# system's.
set -eu
cd "$(dirname "$0")/.."
out=out/dist
system=$(uname -s | tr '[:upper:]' '[:lower:]')
processor=$(uname -m)

say() { printf 'dist: %s\n' "$*" >&2; }

program=${1:-}
if [ -z "$program" ]; then
  # A folder of its own: what is linked otherwise is compiled otherwise. On macOS the runtime belongs to the system.
  static=--static-swift-stdlib
  [ "$system" = darwin ] && static=
  ${SWIFT:-swift} build -c release --product luaflow $static --scratch-path .build-dist
  program=.build-dist/release/luaflow
fi
version=$("$program" --version)
grep -q "^## $version\$" CHANGELOG.md || { say "CHANGELOG.md says nothing of $version"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# fill FOLDER: the program and what belongs to it, as below /usr.
fill() {
  mkdir -p "$1/bin" "$1/share/luaflow" "$1/share/man/man1"
  cp "$program" "$1/bin/luaflow"
  chmod 755 "$1/bin/luaflow"
  strip "$1/bin/luaflow" 2>/dev/null || say "no strip: the program keeps its names and is larger"
  # Without what only the sources need: set-up and checks in sh, somebody's own plugins, Python's leavings.
  tar -cf - --exclude '*.sh' --exclude __pycache__ --exclude plugins models scripts | tar -xf - -C "$1/share/luaflow"
  chmod -R u=rwX,go=rX "$1/share/luaflow"
  mkdir -p "$1/share/bash-completion/completions" "$1/share/zsh/site-functions" "$1/share/fish/vendor_completions.d"
  "$program" completions bash > "$1/share/bash-completion/completions/luaflow"
  "$program" completions zsh > "$1/share/zsh/site-functions/_luaflow"
  "$program" completions fish > "$1/share/fish/vendor_completions.d/luaflow.fish"
  sed "s/@VERSION@/$version/" packaging/luaflow.1 | gzip -9n > "$1/share/man/man1/luaflow.1.gz"
}

# Which of Debian's packages have the libraries that the program asks for, as `Depends:` writes them.
depends() {
  mkdir -p "$work/debian"
  printf 'Source: luaflow\n\nPackage: luaflow\nArchitecture: any\n' > "$work/debian/control"
  (cd "$work" && dpkg-shlibdeps -O "$1" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

# The tarball: unpacked anywhere, bin/luaflow finds its models and scripts beside it.
name=luaflow-$version-$system-$processor
fill "$work/$name"
cp LICENSE CHANGELOG.md "$work/$name/share/luaflow/"
needs='(as otool -L bin/luaflow lists them)'
if command -v dpkg-shlibdeps >/dev/null; then needs=$(depends "$work/$name/bin/luaflow"); fi
sed -e "s/@VERSION@/$version/" -e "s/@NEEDS@/$needs/" packaging/INSTALL > "$work/$name/INSTALL"
tar -C "$work" -czf "$out/$name.tar.gz" "$name"

if command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
  architecture=$(dpkg --print-architecture)
  tree=$work/deb
  fill "$tree/usr"
  libraries=$(depends "$tree/usr/bin/luaflow")
  [ -n "$libraries" ] || { say "dpkg-shlibdeps finds no libraries"; exit 1; }
  # Notebooks: the kernel's description names the program where the package puts it.
  if "$program" kernel --help >/dev/null 2>&1; then
    "$program" kernel install --prefix "$tree/usr" >/dev/null
    spec=$tree/usr/share/jupyter/kernels/luaflow/kernel.json
    sed -i 's|"argv":\["[^"]*"|"argv":["/usr/bin/luaflow"|' "$spec"
    grep -qF '"argv":["/usr/bin/luaflow",' "$spec" || { say "$spec names another program: $(cat "$spec")"; exit 1; }
  fi
  documents=$tree/usr/share/doc/luaflow
  mkdir -p "$tree/DEBIAN" "$documents"
  { cat packaging/copyright; printf '\n'; sed 's/^/    /' models/README.md; } > "$documents/copyright"
  gzip -9nc CHANGELOG.md > "$documents/changelog.gz"
  size=$(du -sk "$tree/usr" | cut -f1)
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" \
    -e "s/@DEPENDS@/$libraries/" packaging/control > "$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$tree/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$tree"
  dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/luaflow_${version}_$architecture.deb" >/dev/null
else
  say "no dpkg-dev here: the tarball only"
fi
ls -l "$out" >&2
