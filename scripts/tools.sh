# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tools.sh - what check, both and doctor share: names as they may be printed, and that there is a tshark with the plugin.
# Sourced by them, from beside them or from where it is installed.
self=${0##*/} # vsock-check, where it is installed

# printable TEXT: on one line, without what a terminal would take for a command (C0, DEL, and C1 in UTF-8).
c1=$(printf '\302[\200-\237]')
printable() {
    printf '%s' "$1" | LC_ALL=C tr '\001-\037\177' '?' | LC_ALL=C sed "s/$c1/?/g"
}

# printable_lines: the same of standard input, whose lines stay.
printable_lines() {
    LC_ALL=C tr '\001-\011\013-\037\177' '?' | LC_ALL=C sed "s/$c1/?/g"
}

# quoted WORD...: as a shell takes them.
quoted() {
    between=
    for word; do
        case $word in
        '' | *[!A-Za-z0-9_@%+=:,./-]*) word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
        esac
        printf '%s%s' "$between" "$(printable "$word")"
        between=' '
    done
}

cannot_look() {
    echo "$self: $(printable "$*")" >&2
    exit 2
}

# want_plugin TSHARK: ends, with what mends it, where it is not there, or is without the plugin. Without the plugin, it
# would print all of its statistics.
want_plugin() {
    command -v "$1" >/dev/null || cannot_look "$1 is not there: install tshark, or set TSHARK"
    if ! "$1" -G plugins 2>/dev/null | grep -q '^vsock\.so[[:space:]]'; then
        as_root=
        [ "$(id -u)" != 0 ] || as_root=" As root, only plugins in the system's folder are loaded."
        case $self in vsock-*) doctor=vsock-doctor ;; *) doctor=$(dirname "$0")/doctor ;; esac
        cannot_look "$1 does not load the vsock plugin.$as_root $(quoted "$doctor") --decode says what mends it."
    fi
}
