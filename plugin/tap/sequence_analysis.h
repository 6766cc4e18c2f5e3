/* SPDX-License-Identifier: GPL-2.0-or-later
 * sequence_analysis.h - epan/sequence_analysis.h, or the part of it that a flow graph needs.
 * libwireshark exports these functions, but development packages do not ship the header. The layouts were
 * read off the libraries of 4.0, 4.4 and 4.6: they agree up to the members left out here, which only epan
 * itself uses. Items are made and sized by epan, never here. Of a newer series nobody has read them: see
 * COMPAT_FLOW_GRAPH. */
#ifndef VSOCK_TAP_SEQUENCE_ANALYSIS_H
#define VSOCK_TAP_SEQUENCE_ANALYSIS_H

#include "compat.h"

#if __has_include(<epan/sequence_analysis.h>)
#include <epan/sequence_analysis.h>
#else

#include <epan/address.h>
#include <epan/packet_info.h>
#include <epan/tap.h>

typedef struct {
    uint32_t frame_number;
    address src_addr;
    uint16_t port_src;
    address dst_addr;
    uint16_t port_dst;
    char *frame_label;
    char *time_str;
    char *comment;
    uint16_t conv_num;
    unsigned fg_color, bg_color;
    compat_bool has_color_filter;
    compat_bool display;
    unsigned src_node, dst_node;
    uint16_t line_style;
} seq_analysis_item_t;

typedef struct {
    const char *name;
    compat_bool any_addr;
    int nconv;
    GQueue *items;
} seq_analysis_info_t;

WS_DLL_PUBLIC void register_seq_analysis(const char *name, const char *ui_name, int proto_id,
                                         const char *tap_listener, unsigned tap_flags,
                                         tap_packet_cb tap_func);
WS_DLL_PUBLIC seq_analysis_item_t *sequence_analysis_create_sai_with_addresses(packet_info *pinfo,
                                                                               seq_analysis_info_t *sainfo);
WS_DLL_PUBLIC void sequence_analysis_use_color_filter(packet_info *pinfo, seq_analysis_item_t *sai);

#endif
#endif
