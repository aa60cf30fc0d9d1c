#!/usr/bin/env bash
# Builds the fuzzers and runs one (or all, one after the other): scripts/fuzz.sh [PARSER] [SECONDS]
#
# Needs a toolchain with libFuzzer: those of swift.org for Linux have it. Inputs that were found interesting stay in
# Fuzzing/.corpus, so a second run goes on where the first one ended; what made a parser fail is left in Fuzzing/.found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
parser=${1:-}
seconds=${2:-60}
swift=${SWIFT:-swift}

tools=$(dirname "$(readlink -f "$(command -v "$swift")")")
runtime=$("$tools/clang" --print-file-name="libclang_rt.fuzzer_no_main-$(uname -m).a")
[ -f "$runtime" ] || { echo "fuzz: this Swift toolchain comes without libFuzzer" >&2; exit 1; }

build() {
    "$swift" build --package-path Fuzzing -c release --sanitize=address \
        -Xswiftc -enable-testing -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp \
        -Xlinker "$runtime" -Xlinker -lstdc++ "$@"
}
build
fuzz=$(build --show-bin-path)/Fuzz

# What lives until the end is no leak, and the sanitizer takes some of it for one: Swift's enums tag their pointers.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi
# An allocation far beyond what a small input justifies is a finding, too: a size was believed before it was checked.
# Leaks of Swift objects show as bytes that stay charged.
options=(-max_len=16384 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 -detect_leaks=0 -print_final_stats=1)

for PARSER in ${parser:-$("$fuzz")}; do
    export PARSER
    corpus=Fuzzing/.corpus/$PARSER
    mkdir -p "$corpus" Fuzzing/.found
    "$fuzz" --seeds . "$corpus"
    echo "== $PARSER, for $seconds seconds"
    "$fuzz" "$corpus" -max_total_time="$seconds" -artifact_prefix="Fuzzing/.found/$PARSER-" "${options[@]}" \
        > "Fuzzing/.found/$PARSER.log" 2>&1 || { tail -n 60 "Fuzzing/.found/$PARSER.log"; exit 1; }
    grep -E 'DONE|stat::(number_of_executed_units|peak_rss_mb)' "Fuzzing/.found/$PARSER.log" | tail -n 3
done
