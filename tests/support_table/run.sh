#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh WORK REPOSITORY XSIMD : compares the generated support table with the page. Prints constants alone, so it runs on any processor.
set -euo pipefail
g++ -std=c++20 -O0 -march=x86-64-v4 "-I$2/include" -isystem "$3" "$2/tests/support_table/support_table.cpp" -o "$1/support_table"
bash "$2/tests/support/run_isa.sh" v4 "$1/support_table" >"$1/table.md"
if grep -q '^not run' "$1/table.md"; then cat "$1/table.md"; exit 0; fi
if diff "$1/table.md" "$2/docs/support-table.md"; then echo "1 passed, 0 failed"; else echo "docs/support-table.md is not what the library does; write the left side into it"; echo "0 passed, 1 failed"; exit 1; fi
