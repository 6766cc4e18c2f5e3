/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.c - operations, types, ends of streams, and sizes, counted. Second copies of packets are left out. */
#include "compat.h"

#include <limits.h>

#include <epan/prefs.h>
#include <epan/stats_tree.h>

#include "dissect/connection.h"
#include "dissect/names.h"
#include "tap.h"

static const char *const operations = "Operations";
static const char *const types = "Socket types";
static const char *const ends = "Ends of streams";
static const char *const sizes = "Bytes of an RW";

static int operations_node, types_node, ends_node;

static void start(stats_tree *tree)
{
    operations_node = stats_tree_create_pivot(tree, operations, 0);
    types_node = stats_tree_create_pivot(tree, types, 0);
    ends_node = stats_tree_create_pivot(tree, ends, 0);
    /* What Linux merges, what fits a guest's receive buffer, what needs more than one buffer to send. */
    stats_tree_create_range_node(tree, sizes, 0, "0-0", "1-128", "129-3732", "3733-32768", "32769-65536",
                                 "65537-", NULL);
}

/* Did the packet end its stream? */
static bool is_end(const struct vsock_record *r)
{
    return r->stream->conn.ended && vsock_track_record(r->stream->conn.reset.record) == r;
}

static void count(stats_tree *tree, const struct vsock_packet *p, const struct vsock_record *r)
{
    stats_tree_tick_pivot(tree, operations_node, val_to_str_const(p->virtio.op, vsock_op_names, "Unknown"));
    stats_tree_tick_pivot(tree, types_node, val_to_str_const(p->virtio.type, vsock_type_names, "Unknown"));
    if (!r) /* a datagram: of no stream */
        return;
    if (is_end(r))
        stats_tree_tick_pivot(tree, ends_node,
                              val_to_str_const(r->rst_kind, vsock_rst_kind_names, "Unknown"));
    if (r->in_stream) {
        tick_stat_node(tree, sizes, 0, FALSE);
        stats_tree_tick_range(tree, sizes, 0, (int)MIN(p->virtio.len, INT32_MAX));
    }
}

/* Bursts are counted in intervals since the capture's first packet, whose number is an int. With a time for
 * which that is too small, Wireshark's own code for such trees crashes (seen with 4.0). */
static bool has_interval(const packet_info *pinfo)
{
    double last = INT_MAX / 2.0 * prefs.st_burst_resolution, at = nstime_to_msec(&pinfo->rel_ts);

    return -last < at && at < last;
}

static tap_packet_status take(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                              tap_flags_t flags _U_)
{
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    gboolean bursts = prefs.st_enable_burstinfo;

    if (tap->record ? tap->record->copy : !vsock_is_datagram(&tap->packet))
        return TAP_PACKET_DONT_REDRAW;
    prefs.st_enable_burstinfo = bursts && has_interval(pinfo);
    count(tree, &tap->packet, tap->record);
    prefs.st_enable_burstinfo = bursts;
    return TAP_PACKET_REDRAW;
}

void vsock_tree_register(void)
{
    stats_tree_register_plugin("vsock", "vsock", "vsock" COMPAT_SUBMENU "Packets", 0, take, start, NULL);
}
