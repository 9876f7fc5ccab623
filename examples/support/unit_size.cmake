# SPDX-License-Identifier: MIT
# Writes the header OUT with the bytes of code and read-only data of each compiled unit of network S in the folder UNITS.
file(GLOB units "${UNITS}/dsi_unit_${S}_*.o")
list(FILTER units EXCLUDE REGEX "\\.(raw|whole)\\.o$")
set(text "#pragma once\n#include <string_view>\n/// Code and constants of the unit for an instruction set, in bytes, without weights.\ninline int unit_code_bytes(std::string_view isa) {\n")
foreach(unit IN LISTS units)
  execute_process(COMMAND size "${unit}" OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "\n *([0-9]+)" first "${table}")
  set(bytes ${CMAKE_MATCH_1})
  string(REGEX REPLACE "^.*/dsi_unit_${S}_(.*)\\.o$" "\\1" isa "${unit}")
  string(APPEND text "  if (isa == \"${isa}\") return ${bytes};\n")
endforeach()
string(APPEND text "  return 0;\n}\n")
file(WRITE "${OUT}" "${text}")
