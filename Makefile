# LuaFlow. On a fresh machine with Swift 6: `make demo` or `make test`. Nothing here needs more than GNU make 3.81.

SWIFT  ?= swift
PREFIX ?= /usr/local
PYTHON ?= python3
# More options for the demonstration (DEMO="--digit 4 --mask left --schedule cosine") and the tests (TEST="--filter Flows").
DEMO   ?=
TEST   ?=
# How many random calls `make asan` makes, and which; what `make fuzz` fuzzes (all parsers) and how long each; where the
# official Lua tests are.
CALLS     ?= 10000
SEED      ?= 1
PARSER    ?=
SECONDS   ?= 60
LUA_TESTS ?=
# Which rows of the benchmark `make bench` runs (words in their names; all by default), and more of its options.
ROWS      ?=
OPTIONS   ?=
# The lua-language-server that `make luals` asks.
LUALS     ?= lua-language-server

LUAFLOW := .build/release/luaflow
PICTURE := out/inpainting.png

# In release: the models are large, and what is tested is what ships. The suite is written with Swift Testing alone.
TEST_OPTIONS := -c release --disable-xctest

.PHONY: help setup build demo test notebook-test notebooks asan fuzz lua-tests luals bench docs dist mpi mpi-test \
	install uninstall clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## the system packages, when they are missing
	@sh scripts/setup.sh

build: setup ## the luaflow command, in release
	$(SWIFT) build -c release --product luaflow

demo: build ## problem 3: inpaint a digit, in the terminal and as a picture
	@mkdir -p out
	$(LUAFLOW) run scripts/problem3_inpainting.lua --preset best --out $(PICTURE) $(DEMO)
	@echo "The picture is in $(PICTURE). Now change scripts/inpainting/*.lua, or: make demo DEMO='--digit 4 --steps 600'"

test: ## the whole test suite
	@sh scripts/setup.sh test
	$(SWIFT) test $(TEST_OPTIONS) $(TEST)

asan: setup ## random calls of everything a script can call, under AddressSanitizer (CALLS=10000 SEED=1)
	SWIFT="$(SWIFT)" sh scripts/asan.sh $(CALLS) $(SEED)

fuzz: setup ## the fuzzers of everything that reads files (PARSER=pickle SECONDS=60)
	SWIFT="$(SWIFT)" bash scripts/fuzz.sh "$(PARSER)" $(SECONDS)

lua-tests: build ## the official Lua tests inside the host (LUA_TESTS=folder, from https://www.lua.org/tests/)
	sh scripts/lua_tests.sh "$(LUA_TESTS)"

luals: build ## the definitions for editors, checked by lua-language-server (LUALS=path/to/lua-language-server)
	sh scripts/luals.sh "$(LUALS)"

notebook-test: build ## the notebook's kernel, by jupyter_kernel_test and nbclient from PyPI (PYTHON=python3)
	PYTHON="$(PYTHON)" sh scripts/notebook_test.sh $(LUAFLOW)

notebooks: build ## the notebooks, from the scripts, with what comes out
	PYTHON="$(PYTHON)" sh scripts/notebook_test.sh $(LUAFLOW) --make

bench: build ## every row of scripts/bench beside PyTorch (PYTHON=python3 ROWS="matmul softmax" OPTIONS="--quick")
	"$(PYTHON)" scripts/bench/bench.py --luaflow $(LUAFLOW) $(OPTIONS) $(ROWS)

docs: build ## the web pages, in .build-docs/site (needs Python 3 with venv; MkDocs comes from PyPI)
	PYTHON="$(PYTHON)" sh docs/site/build.sh $(LUAFLOW)

dist: setup ## a Debian package and a tarball that need no Swift, in out/dist (the package needs dpkg-dev)
	SWIFT="$(SWIFT)" sh packaging/build.sh

# What pkg-config calls the MPI library that is there: Open MPI's name or MPICH's.
MPI = $$(pkg-config --exists ompi-c && echo ompi-c || echo mpich)

mpi: setup ## luaflow-mpi, the program for several ranks and machines (with Open MPI or MPICH)
	@sh scripts/setup.sh mpi
	LUAFLOW_MPI=$(MPI) $(SWIFT) build -c release --product luaflow-mpi

mpi-test: mpi ## luaflow-mpi under mpirun: training, chains, ranks that fail (on made-up hosts too, as root on Linux)
	bash Tests/mpi/run.sh .build/release/luaflow-mpi
	@[ "$$(id -u)" -ne 0 ] || ! ip netns list >/dev/null 2>&1 || \
	  sh Tests/mpi/hosts.sh 2 -- bash Tests/mpi/run.sh .build/release/luaflow-mpi

# Where bash, zsh and fish look for completions.
SHARE := $(DESTDIR)$(PREFIX)/share
BASH  := $(SHARE)/bash-completion/completions
ZSH   := $(SHARE)/zsh/site-functions
FISH  := $(SHARE)/fish/vendor_completions.d

install: build ## into PREFIX (now: /usr/local): bin/luaflow; models and scripts in share/luaflow; completions; a manual page
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/luaflow"
	install -m 755 $(LUAFLOW) "$(DESTDIR)$(PREFIX)/bin/luaflow"
	cp -R models scripts "$(SHARE)/luaflow/"
	install -d "$(SHARE)/man/man1"
	sed "s/@VERSION@/$$($(LUAFLOW) --version)/" packaging/luaflow.1 > "$(SHARE)/man/man1/luaflow.1"
	install -d "$(BASH)" "$(ZSH)" "$(FISH)"
	$(LUAFLOW) completions bash > "$(BASH)/luaflow"
	$(LUAFLOW) completions zsh > "$(ZSH)/_luaflow"
	$(LUAFLOW) completions fish > "$(FISH)/luaflow.fish"

uninstall: ## what `make install` put there
	rm -rf "$(DESTDIR)$(PREFIX)/bin/luaflow" "$(SHARE)/luaflow"
	rm -f "$(BASH)/luaflow" "$(ZSH)/_luaflow" "$(FISH)/luaflow.fish" "$(SHARE)/man/man1/luaflow.1"

clean: ## everything that was built or drawn
	rm -rf .build .build-asan .build-tsan .build-docs .build-dist Examples/*/.build Fuzzing/.build Fuzzing/.corpus Fuzzing/.found out
