#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh : all tests of dsi, with their own set-up on an empty Debian 12 or 13. Ends with `N passed, N failed`.
#
#   --help         this text
#   --only TEXT    only the steps whose name holds TEXT
#   --long         also what does not fit 25 minutes: every conformance test on every instruction set, every bundle of imported
#                  operators and of ONNX's node tests, an hour of fuzzing, the compile-time budgets of MobileNetV2, torchvision's
#                  networks, for which it installs PyTorch (about three hours)
# Results and logs: build/tests. A step that cannot run on this machine is named as not run; it counts neither way.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/.." && pwd)
only= long=
while [ $# -gt 0 ]; do case $1 in
  --help | -h) sed -n '3,/^set -/{/^#/p}' "$0" | cut -c3-; exit 0 ;;
  --only) only=${2:?--only needs a text}; shift 2 ;;
  --long) long=1; shift ;;
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
    [ "$p" != 0 ] || [ "$f" != 0 ] || [ "$status" != 0 ] || grep -qa '^not run' "$log" || p=1
  fi
  [ "$status" = 0 ] || [ "$f" != 0 ] || { f=1; }
  passed=$((passed + p)); failed=$((failed + f))
  grep -a '^not run' "$log" || true
  printf '%5d s  %-36s %s passed, %s failed (%d s)\n' $(($(date +%s) - begin)) "$name" "$p" "$f" $(($(date +%s) - t))
  [ "$f" = 0 ] || { echo "----- the last lines of $log"; tail -n 25 "$log"; echo "-----"; }
}

# -O1: what takes the time is compiling.
configure() { cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 ${long:+-DDSI_LONG=ON} -DDSI_EXAMPLES=OFF -DDSI_BENCH=OFF -DDSI_CUDA=OFF "$@"; }
only_was=$only; only=  # the build is a condition of every other step
step "configure" configure
step "build" cmake --build "$work/build" -- -k 0  # all that does not compile at once
only=$only_was
export DSI_TOOL=$work/build/dsi  # built once for all steps
for program in "$work"/build/tests/test_* "$work"/build/tests/*/test_*; do
  [ -x "$program" ] && [ -f "$program" ] || continue
  case $program in
    */test_contracted_*) step "$(basename "$program")" bash "$here/support/run_isa.sh" v3 "$program" ;;
    *) step "$(basename "$program")" "$program" ;;
  esac
done
# A folder of programs for each instruction set. Each program is run; one that fails fails the step.
conformance() {
  local isa=$1 program status=0
  for program in "$work/build/tests/conformance/$isa"/test_*; do
    echo "== $(basename "$program")"
    bash "$here/support/run_isa.sh" "$isa" "$program" || status=1
  done
  return $status
}
for folder in "$work"/build/tests/conformance/{v2,v3,v4,v4_vnni,v4_bf16,aarch64}; do
  [ ! -d "$folder" ] || step "conformance $(basename "$folder")" conformance "$(basename "$folder")"
done
step "conformance aarch64" env DSI_LONG="$long" bash "$here/conformance/aarch64.sh" "$work/aarch64"
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
for compiler in g++ clang++; do
  step "headers $compiler" python3 "$here/structure/headers.py" --compiler $compiler --include "$root/include" --onnx ${nvcc:+--cuda "$nvcc"}
  step "compile_fail $compiler" python3 "$here/compile_fail/run.py" --compiler $compiler --include "$root/include"
done
step "docs" python3 "$here/docs/snippets.py" g++ -march=x86-64-v3
# Kernels of one instruction set under ASan and UBSan, threads under TSan. clang, whose sanitizers compile faster.
sanitized() {
  local name=$1 program status=0; shift
  cmake -S "$root" -B "$work/$name" -G Ninja --preset "$name" -DCMAKE_CXX_COMPILER=clang++ -DDSI_EXAMPLES=OFF -DDSI_BENCH=OFF -DDSI_CUDA=OFF -DDSI_TEST_ISAS= &&
    cmake --build "$work/$name" --target "$@" || return 1
  for program; do "$work/$name/tests/$program" || status=1; done
  return $status
}
ASAN_OPTIONS=detect_stack_use_after_return=1 step "asan+ubsan" sanitized asan test_sanitized test_kernel
step "tsan" sanitized tsan test_parallel
# Imported networks against the answers of their origin, hostile files, fuzzing.
python=$(bash "$root/cmake/python.sh" "$work" || true)
step "hostile files" python3 "$here/golden/hostile.py" "$work/build/dsi"
if [ -n "$python" ]; then
  step "retraining" "$python" "$here/golden/retrain.py" "$work/build/dsi"
  step "imported networks, natively" "$python" "$here/golden/native.py" --program "$work/build/tests/golden/golden_native" --work "$work/golden"
  step "imported networks" "$python" "$here/golden/run.py" --work "$work/golden" --tool "$work/build/dsi" ${long:+--long}
  step "node tests, natively" "$python" "$here/nodes/node_tests.py" --work "$work/nodes" --program "$work/build/tests/golden/golden_native"
  step "node tests" "$python" "$here/nodes/node_tests.py" --work "$work/nodes" --tool "$work/build/dsi" ${long:+--long}
  step "compare" "$python" "$here/compare/run.py" "$work/build/dsi" "$work/compare" --install "$work/build"
else echo "not run imported networks, node tests and compare: no Python with numpy and onnx"
fi
[ -z "$long" ] || step "torchvision" bash "$here/torchvision/run.sh" "$work/torchvision" --tool "$work/build/dsi"
step "fuzzing" env DSI_LONG="$long" bash "$here/fuzz/run.sh" "${python:-python3}" "$work/fuzz"
step "compile budgets" bash "$root/bench/compile/run.sh" --work "$work/compile" $([ -n "$long" ] || echo --quick)
step "examples" bash "$root/examples/run.sh" --quick
step "support_table" bash -c "g++ -std=c++20 -O0 -march=x86-64-v4 -I'$root/include' '$here/support_table/support_table.cpp' -o '$work/support_table' && '$work/support_table' | diff - '$root/docs/support-table.md'"
step "units" bash "$here/units/run.sh" "$work/units"
step "package" bash "$here/package/run.sh" "$work/package"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
