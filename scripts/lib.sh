# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh - what quickstart and test share: saying each step, and ending with the name of what is missing.
# Sourced by bash from the repository's top folder.
set -Eeuo pipefail

step=starting

say() {
    step=$1
    printf '\n==> %s\n' "$step"
}

die() {
    printf '\nERROR: %s\n' "$*" >&2
    exit "${status:-1}"
}

# The command that failed has said why; this says what it was for.
trap 'die "this step failed: $step"' ERR

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "installing packages needs root: run this as root, or install sudo, or install them yourself: ${missing[*]}"
    fi
}

# need_packages PACKAGE...: installs those that are not there. Nothing is asked of the network when all are.
# Exit status 75: the mirror is away, and the packages are not here.
need_packages() {
    say "Checking for packages: $*"
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian: make sure that they, or what docs/installing.md names for your distribution, are installed."
        return
    fi
    missing=()
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        echo "All are installed."
        return
    fi
    say "Installing: ${missing[*]}"
    local updated=yes
    as_root apt-get update -q || updated=
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; then
        [ -n "$updated" ] || status=75 die "apt-get update failed, and without new lists it could not install: ${missing[*]}"
        die "apt-get could not install: ${missing[*]}"
    fi
}

# check_folder FOLDER: may it be built there?
check_folder() {
    local folder=$1 there home
    if [ ! -w . ]; then
        die "you may not write to this checkout. Make a copy: cp -r $(printf '%q' "$PWD") ~/wireshark-vsock, and run ~/wireshark-vsock/scripts/${0##*/}"
    fi
    for there in "${folder%%/*}" "$folder" "$folder/CMakeCache.txt"; do
        [ ! -e "$there" ] || [ -w "$there" ] ||
            die "you may not write to $there, where root has built, or another user: sudo chown -R $(id -un) ${folder%%/*}"
    done
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
    # CMake refuses a cache of another place.
    [ -z "$home" ] || [ "$home" -ef . ] ||
        die "$folder was made when this checkout was $home: it has been moved, renamed or copied since. Remove what was built: rm -r $(printf '%q' "$PWD/$folder"), and run this again"
}

# build FOLDER [--target TARGET] [CMAKE ARGUMENT...]: configures and builds.
build() {
    local folder=$1 target=all
    shift
    if [ "${1:-}" = --target ]; then
        target=$2
        shift 2
    fi
    say "Building in $folder"
    command -v cmake >/dev/null || die "cmake is missing"
    check_folder "$folder"
    cmake -S . -B "$folder" "$@" || die "cmake could not configure the build; what it misses is named above"
    cmake --build "$folder" --parallel "$(nproc)" --target "$target" || die "the build failed; the compiler's messages are above"
}
