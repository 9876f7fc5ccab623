// SPDX-License-Identifier: MIT
// What the files of this test tell about themselves. Outside the library's namespace: all share it.
#pragma once

namespace abi {

/// Called by each file before main(). Plain arguments, since a file for a processor that is not this one runs as far as this call.
/// stayed() gives the number of the file whose copy of the function the linker kept; native is the file's instruction set.
void add(int number, int (*stayed)(), char const* native);

}  // namespace abi
