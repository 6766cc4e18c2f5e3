#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh SSH_CONNECTION FILTER FILTER_OVER_VSOCK SNAPLEN BUFFER - what vsockguest has run in a guest, by sh -c: makes a
# device, records from it to stdout until stdin ends, which is when ssh does, and removes the device.
# The filters are libpcap's and may be empty; the second leaves out ssh itself. SNAPLEN: bytes; BUFFER: MiB.
# Writes a line "vsockguest 1 DEVICE OVER_VSOCK KERNEL", then pcap. No backslash here: not every shell keeps it quoted.
ssh=$1 filter=$2 snaplen=$4 buffer=$5 over_vsock=0
PATH=$PATH:/usr/sbin:/sbin
kernel=$(uname -sr)

refuse() {
    echo "vsockguest: $*" >&2
    exit 1
}

# explain MESSAGE: of ip.
explain() {
    case $1 in
    *ermitted*) refuse "you may not make a device in the guest ($1): log in as root, or have sudo used" ;;
    *nknown* | *supported*) refuse "the guest's kernel ($kernel) has no vsockmon: start one with CONFIG_VSOCKMON ($1)" ;;
    *) refuse "no device could be made in the guest: $1" ;;
    esac
}

# sshd names the client's address; of vsock it knows none.
case $ssh in
*.* | *:*) ;;
*) over_vsock=1 filter=$3 ;;
esac
command -v ip >/dev/null || refuse "the guest has no ip (the package iproute2)"
if command -v tcpdump >/dev/null; then
    recorder=tcpdump
elif command -v dumpcap >/dev/null; then
    recorder=dumpcap
else
    refuse "the guest has neither tcpdump nor dumpcap"
fi

number=0
until said=$(ip link add "vsockmon-ssh$number" type vsockmon 2>&1); do
    if ! [ -e "/sys/class/net/vsockmon-ssh$number" ] || [ "$number" -ge 99 ]; then explain "$said"; fi
    number=$((number + 1))
done
device=vsockmon-ssh$number
process=
trap '[ -z "$process" ] || kill "$process" 2>/dev/null; ip link del "$device"' EXIT
trap 'exit 1' HUP INT TERM PIPE
ip link set "$device" up || exit 1

echo "vsockguest 1 $device $over_vsock $kernel"
if [ $recorder = tcpdump ]; then
    set -- tcpdump -i "$device" -n -U -w - -s "$snaplen" -B $((buffer * 1024)) --time-stamp-precision=nano
    [ -z "$filter" ] || set -- "$@" -- "$filter"
else
    set -- dumpcap -q -P -i "$device" -w - -s "$snaplen" -B "$buffer"
    [ -z "$filter" ] || set -- "$@" -f "$filter"
fi
exec 3<&0
"$@" </dev/null 3<&- &
process=$!
(
    cat <&3
    kill "$process"
) >/dev/null 2>&1 &
exec 3<&-
wait "$process"
status=$?
process=
exit $status
