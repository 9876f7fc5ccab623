#!/bin/sh
# SPDX-License-Identifier: MIT
# audit_unit.sh NM READELF OBJECT SYMBOL: is SYMBOL the only name that OBJECT gives to the linker?
#
# A second one, above all a weak one, could replace the same function of another instruction set: the program would then
# run AVX-512 code on a machine without it. Start-up code (.init_array) would run before the processor is known.
# Sanitizers need start-up code of their own and are recognized by their runtime.
set -eu
nm=$1 readelf=$2 object=$3 symbol=$4
fail() { echo "error: $object: $1" >&2; exit 1; }

names=$("$nm" -g --defined-only "$object" | awk 'NF >= 2 { print $(NF - 1), $NF }')
[ -n "$names" ] || fail "defines no global name; expected $symbol"
others=$(printf '%s\n' "$names" | awk -v s="$symbol" '$2 != s { printf " %s(%s)", $2, $1 }')
[ -z "$others" ] || fail "leaks names to the linker:$others; expected $symbol alone"
kind=$(printf '%s\n' "$names" | awk '{ print $1 }')
case $kind in
  D | R | B | T) ;;
  *) fail "$symbol is weak or unique (nm says $kind)" ;;
esac

if "$readelf" -SW "$object" | grep -qE '\.(init_array|ctors|preinit_array)'; then
  "$nm" -u "$object" | grep -qE '__(asan|hwasan|tsan|msan)_init' || fail "has start-up code (.init_array): an object with a constructor at namespace scope"
fi
