# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# warnings.sh - which of the compilers' warnings the code is held to, besides -Wall and -Wextra. Sourced by bash.

# Those of Wireshark's CMakeLists.txt, with some that it has for volunteers (ENABLE_EXTRA_COMPILER_WARNINGS).
# Not -Wcast-qual: epan's own functions take user data without const.
warnings=(-Wendif-labels -Wpointer-arith -Wformat=2 -Wwrite-strings -Wvla -Wredundant-decls -Wunused-const-variable
    -Wshadow -Wold-style-definition -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations -Wcast-align -Wundef
    -Wpedantic -Wdouble-promotion -Wnull-dereference)
# gcc's -Wconversion doubts every number that goes into a bit field.
gcc_warnings=(-Wlogical-op -Wjump-misses-init -Wduplicated-cond -Wduplicated-branches)
# Not -Wsign-conversion: an offset is signed in one function of epan, and unsigned in the next or in the next series.
clang_warnings=(-Wcomma -Wheader-guard -Wconversion -Wno-sign-conversion -Wunreachable-code -Wdocumentation
    -Wconditional-uninitialized -Wloop-analysis)
