// SPDX-License-Identifier: MIT
// For libraries that hold networks alone.
