#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh [WORK]: installs dsi, builds consumer projects against it, runs them, also under emulated processors.
#
# The network is a hand-written unit (fixture/), so that this is about the package: flags, isolation, dispatch, rebuilds.
# What a machine cannot run is counted as skipped, never as passed.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
if [ $# -gt 0 ]; then W=$1; mkdir -p "$W"; W=$(cd "$W" && pwd); else W=$(mktemp -d); trap 'rm -rf "$W"' EXIT; fi
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "  ok    $1"; }
bad() { failed=$((failed + 1)); echo "  FAIL  $1"; [ -z "${2:-}" ] || tail -n 15 "$2" | sed 's/^/        /'; }
skip() { skipped=$((skipped + 1)); echo "  skip  $1: $2"; }
expect() {  # expect NAME COMMAND...: exit status 0
  local name=$1; shift
  if "$@" >"$W/log" 2>&1; then ok "$name"; else bad "$name" "$W/log"; fi
}
expect_text() {  # expect_text NAME TEXT COMMAND...: fails, and says TEXT
  local name=$1 text=$2; shift 2
  if quietly "$@" >"$W/log" 2>&1; then bad "$name: it succeeded"; elif tr -s ' \n' ' ' <"$W/log" | grep -qF -- "$text"; then ok "$name"; else bad "$name: no \"$text\"" "$W/log"; fi
}
quietly() { bash -c '"$@"; exit $?' - "$@"; }  # a shell of its own, so that its word on a crash goes to the log
compiler=${CXX:-g++}
rm -rf "$W"/{prefix,build,consumer*,sub*,refused,cross*,model}; mkdir -p "$W/model/samples"
model=$W/model/net.onnx; cp "$here/models/scale.onnx" "$model"

echo "package: installing"
{ cmake -G Ninja -S "$source_dir" -B "$W/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$W/prefix" -DDSI_TESTS=OFF -DDSI_BENCH=OFF -DDSI_EXAMPLES=OFF \
    -DCMAKE_DISABLE_FIND_PACKAGE_ONNX=ON && cmake --build "$W/build" && cmake --install "$W/build"; } >"$W/log" 2>&1 || { bad install "$W/log"; echo "$passed passed, $failed failed"; exit 1; }
tool=$W/fixture_dsi
g++ -std=c++20 -Wall -Wextra -Wshadow -Wconversion -Werror -DDSI_ONNX "-DFIXTURE_DIR=\"$here/fixture\"" "-I$here/fixture/tool" "-I$source_dir/include" \
  "$source_dir/cmake/dsi_main.cpp" -o "$tool" || { bad "the fixture's tool"; echo "$passed passed, $failed failed"; exit 1; }
consume() {  # consume BUILD GENERATOR [ARGUMENTS]: a project with plain -O2 and no build type
  cmake -G "$2" -S "$here/consumer" -B "$W/$1" -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_FLAGS=-O2 -DCMAKE_PREFIX_PATH="$W/prefix" -DDSI_TOOL="$tool" -DMODEL="$model" "${@:3}" &&
    cmake --build "$W/$1" --parallel 2
}
flags=$(grep -m1 '^flags' /proc/cpuinfo)
best=v2
[[ $flags == *" avx2 "* && $flags == *" fma "* && $flags == *" bmi2 "* ]] && best=v3
[[ $flags == *" avx512f "* && $flags == *" avx512vl "* && $flags == *" avx512bw "* ]] && best=v4
[[ $best == v4 && $flags == *" avx512_vnni "* ]] && best=v4_vnni
[[ $best == v4_vnni && $flags == *" avx512_bf16"* ]] && best=v4_bf16
levels=(v2 v3 v4 v4_vnni v4_bf16)

