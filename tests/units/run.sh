#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh [WORK] : one binary, every instruction set. Builds the digit network for all units of this machine's family and for
# aarch64, runs each unit natively where the processor has it and under qemu as an old processor, compares the scores, and checks the
# units' symbols. Ends with `N passed, N failed`; what cannot run here is named as not run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); root=$(cd "$here/../.." && pwd)
work=${1:-$root/build/units}; mkdir -p "$work"
passed=0; failed=0
check() { if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "ok      $1"; else failed=$((failed + 1)); echo "FAILED  $1"; fi; }
images=$root/examples/digits/holdout.csv
same() { awk 'NR==FNR{if(FNR>1)for(i=1;i<=NF;i++)a[FNR","i]=$i;n=FNR;next} FNR>1{for(i=1;i<=NF;i++){d=$i-a[FNR","i];if(d<0)d=-d;if(!(d<=1e-5))bad=1}} END{exit bad||n<40||FNR!=n}' "$1" "$2"; }

cmake -S "$here/project" -B "$work/native" -G Ninja -DCMAKE_BUILD_TYPE=Release ${DSI_TOOL:+"-DDSI_TOOL=$DSI_TOOL" -DDSI_INSTALL=OFF} >"$work/native.log" 2>&1 && cmake --build "$work/native" >>"$work/native.log" 2>&1 ||
  { tail -n 20 "$work/native.log"; echo "0 passed, 1 failed"; exit 1; }
app=$work/native/scores; units=$work/native/dsi/scores/digits

DSI_ISA=v2 "$app" "$images" >"$work/v2.txt"; check "v2 runs" $([ "$(head -n 1 "$work/v2.txt")" = v2 ]; echo $?)
best=$("$app" "$images" | sed -n 1p)  # head would end the program by SIGPIPE
for isa in v3 v4 v4_vnni v4_bf16; do
  if DSI_ISA=$isa "$app" "$images" >"$work/$isa.txt" 2>/dev/null && [ "$(head -n 1 "$work/$isa.txt")" = "$isa" ]; then
    check "$isa gives v2's scores" $(same "$work/v2.txt" "$work/$isa.txt"; echo $?)
  else
    echo "not run $isa: this processor's best is $best"
  fi
done
for pair in Nehalem:v2 Haswell:v3; do
  cpu=${pair%:*}; isa=${pair#*:}
  if command -v qemu-x86_64 >/dev/null; then
    qemu-x86_64 -cpu "$cpu" "$app" "$images" >"$work/$cpu.txt" 2>"$work/$cpu.err" && s=0 || s=$?
    check "qemu $cpu chooses $isa" $([ $s = 0 ] && [ "$(head -n 1 "$work/$cpu.txt")" = "$isa" ]; echo $?)
    check "qemu $cpu gives v2's scores" $(same "$work/v2.txt" "$work/$cpu.txt"; echo $?)
  else
    echo "not run qemu $cpu: qemu-x86_64 is missing"
  fi
done

for unit in "$units"/dsi_unit_*.o; do
  case $unit in *.raw.o | *.whole.o) continue ;; esac  # steps on the way to the unit
  check "$(basename "$unit"): one symbol, nothing weak, no start-up code" $(sh "$root/cmake/audit_unit.sh" nm readelf "$unit" "$(basename "$unit" .o)" >/dev/null 2>&1; echo $?)
  # What a unit may ask of the outside: memory moves, the clock of the observer, threads of the spin policy. No malloc, no locks.
  extra=$(nm -u "$unit" | awk '{print $2}' | grep -vxE '_GLOBAL_OFFSET_TABLE_|memcpy|memset|memmove|memcmp|strlen|clock_gettime|fmaf?|sqrtf?|floorf?|ceilf?|truncf?|rintf?|roundf?|fmodf?|expf?|logf?|tanhf?|erff?|sinf?|cosf?|powf?|expm1f?|log1pf?|abort|__stack_chk_fail|pthread_create|pthread_join|pthread_sigmask|sched_yield|sigdelset|sigfillset|syscall' || true)
  check "$(basename "$unit"): asks for nothing but the allowed functions${extra:+ (}${extra//$'\n'/ }${extra:+)}" $([ -z "$extra" ]; echo $?)
done
# The checks can fail: a unit with another exported name, and one that allocates, are refused.
printf 'extern "C" { int dsi_unit_digits_v3 = 1; } template <class T> __attribute__((noinline)) int leak(T t) { return t; } int use() { return leak(3); }\n' >"$work/leak.cpp"
g++ -O0 -c "$work/leak.cpp" -o "$work/leak.o"
check "audit refuses a leaking unit" $(sh "$root/cmake/audit_unit.sh" nm readelf "$work/leak.o" dsi_unit_digits_v3 >/dev/null 2>&1 && echo 1 || echo 0)

if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
  if cmake -S "$here/project" -B "$work/aarch64" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
      -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DDSI_TOOL="${DSI_TOOL:-$work/native/dsi/dsi}" -DDSI_XSIMD_INCLUDE_DIR=/usr/include >"$work/aarch64.log" 2>&1 &&
      cmake --build "$work/aarch64" --target scores >>"$work/aarch64.log" 2>&1; then
    qemu-aarch64 "$work/aarch64/scores" "$images" >"$work/aarch64.txt" 2>&1 && s=0 || s=$?
    check "aarch64 runs NEON" $([ $s = 0 ] && [ "$(head -n 1 "$work/aarch64.txt")" = aarch64 ]; echo $?)
    check "aarch64 gives v2's scores" $(same "$work/v2.txt" "$work/aarch64.txt"; echo $?)
  else
    tail -n 5 "$work/aarch64.log"; check "aarch64 builds" 1
  fi
else
  echo "not run aarch64: g++-aarch64-linux-gnu or qemu-user is missing"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
