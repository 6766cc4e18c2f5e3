# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# recorded.sh - which kernel recorded a capture, and what its vsockmon is known to record wrongly. Sourced by check and
# doctor, after tools.sh. CAPINFOS names another capinfos.
capinfos=${CAPINFOS:-capinfos}

# What a kernel's tap records wrongly: the bug, the first version that has it, the first one after that without.
#   parts     Of a packet that vhost splits, each part is recorded with what is left of the whole (before 6.7), or with
#             the whole. Since 71dc9ec9ac7d (6.3; stable 6.1.63), until 5f344d809e01 (7.1; stable 7.0.9 as 25d02b1e6192,
#             6.18.32 as a534e1f985b6, 6.12.90 as e09b98900e73, 6.6.140); 6.1.y has it still, seen on 6.1.192.
#   zerocopy  What was sent with MSG_ZEROCOPY is not copied. Since 4b0bf10eb077 (6.7), until 3a3e3d90cbc7 (7.1; stable
#             7.0.9 as 378b131a25bd, 6.18.32 as 52da6a74ca3d, 6.12.90 as 6bb65145719d).
#   large     The same of all payload above 32404 bytes. Since 6693731487a8 (6.17; stable 6.12.68 as 69c5bf306115). Seen
#             on 6.12.88 and 6.17.13.
# Debian's kernels are those of stable: 6.12.69-1 has the third, 6.12.90-1 none.
tap_bugs_table() {
    cat <<'END'
parts     6.1.63   6.2
parts     6.3      6.6.140
parts     6.7      6.12.90
parts     6.13     6.18.32
parts     6.19     7.0.9
zerocopy  6.7      6.12.90
zerocopy  6.13     6.18.32
zerocopy  6.19     7.0.9
large     6.12.68  6.12.90
large     6.17     6.18.32
large     6.19     7.0.9
END
}

kernels_without_bugs() {
    echo "Linux 7.1, 7.0.9, 6.18.32, 6.12.90 or later"
}

# tap_bugs KERNEL: as "Linux 6.12.88+deb12-amd64"; a line a bug: "has BUG", or "may BUG" where the name is a
# distribution's (6.1.0-56-amd64, 6.12.0-55.el10), which does not say which release of 6.1 it is, or what was put in.
tap_bugs() {
    tap_bugs_table | awk -v kernel="$1" '
        function number(version, part) {
            split(version, part, ".")
            return (part[1] * 1000 + part[2]) * 1000 + part[3]
        }
        BEGIN {
            if (!match(kernel, /^Linux [0-9]+\.[0-9]+(\.[0-9]+)?/)) exit
            version = substr(kernel, 7, RLENGTH - 6)
            first = last = number(version)
            if (kernel ~ /^Linux [0-9]+\.[0-9]+\.0-[0-9]/) { last = first + 999; word = "may" } else { word = "has" }
        }
        first && last >= number($2) && first < number($3) && !told[$1]++ { print word, $1 }'
}

# The kernels that recorded vsock in a capture, which is standard input: a line each. Of an interface, if it says so;
# what merges files names its own kernel in the section's header. None where the file does not say.
recorded_by() {
    "$capinfos" -IF - 2>/dev/null | awk '
        sub(/^Capture oper-sys: */, "") { of_section[$0] }
        /^Interface #/ { vsock = 0 }
        / Encapsulation = .*(vsock|linux-sll)/ { vsock = 1 }
        vsock && sub(/^ *Operating system = /, "") { of_interface[$0]; named = 1 }
        END {
            if (named) { for (kernel in of_interface) print kernel } else { for (kernel in of_section) print kernel }
        }' | printable_lines | sort
}

# say_bugs KERNEL: what its tap records wrongly, in words; nothing where no such bug is known.
say_bugs() {
    bugs=$(tap_bugs "$1")
    case $bugs in
    '') return ;;
    *may*) printf 'bugs that its tap may have (the name does not tell which release it is): ' ;;
    *) printf 'known bugs of its tap: ' ;;
    esac
    said=
    case $bugs in *large*) said="payload above 32404 bytes is not recorded" ;; esac
    case $bugs in *zerocopy*) said="${said:+$said; }what MSG_ZEROCOPY sends is not recorded" ;; esac
    case $bugs in *parts*) said="${said:+$said; }packets that vhost splits are recorded with too much" ;; esac
    echo "$said"
}

# large_payload KERNELS: a line each; what the preference vsock.large_payload should be.
large_payload() {
    answer=by_bytes
    if [ -n "$1" ]; then
        answer=$(printf '%s\n' "$1" | while read -r kernel; do
            case $(tap_bugs "$kernel") in
            *'has large'*) echo not_recorded ;;
            *large* | *zerocopy*) echo by_bytes ;;
            *) echo recorded ;;
            esac
        done | sort -u)
    fi
    case $answer in recorded | not_recorded) echo "$answer" ;; *) echo by_bytes ;; esac
}
