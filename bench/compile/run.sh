#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh : what dsi costs its users' compilers, compared with budgets.txt. Exit status 1 when a budget is exceeded.
#
# Budgets are counts, which are the same on every machine with the same compiler: bytes of code per unit, functions, template
# instantiations, calls to allocators, preprocessed bytes. Seconds and memory are printed for information.
#
#   --help         this text
#   --quick        the digit network for one instruction set, and the headers
#   --work DIR     where to build (default build/compile)
# MobileNetV2 needs a Python with numpy and onnx: $DSI_PYTHON, python3, or a new one in the work folder (which downloads both).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
quick=; work=$root/build/compile
while [ $# -gt 0 ]; do case $1 in
  --help | -h) sed -n '3,/^set -/{/^#/p}' "$0" | cut -c3-; exit 0 ;;
  --quick) quick=--quick; shift ;;
  --work) work=${2:?--work needs a folder}; shift 2 ;;
  *) echo "run.sh: unknown argument $1; see --help" >&2; exit 2 ;;
esac; done
mkdir -p "$work"; work=$(cd "$work" && pwd)
export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache}
[ -n "$quick" ] || bash "$root/cmake/setup.sh"

mobilenet=
if [ -z "$quick" ]; then
  mobilenet=$work/models/mobilenet_v2/model.onnx
  if [ ! -f "$mobilenet" ]; then
    python=$(bash "$root/cmake/python.sh" "$work") && "$python" "$root/tests/models/make_models.py" --engine reference --out "$work/models" --only mobilenet_v2 >"$work/models.log" 2>&1 ||
      { echo "not run mobilenet_v2: no Python with numpy and onnx; see $work/venv.log and models.log"; mobilenet=; }
  fi
fi
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMOBILENET="$mobilenet" ${DSI_TOOL:+"-DDSI_TOOL=$DSI_TOOL" -DDSI_INSTALL=OFF} >"$work/configure.log" 2>&1 || { tail -n 20 "$work/configure.log"; exit 1; }
exec python3 "$here/measure.py" $quick "$work/build" "$here/budgets.txt"