echo "package: find_package, plain -O2, every instruction set ($compiler)"
"$tool" embed "$model" --name w --out "$W/model" --isa v2 && mv "$W/model/w_weights.bin" "$W/model/seven.bin"
python3 - "$W/model/seven.bin" <<'PY' || bad "weights for the TYPE form"
import struct, sys
bits = struct.unpack('<I', struct.pack('<f', 7))[0]
b = bytearray(open(sys.argv[1], 'rb').read()); b[16:24] = struct.pack('<Q', 7 + bits); b[24:28] = struct.pack('<f', 7)
open(sys.argv[1], 'wb').write(b)
PY
expect "builds with Ninja" consume consumer Ninja -DEVERYTHING=ON -DTYPED_UNIT="$here/fixture/typed" -DWEIGHTS="$W/model/seven.bin"
app=$W/consumer/app
expect "the installed tool builds networks written by hand" consume consumer_typed Ninja -DDSI_TOOL= -DMODEL= -DTYPED_UNIT="$here/fixture/typed" -DWEIGHTS="$W/model/seven.bin"
expect "and they run" "$W/consumer_typed/typed"
expect "calibration goes beside the model" bash -c "cmake '$W/consumer' -DCALIBRATION='$W/model/samples' && cmake --build '$W/consumer' --target calibrated_quant && grep -q quantized '$W/model/net.quant.json'"
reached=1
for isa in "${levels[@]}"; do
  [ $reached = 1 ] && expect "runs $isa when DSI_ISA lowers to it" env DSI_ISA=$isa EXPECT_ISA=$isa "$app" || { [ $reached = 1 ] || skip "runs $isa" "this processor has $best"; }
  [ $isa = $best ] && reached=0
done
expect "chooses $best by itself" env EXPECT_ISA=$best "$app"
expect_text "DSI_ISA with a typing error is an error" "DSI_ISA=v33 is none of v2 v3" env DSI_ISA=v33 "$app"
for program in two without_exceptions typed library_user; do expect "$program" "$W/consumer/$program"; done
DSI_ISA=v33 quietly "$W/consumer/without_exceptions" >"$W/log" 2>&1
if [ $? = 134 ] && grep -q '^dsi: network quiet: DSI_ISA=v33' "$W/log"; then
  ok "without exceptions the constructor ends the program with the error"; else bad "without exceptions" "$W/log"; fi
expect "headers alone" bash -c "cmake --build '$W/consumer' --target headers && '$W/consumer/headers'"
chosen=$("$W/consumer/two")
if [ "$chosen" = "$([ $best = v2 ] && echo v2 || echo v3) good v2" ]; then ok "two networks: each chooses for itself"; else bad "two networks chose $chosen"; fi

echo "package: emulated processors"
# qemu knows no AVX-512: its wider units can only be refused here.
if command -v qemu-x86_64 >/dev/null; then
  expect "Nehalem runs v2" env EXPECT_ISA=v2 qemu-x86_64 -cpu Nehalem "$app"
  expect "Haswell runs v3" env EXPECT_ISA=v3 qemu-x86_64 -cpu Haswell "$app"
  expect "without exceptions on Nehalem" qemu-x86_64 -cpu Nehalem "$W/consumer/without_exceptions"
  expect "high units alone build" consume consumer_high Ninja -DONLY_ISA="v3;v4"
  expect_text "a processor below the lowest unit is named" "was compiled for v3 v4; this processor has v2" qemu-x86_64 -cpu Nehalem "$W/consumer_high/app"
else skip "Nehalem and Haswell" "no qemu-x86_64"; fi

