# SPDX-License-Identifier: MIT
# xsimd is a folder of headers: its own CMake package is not used, since Debian 12's names a library (xtl) that is not there.
find_path(DSI_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp DOC "the folder that holds xsimd/xsimd.hpp")
if(NOT DSI_XSIMD_INCLUDE_DIR AND CMAKE_CROSSCOMPILING)  # headers alike for every machine
  find_path(DSI_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp NO_CMAKE_FIND_ROOT_PATH)
endif()
mark_as_advanced(DSI_XSIMD_INCLUDE_DIR)
if(DSI_XSIMD_INCLUDE_DIR AND NOT TARGET dsi::xsimd)
  add_library(dsi::xsimd INTERFACE IMPORTED GLOBAL)
  target_include_directories(dsi::xsimd SYSTEM INTERFACE "${DSI_XSIMD_INCLUDE_DIR}")
endif()
set_property(GLOBAL PROPERTY DSI_XSIMD_INCLUDE_DIR "${DSI_XSIMD_INCLUDE_DIR}")
