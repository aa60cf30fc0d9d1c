#!/bin/sh
# Installs the system packages that LuaFlow needs, when they are missing; `make demo` and `make test` call it first.
# Everything there already: one pkg-config call, nothing printed. Otherwise it says what is missing and what it runs.
# Knows apt-get (Debian, Ubuntu) and Homebrew (macOS); uses sudo only when not root; asks no questions.
set -eu

# What pkg-config calls it, Debian's package, Homebrew's formula. Cairo brings fontconfig and, on Debian, a font with it.
packages='
lua5.4    liblua5.4-dev    lua@5.4
openblas  libopenblas-dev  openblas
cairo     libcairo2-dev    cairo
libzip    libzip-dev       libzip
zlib      zlib1g-dev       zlib
'

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

have swift || fail "there is no 'swift' on the PATH. LuaFlow needs Swift 6: https://www.swift.org/install"

if [ "$(uname -s)" = Darwin ] && have brew; then
  # Homebrew keeps some of these out of pkg-config's default path.
  prefix=${HOMEBREW_PREFIX:-$(brew --prefix)}
  for formula in lua@5.4 openblas cairo libzip zlib; do
    PKG_CONFIG_PATH="$prefix/opt/$formula/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
  done
  export PKG_CONFIG_PATH
fi

# The way out on every run but the first.
all_there() {
  have pkg-config &&
    pkg-config --exists $(printf '%s' "$packages" | while read -r module _; do printf '%s ' "$module"; done)
}
all_there && exit 0

missing_apt='' missing_brew='' names=''
have pkg-config || { missing_apt=' pkg-config'; missing_brew=' pkgconf'; names=' pkg-config'; }
while read -r module apt brew; do
  [ -n "$module" ] || continue
  if ! have pkg-config || ! pkg-config --exists "$module"; then
    names="$names $module"
    missing_apt="$missing_apt $apt"
    missing_brew="$missing_brew $brew"
  fi
done <<END
$packages
END
say "missing:$names"

run() { say "running: $*"; "$@" >&2; }

if have apt-get; then
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || fail "not root and no sudo; as root run: apt-get update && apt-get install -y$missing_apt"
    as_root=sudo
    [ -t 0 ] || as_root='sudo -n'
  fi
  run $as_root apt-get update -qq
  run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing_apt ||
    fail "apt-get could not install:$missing_apt"
elif have brew; then
  run brew install $missing_brew || fail "brew could not install:$missing_brew"
else
  fail "neither apt-get nor brew here. Install with your own package manager what holds these pkg-config modules:$names"
fi

all_there || fail "installed, but pkg-config still does not find all of:$names (PKG_CONFIG_PATH=${PKG_CONFIG_PATH:-})"
say "done"