echo "package: isolation"
units=$W/consumer/dsi/app/scale
audit=(sh "$(find "$W/prefix" -name audit_unit.sh)" nm readelf)
for isa in "${levels[@]}"; do expect "unit $isa gives one name" "${audit[@]}" "$units/dsi_unit_scale_$isa.o" dsi_unit_scale_$isa; done
expect "the dispatcher gives one name" "${audit[@]}" "$units/dsi_model_scale.o" dsi_model_scale
expect_text "the audit sees a weak symbol before isolation" "leaks names to the linker" "${audit[@]}" "$units/dsi_unit_scale_v4.raw.o" dsi_unit_scale_v4
objcopy --keep-global-symbol=dsi_unit_scale_v4 --keep-global-symbol=_Z12shared_scalePKffPfi "$units/dsi_unit_scale_v4.whole.o" "$W/leak.o"
expect_text "the audit sees one leaked weak symbol" "_Z12shared_scalePKffPfi(W)" "${audit[@]}" "$W/leak.o" dsi_unit_scale_v4
objcopy --weaken-symbol=dsi_unit_scale_v4 "$units/dsi_unit_scale_v4.o" "$W/weak.o"
expect_text "the audit sees a weak table" "is weak or unique" "${audit[@]}" "$W/weak.o" dsi_unit_scale_v4
printf 'struct a { a(); int x; }; static a g; extern "C" int only() { return g.x; }\n' >"$W/start.cpp"; g++ -c "$W/start.cpp" -o "$W/start.o"
expect_text "the audit sees start-up code" "start-up code" "${audit[@]}" "$W/start.o" only
if command -v qemu-x86_64 >/dev/null; then  # what the isolation is for
  g++ -std=c++20 -O2 -I"$units" -I"$W/prefix/include" "$here/consumer/app.cpp" "$units"/dsi_unit_scale_{v4,v2,v3,v4_vnni,v4_bf16}.raw.o "$units/dsi_model_scale.o" "$units/scale_weights.o" -o "$W/merged"
  if quietly qemu-x86_64 -cpu Nehalem "$W/merged" >"$W/log" 2>&1; then bad "without isolation Nehalem should meet AVX-512 code"; else ok "without isolation Nehalem meets AVX-512 code"; fi
fi

echo "package: retraining"
retrain() {  # retrain NAME BUILD GENERATOR: new weights change no unit's object file
  local dir=$W/$2/dsi/app/scale before after
  before=$(cd "$dir" && stat -c '%n %Y.%y' dsi_*.o scale_unit.cpp scale.hpp; stat -c '%y' "$W/$2/CMakeFiles/app.dir/app.cpp.o")
  echo "factor 2" >"$model"
  cmake --build "$W/$2" >"$W/log" 2>&1 || bad "$1: build" "$W/log"
  after=$(cd "$dir" && stat -c '%n %Y.%y' dsi_*.o scale_unit.cpp scale.hpp; stat -c '%y' "$W/$2/CMakeFiles/app.dir/app.cpp.o")
  [ "$before" = "$after" ] && ok "$1: no object file of the network or the program changes" || bad "$1: recompiled" "$W/log"
  expect_text "$1: the program has the new weights" "y[i] == x[i] * factor" "$W/$2/app"
  cp "$here/models/scale.onnx" "$model"
  cmake --build "$W/$2" >"$W/log" 2>&1 || bad "$1: build" "$W/log"
  expect "$1: and the old ones again" "$W/$2/app"
  cmake --build "$W/$2" >"$W/log" 2>&1
  if grep -q "dsi:" "$W/log"; then bad "$1: a build without changes does something" "$W/log"; else ok "$1: a build without changes does nothing"; fi
}
retrain "Ninja" consumer
expect "builds with make" consume consumer_make "Unix Makefiles" -DONLY_ISA="v2;v3"
expect "runs" "$W/consumer_make/app"
retrain "make" consumer_make

echo "package: add_subdirectory, and flags that must not reach the units"
sub() { cmake -G Ninja -S "$here/subproject" -B "$W/$1" -DDSI_SOURCE="$source_dir" -DDSI_TOOL="$tool" -DMODEL="$model" -DCMAKE_DISABLE_FIND_PACKAGE_ONNX=ON "${@:2}" && cmake --build "$W/$1" --parallel 2; }
expect "builds" sub sub -DCMAKE_BUILD_TYPE=Debug
expect "runs" "$W/sub/app"
expect "a project that builds the tool itself" consume sub_tool Ninja -DDSI_SOURCE="$source_dir" -DDSI_TOOL= -DMODEL= -DTYPED_UNIT="$here/fixture/typed" -DWEIGHTS="$W/model/seven.bin" -DCMAKE_DISABLE_FIND_PACKAGE_ONNX=ON
expect "runs" "$W/sub_tool/typed"
expect "builds with -mavx2 -maes -flto -ffast-math for the program and -O0 -g" sub sub_flags -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS=-maes -mavx2" "-DAPP_FLAGS=-flto;-ffast-math"
for isa in v2 v3; do expect "runs $isa" env DSI_ISA=$isa EXPECT_ISA=$isa "$W/sub_flags/app"; done
wide() { objdump -d "$W/sub_flags/dsi/app/scale/$1" | grep -cE '%[yz]mm|%xmm.*%xmm.*%xmm'; }  # AVX's three-operand forms too
if [ "$(wide dsi_unit_scale_v3.o)" -gt 0 ] && [ "$(wide dsi_unit_scale_v2.o)$(wide dsi_model_scale.o)" = 00 ]; then
  ok "no AVX in the v2 unit and the dispatcher"; else bad "AVX reached the v2 unit or the dispatcher"; fi
