# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh - a virtual machine's life. Sourced by bash, after scripts/lib.sh.

# fetch_kernel SUITE[/VERSION]: sets kernel to where that Debian suite's is unpacked.
fetch_kernel() {
    say "Fetching the kernel of $1"
    kernel=${VSOCK_TREES:-/var/cache/wireshark-vsock}/kernel-${1/\//-}
    tests/live/kernel "$1" "$kernel" || status=$? die "no kernel of $1 could be had; is the mirror away?"
}

# boot KERNEL INITRAMFS SHARE LIMIT PARAMETERS [QEMU OPTION...]: boots the unpacked kernel under qemu's software
# emulation, with more parameters, until init switches it off, for LIMIT seconds at most. Prints what init's job did.
boot() {
    local kernel=$1 initramfs=$2 share=$3 limit=$4 parameters=$5 image
    shift 5
    image=$(find "$kernel" -name "vmlinuz*" -type f)
    say "Booting $(basename "$(dirname "$image")")/${image##*/}"
    timeout "$limit" qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 2048 -nodefaults -no-reboot -display none \
        -serial "file:$share/console" -kernel "$image" -initrd "$initramfs" \
        -append "console=ttyS0 panic=-1 quiet $parameters" \
        -virtfs "local,path=$share,mount_tag=share,security_model=none" "$@" || {
        tail -n 20 "$share/console"
        die "the virtual machine did not switch itself off within $limit s; see $share"
    }
    if [ "$(cat "$share/status" 2>/dev/null)" != 0 ]; then
        tail -n 5 "$share/console" "$share"/*.log
        die "what ran in the virtual machine failed; see $share"
    fi
    cat "$share/guest.log"
}
