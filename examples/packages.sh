#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packages.sh WORK : prints a Python that has what python-packages.txt lists: that of WORK/venv, which it makes and fills when
# needed. Status 1 and one line on standard error when it cannot, as without a network.
set -euo pipefail
work=$1; here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); mkdir -p "$work"
python=$work/venv/bin/python
complete() { [ -x "$python" ] && cmp -s "$here/python-packages.txt" "$work/venv/packages.txt" && "$python" -c 'import magika, onnxruntime, numpy' 2>/dev/null; }
if complete; then echo "$python"; exit 0; fi
for try in 1 2; do
  if { python3 -m venv "$work/venv" && timeout 300 "$python" -m pip install -q --no-deps --only-binary :all: --retries 1 --timeout 10 -r "$here/python-packages.txt" &&
       cp "$here/python-packages.txt" "$work/venv/packages.txt"; } >"$work/venv.log" 2>&1 && complete; then
    echo "$python"; exit 0
  fi
done
echo "packages.sh: cannot get the Python packages of examples/python-packages.txt: $(grep -v '^WARNING\|^$' "$work/venv.log" | tail -n 1)" >&2
exit 1
