// SPDX-License-Identifier: MIT
// For a library that holds networks alone.
