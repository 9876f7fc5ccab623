#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# peers.sh WORK : prints where the peers' libraries are, as arguments for bench_suite. One that is nowhere is left out, with a word on standard error.
#
# ONNX Runtime and OpenVINO come from their Python wheels, in an environment in WORK/peers that is made with the versions of peers.txt
# (some 100 MB). $DSI_PEERS names an environment that has them; DSI_PEERS=none downloads nothing. Debian 13's libonnxruntime is
# taken where there is no wheel.
set -euo pipefail
work=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${DSI_PEERS:-$work/peers}
if [ "$venv" != none ] && [ ! -x "$venv/bin/python" ]; then
  echo "making an environment with ONNX Runtime and OpenVINO in $venv" >&2
  mkdir -p "$work"
  for try in 1 2 3; do
    if { python3 -m venv "$venv" && "$venv/bin/pip" install -q --retries 3 -r "$here/peers.txt"; } >"$work/peers.log" 2>&1; then break; fi
    rm -rf "$venv"
    sleep $((try * 3))
  done
  [ -x "$venv/bin/python" ] || echo "no wheels of ONNX Runtime and OpenVINO: see $work/peers.log" >&2
fi
first() { for file; do [ ! -e "$file" ] || { echo "$file"; return; }; done; }
ort=$(first "$venv"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.1.* /usr/lib/*/libonnxruntime.so*)
openvino=$(first "$venv"/lib/python3*/site-packages/openvino/libs/libopenvino_c.so* /usr/lib/*/libopenvino_c.so*)
if [ -n "$ort" ]; then printf '%s\n' --onnxruntime "$ort"; else echo "absent: ONNX Runtime" >&2; fi
if [ -n "$openvino" ]; then printf '%s\n' --openvino "$openvino"; else echo "absent: OpenVINO" >&2; fi
