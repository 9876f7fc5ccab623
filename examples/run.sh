#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh : builds the examples and runs them, with all set-up on an empty Debian 12 or 13.
#
# First the digits program: it reads handwritten digits, shows the cost of each layer, and proves that its counters see an
# allocation, a lock and a system call in the run path. Then the other examples. file_type and voice_activity take their networks from
# Python packages: without a network they are skipped. Exit status 1 when anything is not as it should be.
#
#   --help         this text
#   --quick        the other examples check themselves without measuring time, or on fewer files
# Built in build/examples; a second run takes seconds.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/.." && pwd)
quick=
while [ $# -gt 0 ]; do case $1 in
  --help | -h) sed -n '3,/^set -/{/^#/p}' "$0" | cut -c3-; exit 0 ;;
  --quick) quick=--quick; shift ;;
  *) echo "run.sh: unknown argument $1; see --help" >&2; exit 2 ;;
esac; done

begin=$(date +%s)
say() { printf '\n==== %s (%d s)\n\n' "$1" $(($(date +%s) - begin)); }
summary=(); failed=0
good() { summary+=("ok      $1"); }
bad() { summary+=("FAILED  $1"); failed=$((failed + 1)); }

say "packages"
bash "$root/cmake/setup.sh"
work=$root/build/examples; mkdir -p "$work"
python=$(bash "$here/packages.sh" "$work") || { python=; summary+=("not run file_type, voice_activity: their Python packages cannot be had"); }
site=${python:+$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')}
export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache} NINJA_STATUS="[%f/%t] "

say "building: each network once for every instruction set of this processor family"
cmake -S "$root" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDSI_TESTS=OFF -DDSI_BENCH=OFF "-DDSI_EXAMPLE_PACKAGES=$site" ${DSI_TOOL:+"-DDSI_TOOL=$DSI_TOOL" -DDSI_INSTALL=OFF} >"$work/configure.log" 2>&1 || { cat "$work/configure.log"; exit 1; }
cmake --build "$work"
bin=$work/examples

# run NAME COMMAND...: must end with status 0.
run() {
  say "$1"
  if "${@:2}"; then good "$1"; else bad "$1"; fi
}
# must_turn_red KIND COUNTER: digits --inject KIND must end with status 1, unless that counter cannot work on this machine.
must_turn_red() {
  local log=$work/inject_$1.log status=0
  "$bin/digits" --inject "$1" >"$log" 2>&1 || status=$?
  grep -E '^in 10,000 runs|^FAILED' "$log" || true
  if [ $status = 1 ] && grep -q '^FAILED: the run path' "$log"; then good "digits --inject $1 turns red"
  elif [ $status = 0 ] && grep -q "$2 not available here" "$log"; then summary+=("not run digits --inject $1: the counter of $2 does not work on this machine")
  else bad "digits --inject $1 ended with status $status instead of 1; see $log"; fi
}

run "digits" "$bin/digits"
run "digits --profile" "$bin/digits" --profile
say "digits --inject malloc, lock, syscall: each must be seen"
must_turn_red malloc allocations
must_turn_red lock locks
must_turn_red syscall "system calls"
run "by_hand" "$bin/by_hand" $quick
run "streaming" "$bin/streaming" $quick
if [ -x "$bin/kernels" ]; then run "kernels" "$bin/kernels" $quick; else summary+=("not run kernels: Google Benchmark is missing"); fi
if [ -n "$python" ]; then
  run "file_type" "$python" "$here/file_type/compare.py" "$bin/file_type" ${quick:+--files 100}
  if sounds=$(bash "$here/voice_activity/sounds.sh" "$work") && "$python" "$here/voice_activity/sample.py" "$sounds" "$work/speech.wav"; then
    run "voice_activity" "$python" "$here/voice_activity/compare.py" "$bin/voice_activity" "$work/speech.wav"
  else summary+=("not run voice_activity: no recording to listen to"); fi
fi

say "summary"
printf '%s\n' "${summary[@]}"
[ $failed = 0 ] && echo "all examples work" || echo "$failed failed"
[ $failed = 0 ]
