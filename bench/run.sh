#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh : how fast dsi is on this machine: beside the machine's limits and beside its peers. All set-up on an empty Debian 12 or 13.
#
#   limits     what one core can do: multiply-adds, bandwidth of each cache, calls
#   kernels    every kernel on a list of problems, with GFLOP/s, GB/s and percent of the roof (docs/benchmarking.md)
#   suite      whole networks, by dsi, ONNX Runtime, OpenVINO and hand-written Eigen, results checked first; as a multiple of the
#              network's floor; hot, with cold caches, in a fresh process, after 5 ms idle; percentiles; with one thread and two
#   compile    what the networks cost the compiler, as counts
#
#   --help         this text
#   --quick        fewer rounds, two instruction sets, one thread; no kernels and no compile budgets unless --only names them
#   --only NAME    one of the parts above, or the networks whose titles hold NAME (may be repeated)
#   --list         the networks
#   --docs         writes docs/performance.md and its plots from the results
#   --work DIR     where to build (default build/bench)
# Results: DIR/results: suite.json, kernels.json, table.txt and SVG plots. An hour in full, most of it compilers; a rerun takes five minutes.
# DSI_PYTHON names a Python with numpy and onnx, DSI_PEERS an environment with the peers' wheels (none: no peers).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/.." && pwd)
command="bash bench/run.sh${*:+ $*}"
quick= docs= work=$root/build/bench only=() list=
while [ $# -gt 0 ]; do case $1 in
  --help | -h) sed -n '3,/^set -/{/^#/p}' "$0" | cut -c3-; exit 0 ;;
  --quick) quick=--quick; shift ;;
  --only) only+=("${2:?--only needs a name}"); shift 2 ;;
  --list) list=1; shift ;;
  --docs) docs=--docs; shift ;;
  --work) work=${2:?--work needs a folder}; shift 2 ;;
  *) echo "run.sh: unknown argument $1; see --help" >&2; exit 2 ;;
esac; done
if [ -n "$list" ]; then exec python3 "$here/suite/models.py" --list; fi

parts=(); titles=()
for name in "${only[@]}"; do case $name in
  limits | kernels | suite | compile) parts+=("$name") ;;
  *) titles+=(--only "$name") ;;
esac; done
[ ${#titles[@]} = 0 ] || parts+=(suite)
if [ ${#parts[@]} = 0 ]; then parts=(limits suite); [ -n "$quick" ] || parts=(limits suite kernels compile); fi
wanted() { case " ${parts[*]} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

begin=$(date +%s)
say() { printf '\n==== %s (%d s)\n' "$1" $(($(date +%s) - begin)); }
mkdir -p "$work/results"; work=$(cd "$work" && pwd)
export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache} CMAKE_CXX_COMPILER_LAUNCHER=ccache NINJA_STATUS="[%f/%t] "
say "packages"
bash "$root/cmake/setup.sh"

models=() peers=() targets=()
if wanted suite; then
  say "models and peers"
  python=$(bash "$root/cmake/python.sh" "$work")
  "$python" "$here/suite/models.py" --out "$work/models" "${titles[@]}"
  "$python" "$here/suite/models.py" --list "${titles[@]}" >"$work/names.txt.new"
  # Only when it changes: CMake configures again when it is newer.
  cmp -s "$work/names.txt.new" "$work/models/names.txt" || cp "$work/names.txt.new" "$work/models/names.txt"
  mapfile -t peers < <(bash "$here/peers.sh" "$work")
  targets+=(bench_suite)
fi
if wanted limits; then targets+=(bench_limits); fi
if wanted kernels; then targets+=(bench_kernels); fi

cores=$(nproc) isa= threads=OFF
if [ -n "$quick" ]; then [ "$(uname -m)" != x86_64 ] || isa="v3;v4"
elif [ "$cores" -gt 1 ]; then threads=ON; fi
isa=${DSI_BENCH_ISA:-$isa} threads=${DSI_BENCH_THREADS:-$threads}
if [ ${#targets[@]} -gt 0 ]; then
  say "building"
  wanted suite && models=("-DBENCH_MODELS=$work/models") || models=(-DBENCH_MODELS=)
  cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDSI_TESTS=OFF -DDSI_EXAMPLES=OFF -DDSI_CUDA=OFF "${models[@]}" "-DBENCH_ISA=$isa" \
    -DBENCH_THREADS=$threads ${DSI_TOOL:+"-DDSI_TOOL=$DSI_TOOL" -DDSI_INSTALL=OFF} >"$work/configure.log" 2>&1 || { tail -n 20 "$work/configure.log"; exit 1; }
  cmake --build "$work/build" --target "${targets[@]}"
fi

# On the last core, before others where that is allowed: a measurement that is interrupted says nothing.
pinned() {
  local on=$1; shift
  if chrt -f 5 true 2>/dev/null; then chrt -f 5 taskset -c "$on" "$@"; else taskset -c "$on" "$@"; fi
}
last=$((cores - 1)) bin=$work/build/bench results=$work/results failed=0
if wanted limits; then say "limits"; pinned $last "$bin/limits/bench_limits" $quick --json "$results/limits.json"; fi
if wanted suite; then
  say "suite, one thread"
  rm -f "$results"/threads_*.json
  pinned $last "$bin/suite/bench_suite" --models "$work/models" "${peers[@]}" $quick --json "$results/suite.json" || failed=1
  if [ "$threads" = ON ]; then
    for contender in dsi onnxruntime openvino; do  # each in a process of its own: waiting threads of one would slow down the others
      say "suite, two threads: $contender"
      pinned 0,1 "$bin/suite/bench_suite" --models "$work/models" "${peers[@]}" --quick --threads 2 --contender $contender --json "$results/threads_$contender.json" || failed=1
    done
  fi
fi
if wanted kernels; then
  say "kernels"
  pinned $last "$bin/bench_kernels" $quick --benchmark_out="$results/kernels.json" --benchmark_out_format=json || failed=1
fi
if wanted compile; then say "compile budgets"; bash "$here/compile/run.sh" $quick --work "$work/compile" | tee "$results/compile.txt" || failed=1; fi

say "results"
python3 "$here/report/report.py" "$results" ${docs:+--docs "$root/docs"} --command "$command"
[ $failed = 0 ] || echo "something failed; see above"
exit $failed
