#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh PYTHON WORK [SECONDS] : builds the fuzz target with clang's sanitizers, makes seeds, and runs it (60 s; DSI_LONG=1: an hour).
# A crash is kept as WORK/crash-*, OOM as WORK/oom-*, a hang as WORK/timeout-*.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
python=$1 work=$2 seconds=${3:-$([ "${DSI_LONG:-0}" = 1 ] && echo 3600 || echo 60)}
command -v clang++ >/dev/null || { echo "not run: fuzzing (no clang++)"; exit 0; }
mkdir -p "$work/corpus" "$work/seeds"; cd "$work"
flags=(-std=c++20 -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -DDSI_ONNX "-I$root/include")
compile=(clang++)
if command -v ccache >/dev/null; then compile=(ccache clang++); fi
"${compile[@]}" "${flags[@]}" -fsanitize=fuzzer-no-link -c "$here/onnx_reader_fuzz.cpp" -o fuzz.o
clang++ "${flags[@]}" -fsanitize=fuzzer fuzz.o -o fuzz -lonnx_proto -lprotobuf
cp "$root"/tests/golden/hostile/*.onnx "$root/examples/digits/digits.onnx" seeds/
if "$python" -c 'import numpy, onnx' 2>/dev/null; then
  "$python" "$here/make_corpus.py" seeds seeds >/dev/null
  [ -f models/.complete ] || "$python" "$root/tests/models/make_models.py" --out models --only every_op --engine auto >/dev/null && touch models/.complete
  for model in models/every_op/*/model.onnx; do cp "$model" "seeds/$(basename "$(dirname "$model")").onnx"; done
else
  echo "not run: fuzzing from models of every operator (no Python with numpy and onnx)"
fi
status=0
timeout $((seconds + 300)) ./fuzz -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2560 -timeout=30 -print_final_stats=1 corpus seeds >log 2>&1 || status=$?
grep -aE 'stat::(number_of_executed_units|average_exec_per_sec)' log || true
if [ $status != 0 ]; then grep -aE 'ERROR|runtime error|SUMMARY|Test unit' log | head -n 5; grep -aE '^ +#[0-9]+ .*dsi' log | head -n 12; echo "0 passed, 1 failed"; exit 1; fi
echo "1 passed, 0 failed"
