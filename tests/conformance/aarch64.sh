#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# aarch64.sh WORK [TEST...] : the conformance tests for NEON, cross-compiled with Debian's compiler and run under qemu-aarch64.
#
# Emulation and a second compilation are slow, so without TEST this takes the tests whose kernels have code of their own for each
# instruction set; the others are the same vector code, which the vectors' own test covers. DSI_LONG=1 takes all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
work=$1; shift
for program in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v $program >/dev/null || { echo "not run: conformance on aarch64 (no $program)"; exit 0; }
done
sources=("$root/tests/backend/simd/vec_test.cpp")
if [ $# -gt 0 ]; then for t in "$@"; do sources+=("$here/${t}_test.cpp"); done
elif [ "${DSI_LONG:-0}" = 1 ]; then sources+=("$here"/*_test.cpp "$root/tests/numeric/math_test.cpp")
else sources+=("$here"/{dense,dense_int8}_test.cpp); echo "not run: the other conformance tests on aarch64 (DSI_LONG=1 runs them)"; fi

mkdir -p "$work/include"
ln -sfn /usr/include/xsimd "$work/include/xsimd"  # the host's /usr/include as a whole would hide the target's headers
ln -sfn /usr/include/doctest "$work/include/doctest"
compile=(aarch64-linux-gnu-g++ -std=c++20 -O1 -ffp-contract=off -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-restrict
  "-I$root/include" "-I$root/tests" -isystem "$work/include")
if command -v ccache >/dev/null; then compile=(ccache "${compile[@]}"); fi
status=0
"${compile[@]}" -c "$root/tests/support/doctest_main.cpp" -o "$work/doctest_main.o"
for source in "${sources[@]}"; do  # a program for each, see CMakeLists.txt
  name=$(basename "$source" .cpp)
  "${compile[@]}" -c "$source" -o "$work/$name.o" && aarch64-linux-gnu-g++ -static "$work/$name.o" "$work/doctest_main.o" -pthread -o "$work/$name" &&
    qemu-aarch64 "$work/$name" || { echo "FAIL $name on aarch64"; status=1; }
done
exit $status
