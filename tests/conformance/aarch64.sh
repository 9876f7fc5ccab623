#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# aarch64.sh WORK XSIMD [TEST...] : the conformance tests for NEON, cross-compiled with Debian's compiler and run under qemu-aarch64.
#
# Emulation and a second compilation are slow, so without TEST this takes the tests whose kernels have code of their own for each
# instruction set; the others are the same vector code, which the vectors' own test covers. DSI_LONG=1 takes all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
work=$1 xsimd=$2; shift 2
for program in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v $program >/dev/null || { echo "not run: conformance on aarch64 (no $program)"; exit 0; }
done
sources=("$root/tests/backend/simd/vec_test.cpp")
if [ $# -gt 0 ]; then for t in "$@"; do sources+=("$here/${t}_test.cpp"); done
elif [ "${DSI_LONG:-0}" = 1 ]; then sources+=("$here"/*_test.cpp "$root/tests/numeric/math_test.cpp")
else sources+=("$here"/{dense,dense_int8,pool,softmax}_test.cpp); echo "not run: the other conformance tests on aarch64 (DSI_LONG=1 runs them)"; fi

mkdir -p "$work/include"
ln -sfn "$xsimd/xsimd" "$work/include/xsimd"  # the host's /usr/include as a whole would hide the target's headers
ln -sfn /usr/include/doctest "$work/include/doctest"
compile=(aarch64-linux-gnu-g++ -std=c++20 -O1 -ffp-contract=off -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-restrict
  "-I$root/include" "-I$root/tests" -isystem "$work/include")
if command -v ccache >/dev/null; then compile=(ccache "${compile[@]}"); fi
objects=()
for source in "$root/tests/support/doctest_main.cpp" "${sources[@]}"; do
  [ -f "$source" ] || continue
  object=$work/$(basename "$source" .cpp).o
  "${compile[@]}" -c "$source" -o "$object" || { echo "0 passed, 1 failed: $(basename "$source") does not compile for aarch64"; exit 1; }
  objects+=("$object")
done
aarch64-linux-gnu-g++ -static "${objects[@]}" -pthread -o "$work/conformance"
exec qemu-aarch64 "$work/conformance"
