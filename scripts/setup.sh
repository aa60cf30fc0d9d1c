#!/bin/sh
# Installs the system packages that LuaFlow needs, when they are missing; `make demo` and `make test` call it first.
# Everything there already: one pkg-config call, nothing printed. Otherwise it says what is missing and what it runs.
# `sh scripts/setup.sh test` looks after what only the tests need as well, `sh scripts/setup.sh mpi` after an MPI.
# Knows apt-get (Debian, Ubuntu) and Homebrew (macOS); uses sudo only when not root; asks no questions.
set -eu

# What pkg-config calls it, Debian's package, Homebrew's formula. Cairo brings fontconfig and, on Debian, a font with it.
packages='
lua5.4    liblua5.4-dev    lua@5.4
openblas  libopenblas-dev  openblas
sleef     libsleef-dev     sleef
cairo     libcairo2-dev    cairo
libzip    libzip-dev       libzip
zlib      zlib1g-dev       zlib
libcrypto libssl-dev       openssl@3
libedit   libedit-dev      libedit
libzmq    libzmq3-dev      zeromq
'
# The sandbox's filter of system calls.
[ "$(uname -s)" = Linux ] && packages="$packages
libseccomp libseccomp-dev -
"

# For the tests only: how to see that it is there, Debian's package, Homebrew's formula (- for none).
test_packages='
command:tmux           tmux            tmux
debian:lua-lpeg        lua-lpeg        -
debian:lua-filesystem  lua-filesystem  -
'

# For luaflow-mpi only, unless there is some MPI.
mpi_packages='
ompi-c          libopenmpi-dev  open-mpi
command:mpirun  openmpi-bin     open-mpi
'

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

have swift || fail "there is no 'swift' on the PATH. LuaFlow needs Swift 6: https://www.swift.org/install"

if [ "$(uname -s)" = Darwin ] && have brew; then
  # Homebrew keeps some of these out of pkg-config's default path.
  prefix=${HOMEBREW_PREFIX:-$(brew --prefix)}
  for formula in lua@5.4 openblas sleef cairo libzip zlib openssl@3 libedit zeromq; do
    PKG_CONFIG_PATH="$prefix/opt/$formula/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
  done
  export PKG_CONFIG_PATH
fi

there() {
  case $1 in
    command:*) have "${1#command:}" ;;
    debian:*) dpkg-query -W -f='${Status}' "${1#debian:}" 2>/dev/null | grep -q 'ok installed' ;;
    *) have pkg-config && pkg-config --exists "$1" ;;
  esac
}

# The way out on every run but the first.
all_there() {
  have pkg-config &&
    pkg-config --exists $(printf '%s' "$packages" | while read -r module _; do printf '%s ' "$module"; done)
}

# What of a table is missing, into missing_apt, missing_brew and names.
look() {
  while read -r module apt brew; do
    [ -n "$module" ] || continue
    there "$module" && continue
    names="$names ${module#*:}"
    [ "$apt" = - ] || missing_apt="$missing_apt $apt"
    [ "$brew" = - ] || missing_brew="$missing_brew $brew"
  done <<END
$1
END
}

run() { say "running: $*"; "$@" >&2; }

# Installs what look found; on failure `why` says what is in the way.
install_missing() {
  say "missing:$names"
  if have apt-get && [ -n "$missing_apt" ]; then
    as_root=''
    if [ "$(id -u)" -ne 0 ]; then
      have sudo || { why="not root and no sudo; as root run: apt-get update && apt-get install -y$missing_apt"; return 1; }
      as_root=sudo
      [ -t 0 ] || as_root='sudo -n'
    fi
    why="apt-get could not install:$missing_apt"
    run $as_root apt-get update -qq &&
      run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing_apt
  elif have brew && [ -n "$missing_brew" ]; then
    why="brew could not install:$missing_brew"
    run brew install $missing_brew
  else
    why="neither apt-get nor brew can install it here. Install with your own package manager:$names"
    return 1
  fi
}

if ! all_there; then
  missing_apt='' missing_brew='' names=''
  have pkg-config || { missing_apt=' pkg-config'; missing_brew=' pkgconf'; names=' pkg-config'; }
  look "$packages"
  install_missing || fail "$why"
  all_there || fail "installed, but pkg-config still does not find all of:$names (PKG_CONFIG_PATH=${PKG_CONFIG_PATH:-})"
  say "done"
fi

if [ "${1:-}" = mpi ]; then
  there ompi-c || there mpich && have mpirun && exit 0
  missing_apt='' missing_brew='' names=''
  look "$mpi_packages"
  install_missing || fail "$why"
  there ompi-c || there mpich || fail "installed, but pkg-config finds neither ompi-c nor mpich"
  say "done"
fi

[ "${1:-}" = test ] || exit 0

# Tests say themselves what they leave out without these: no reason to stop.
missing_apt='' missing_brew='' names=''
look "$test_packages"
[ -n "$names" ] || exit 0
if install_missing; then say "done"; else say "$why; the tests that need it are left out"; fi
