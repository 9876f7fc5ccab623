#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# python.sh WORK : prints a Python that has numpy and onnx: $DSI_PYTHON (onnx 1.16 or newer), or python3 or a new environment in
# WORK/venv with the versions of python-packages.txt; the latter downloads them. Status 1 and a word on standard error when there is none.
set -euo pipefail
work=$1; mkdir -p "$work"
packages=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/python-packages.txt
onnx=$(sed -n 's/^onnx==//p' "$packages")
newer() { "$1" -c 'import numpy, onnx; assert int(onnx.__version__.split(".")[1]) >= 16' 2>/dev/null; }
has_onnx() { "$1" -c "import numpy, onnx; assert onnx.__version__ == '$onnx'" 2>/dev/null; }
if [ -n "${DSI_PYTHON:-}" ] && newer "$DSI_PYTHON"; then echo "$DSI_PYTHON"; exit 0; fi
for python in python3 "$work/venv/bin/python"; do
  if has_onnx "$python"; then echo "$python"; exit 0; fi
done
echo "making a Python with numpy and onnx $onnx in $work/venv" >&2
for try in 1 2 3; do
  if { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q --retries 3 -r "$packages"; } >"$work/venv.log" 2>&1 && has_onnx "$work/venv/bin/python"; then
    echo "$work/venv/bin/python"; exit 0
  fi
  sleep $((try * 3))
done
echo "no Python with numpy and onnx $onnx: set DSI_PYTHON, or see $work/venv.log" >&2
exit 1
