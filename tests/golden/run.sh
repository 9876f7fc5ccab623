#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh PYTHON WORK DSI : run.py where there is a Python with numpy and onnx. DSI_LONG=1 compiles every model.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! "$1" -c 'import numpy, onnx' 2>/dev/null; then
  echo "not run: golden (no Python with numpy and onnx; set DSI_TEST_PYTHON)"
  exit 0
fi
exec "$1" "$here/run.py" --work "$2" --tool "$3" $([ "${DSI_LONG:-0}" = 1 ] && echo --long)
