#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh : all tests of dsi, with their own set-up on an empty Debian 12 or 13. Ends with `N passed, N failed`.
#
#   --help         this text
#   --only TEXT    only the steps whose name holds TEXT
# Results and logs: build/tests. A step that cannot run on this machine is named as not run; it counts neither way.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/.." && pwd)
only=
while [ $# -gt 0 ]; do case $1 in
  --help | -h) sed -n '3,/^set -/{/^#/p}' "$0" | cut -c3-; exit 0 ;;
  --only) only=${2:?--only needs a text}; shift 2 ;;
  *) echo "run.sh: unknown argument $1; see --help" >&2; exit 2 ;;
esac; done
bash "$root/cmake/setup.sh"
work=$root/build/tests; mkdir -p "$work"
export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache} CMAKE_CXX_COMPILER_LAUNCHER=ccache
passed=0; failed=0; begin=$(date +%s)

# step NAME COMMAND...: runs it; adds what its last `N passed, N failed` line says (doctest's `test cases` line counts as well).
step() {
  local name=$1; shift
  case $name in *"$only"*) ;; *) return 0 ;; esac
  local log=$work/${name//[^A-Za-z0-9_]/_}.log status=0 t; t=$(date +%s)
  "$@" >"$log" 2>&1 || status=$?
  local line p=0 f=0
  line=$(grep -aE '(^|[^0-9])[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1 || true)
  if [ -n "$line" ]; then p=$(sed -E 's/.*([^0-9]|^)([0-9]+) passed, .*/\2/' <<<"$line"); f=$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$line")
  else
    p=$(grep -a '^\[doctest\] test cases:' "$log" | sed -E 's/.*\| *([0-9]+) passed.*/\1/' | awk '{s+=$1} END {print s+0}' || true)
    f=$(grep -a '^\[doctest\] test cases:' "$log" | sed -E 's/.*\| *([0-9]+) failed.*/\1/' | awk '{s+=$1} END {print s+0}' || true)
    [ "$p" != 0 ] || [ "$f" != 0 ] || p=1
  fi
  [ "$status" = 0 ] || [ "$f" != 0 ] || { f=1; }
  passed=$((passed + p)); failed=$((failed + f))
  grep -a '^not run' "$log" || true
  printf '%5d s  %-36s %s passed, %s failed (%d s)\n' $(($(date +%s) - begin)) "$name" "$p" "$f" $(($(date +%s) - t))
  [ "$f" = 0 ] || { echo "----- the last lines of $log"; tail -n 25 "$log"; echo "-----"; }
}

configure() { cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDSI_EXAMPLES=OFF -DDSI_BENCH=OFF -DDSI_CUDA=OFF "$@"; }
only_was=$only; only=  # the build is a condition of every other step
step "configure" configure
step "build" cmake --build "$work/build"
only=$only_was
for program in "$work"/build/tests/test_* "$work"/build/tests/*/test_*; do
  [ -x "$program" ] && [ -f "$program" ] || continue
  step "$(basename "$program")" "$program"
done
# Conformance: a program per operator. At -O1, since the largest have some hundred networks in them.
conformance() {
  local name; name=$(basename "$1" .cpp)
  ccache g++ -std=c++20 -O1 -ffp-contract=off -march=x86-64-v3 -I"$root/include" -I"$here" -c "$1" -o "$work/$name.o" &&
    g++ "$work/$name.o" "$work/doctest_main.o" -o "$work/$name" -pthread && "$work/$name"
}
g++ -std=c++20 -O1 -c "$here/support/doctest_main.cpp" -o "$work/doctest_main.o"
for source in "$here"/conformance/*_test.cpp; do
  step "conformance $(basename "$source" _test.cpp) (v3)" conformance "$source"
done
# CUDA: compiled where nvcc is found, run where there is a GPU.
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
cuda() {
  "$nvcc" -std=c++20 --Werror=all-warnings -I"$root/include" "$here/cuda/engine_test.cu" -o "$work/cuda_engine" || return 1
  local s=0; "$work/cuda_engine" || s=$?
  if [ $s = 77 ]; then echo "not run cuda: compiled, but there is no GPU"; return 0; fi
  return $s
}
if [ -n "$nvcc" ]; then step "cuda" cuda; else echo "not run cuda: no nvcc"; fi
step "structure" bash -c "cd '$here/structure' && python3 rules_test.py && python3 include_order.py '$root/include' && python3 source_rules.py '$root'"
step "compile_fail g++" python3 "$here/compile_fail/run.py" --compiler g++ --include "$root/include"
step "docs" python3 "$here/docs/snippets.py" g++ -march=x86-64-v3
step "support_table" bash -c "g++ -std=c++20 -O0 -march=x86-64-v4 -I'$root/include' '$here/support_table/support_table.cpp' -o '$work/support_table' && '$work/support_table' | diff - '$root/docs/support-table.md'"
step "units" bash "$here/units/run.sh" "$work/units"
step "package" bash "$here/package/run.sh" "$work/package"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