expect "builds with sanitizers" sub sub_asan -DCMAKE_BUILD_TYPE= "-DAPP_FLAGS=-fsanitize=address,undefined" "-DCMAKE_CXX_FLAGS=-O1 -g"
expect "runs with sanitizers" env UBSAN_OPTIONS=halt_on_error=1 "$W/sub_asan/app"
if nm -u "$W/sub_asan/dsi/app/scale/dsi_unit_scale_v3.o" | grep -q __asan; then ok "the units are sanitized too"; else bad "the units are not sanitized"; fi
if [ "$compiler" = g++ ] && command -v clang++ >/dev/null; then
  expect "builds with clang" consume consumer_clang Ninja -DCMAKE_CXX_COMPILER=clang++
  expect "runs, from clang" env EXPECT_ISA=$best "$W/consumer_clang/app"
else skip "clang" "no clang++, or not the default compiler"; fi

echo "package: aarch64"
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
  printf 'set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\nset(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\n' >"$W/aarch64.cmake"
  expect "cross-builds with the host's tool" consume cross Ninja -DCMAKE_TOOLCHAIN_FILE="$W/aarch64.cmake" -DEVERYTHING=OFF
  expect "runs under qemu-aarch64" env EXPECT_ISA=aarch64 qemu-aarch64 -L /usr/aarch64-linux-gnu "$W/cross/app"
  mkdir "$W/cross_prefix" && cp -r "$W/prefix/." "$W/cross_prefix" && rm "$W/cross_prefix/bin/dsi"  # a tool that cannot run here
  printf 'int main() { return 3; }\n' | g++ -xc++ - -o "$W/cross_prefix/bin/dsi"
  expect_text "CALIBRATION is refused when cross-compiling" "pass QUANT net.quant.json instead" cmake "$W/cross" -DCALIBRATION="$W/model/samples"
  expect_text "without a host tool the error says what to pass" "pass -DDSI_TOOL=" env PATH=/usr/bin:/bin cmake -G Ninja -S "$here/consumer" -B "$W/cross2" \
    -DCMAKE_TOOLCHAIN_FILE="$W/aarch64.cmake" -DCMAKE_PREFIX_PATH="$W/cross_prefix" -DMODEL="$model"
else skip "aarch64" "no cross compiler or no qemu-aarch64"; fi

echo "package: calls that are refused"
refused() {  # refused CASE TEXT
  expect_text "$1" "$2" cmake -G Ninja -S "$here/refused" -B "$W/refused" -DCASE="$1" -DCMAKE_PREFIX_PATH="$W/prefix" -DDSI_TOOL="$tool"
}
refused keyword "NAME my_net"
refused c_name 'the name "index" is a keyword'
refused library 'the name "dsi" is a keyword'
refused identifier '"a-b" cannot be a namespace'
refused twice 'another network of this project has the name "scale"'
refused unknown "unknown argument BATCHES 1"
refused isa "ISA v5 is none of v2 v3 v4 v4_vnni v4_bf16 native"
refused family "ISA aarch64 is none of v2"
refused missing "none.onnx does not exist"
refused interface "headers compiles nothing"
refused target "there is no target nobody"
refused threads "THREADS spin: write serial, spin N or openmp N"
refused type "a header needs the network's type"
refused batch_of_type "BATCH is for ONNX files"
refused calibration_and_quant "give CALIBRATION or QUANT, not both"
refused switch "WINOGRAD yes: write ON or OFF"
refused no_onnx "libonnx-dev, libprotobuf-dev and protobuf-compiler"
expect_text "the tool's own errors reach the user" "dsi embed: error" bash -c "echo nonsense >'$W/model/bad.onnx'; '$tool' embed '$W/model/bad.onnx' --name bad --out '$W/model' --isa v2"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
