/* SPDX-License-Identifier: GPL-2.0-or-later
 * uapi_check.c - our declarations against the kernel's own headers, where they are installed. Compiling is
 * the test. */
#include "core/wire.h"

#if __has_include(                                                                                           \
    <linux/vsockmon.h>) && __has_include(<linux/virtio_vsock.h>) && __has_include(<linux/vm_sockets.h>)
#include <sys/socket.h> /* before vm_sockets.h, which needs sa_family_t */

#include <linux/if_arp.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>
#include <linux/vsockmon.h>

#define SAME_FIELD(ours, field, theirs, their_field)                                                         \
    static_assert(offsetof(struct ours, field) == offsetof(struct theirs, their_field) &&                    \
                      sizeof(((struct ours *)0)->field) == sizeof(((struct theirs *)0)->their_field),        \
                  #ours "." #field " is " #theirs "." #their_field)
#define SAME_VALUE(ours, theirs) static_assert((int)(ours) == (int)(theirs), #ours " is " #theirs)

static_assert(sizeof(struct vsockmon_wire) == sizeof(struct af_vsockmon_hdr), "the vsockmon header's size");
SAME_FIELD(vsockmon_wire, src_cid, af_vsockmon_hdr, src_cid);
SAME_FIELD(vsockmon_wire, dst_cid, af_vsockmon_hdr, dst_cid);
SAME_FIELD(vsockmon_wire, src_port, af_vsockmon_hdr, src_port);
SAME_FIELD(vsockmon_wire, dst_port, af_vsockmon_hdr, dst_port);
SAME_FIELD(vsockmon_wire, op, af_vsockmon_hdr, op);
SAME_FIELD(vsockmon_wire, transport, af_vsockmon_hdr, transport);
SAME_FIELD(vsockmon_wire, len, af_vsockmon_hdr, len);
SAME_FIELD(vsockmon_wire, reserved, af_vsockmon_hdr, reserved);

static_assert(sizeof(struct virtio_vsock_wire) == sizeof(struct virtio_vsock_hdr),
              "the virtio header's size");
SAME_FIELD(virtio_vsock_wire, src_cid, virtio_vsock_hdr, src_cid);
SAME_FIELD(virtio_vsock_wire, dst_cid, virtio_vsock_hdr, dst_cid);
SAME_FIELD(virtio_vsock_wire, src_port, virtio_vsock_hdr, src_port);
SAME_FIELD(virtio_vsock_wire, dst_port, virtio_vsock_hdr, dst_port);
SAME_FIELD(virtio_vsock_wire, len, virtio_vsock_hdr, len);
SAME_FIELD(virtio_vsock_wire, type, virtio_vsock_hdr, type);
SAME_FIELD(virtio_vsock_wire, op, virtio_vsock_hdr, op);
SAME_FIELD(virtio_vsock_wire, flags, virtio_vsock_hdr, flags);
SAME_FIELD(virtio_vsock_wire, buf_alloc, virtio_vsock_hdr, buf_alloc);
SAME_FIELD(virtio_vsock_wire, fwd_cnt, virtio_vsock_hdr, fwd_cnt);

SAME_VALUE(VSOCKMON_OP_UNKNOWN, AF_VSOCK_OP_UNKNOWN);
SAME_VALUE(VSOCKMON_OP_CONNECT, AF_VSOCK_OP_CONNECT);
SAME_VALUE(VSOCKMON_OP_DISCONNECT, AF_VSOCK_OP_DISCONNECT);
SAME_VALUE(VSOCKMON_OP_CONTROL, AF_VSOCK_OP_CONTROL);
SAME_VALUE(VSOCKMON_OP_PAYLOAD, AF_VSOCK_OP_PAYLOAD);
SAME_VALUE(VSOCKMON_TRANSPORT_UNKNOWN, AF_VSOCK_TRANSPORT_UNKNOWN);
SAME_VALUE(VSOCKMON_TRANSPORT_NO_INFO, AF_VSOCK_TRANSPORT_NO_INFO);
SAME_VALUE(VSOCKMON_TRANSPORT_VIRTIO, AF_VSOCK_TRANSPORT_VIRTIO);
SAME_VALUE(VSOCK_TYPE_STREAM, VIRTIO_VSOCK_TYPE_STREAM);
SAME_VALUE(VSOCK_TYPE_SEQPACKET, VIRTIO_VSOCK_TYPE_SEQPACKET);
SAME_VALUE(VSOCK_OP_INVALID, VIRTIO_VSOCK_OP_INVALID);
SAME_VALUE(VSOCK_OP_REQUEST, VIRTIO_VSOCK_OP_REQUEST);
SAME_VALUE(VSOCK_OP_RESPONSE, VIRTIO_VSOCK_OP_RESPONSE);
SAME_VALUE(VSOCK_OP_RST, VIRTIO_VSOCK_OP_RST);
SAME_VALUE(VSOCK_OP_SHUTDOWN, VIRTIO_VSOCK_OP_SHUTDOWN);
SAME_VALUE(VSOCK_OP_RW, VIRTIO_VSOCK_OP_RW);
SAME_VALUE(VSOCK_OP_CREDIT_UPDATE, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
SAME_VALUE(VSOCK_OP_CREDIT_REQUEST, VIRTIO_VSOCK_OP_CREDIT_REQUEST);
SAME_VALUE(VSOCK_SHUTDOWN_RCV, VIRTIO_VSOCK_SHUTDOWN_RCV);
SAME_VALUE(VSOCK_SHUTDOWN_SEND, VIRTIO_VSOCK_SHUTDOWN_SEND);
SAME_VALUE(VSOCK_SEQ_EOM, VIRTIO_VSOCK_SEQ_EOM);
SAME_VALUE(VSOCK_SEQ_EOR, VIRTIO_VSOCK_SEQ_EOR);
SAME_VALUE(VSOCK_CID_HYPERVISOR, VMADDR_CID_HYPERVISOR);
SAME_VALUE(VSOCK_CID_LOCAL, VMADDR_CID_LOCAL);
SAME_VALUE(VSOCK_CID_HOST, VMADDR_CID_HOST);
SAME_VALUE(VSOCK_CID_ANY, VMADDR_CID_ANY);
SAME_VALUE(826, ARPHRD_VSOCKMON); /* what packet-vsock.c registers for `-i any` */
#else
#warning "the kernel's vsock headers are not installed: the wire layout is not checked against them"
#endif
