#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh WORK [ARGUMENT...] : installs Debian's PyTorch and torchvision, exports their networks to WORK/cases, and hands them with the
# arguments to real_models.py, beside ONNX Runtime where it can be had. The export takes 2 GB of disk, all of it some five minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
work=$1; shift; mkdir -p "$work"
if ! bash "$root/cmake/setup.sh" python3-torch python3-torchvision python3-onnx; then
  echo "not run torchvision: PyTorch cannot be installed"; exit 0
fi
/usr/bin/python3 -W ignore "$here/export.py" "$work/cases"  # Debian's Python: that of PyTorch
python=$(bash "$root/examples/packages.sh" "$root/build/examples" || bash "$root/cmake/python.sh" "$work")
exec "$python" "$here/real_models.py" --work "$work/build" --cases "$work/cases" "$@"
