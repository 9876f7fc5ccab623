#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run_isa.sh ISA PROGRAM [ARGUMENT...] : runs a program that was compiled for an instruction set, if this processor has it.
set -euo pipefail
isa=$1; shift
case $isa in
  v2) needs="sse4_2 ssse3 popcnt" ;;
  v3) needs="avx2 fma bmi2 f16c" ;;
  v4) needs="avx512f avx512vl avx512bw avx512dq avx512cd" ;;
  v4_vnni) needs="avx512f avx512vl avx512bw avx512dq avx512cd avx512_vnni" ;;
  v4_bf16) needs="avx512f avx512vl avx512bw avx512dq avx512cd avx512_vnni avx512_bf16" ;;
  aarch64) needs=$([ "$(uname -m)" = aarch64 ] || echo aarch64) ;;
  *) echo "run_isa.sh: unknown instruction set $isa" >&2; exit 2 ;;
esac
has=" $(grep -m1 -E '^flags' /proc/cpuinfo || true) "
for flag in $needs; do
  case $has in *" $flag "*) ;; *) echo "not run: $(basename "$1") (this processor has no $flag)"; exit 0 ;; esac
done
exec "$@"
