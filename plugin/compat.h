/* SPDX-License-Identifier: GPL-2.0-or-later
 * compat.h - every difference between Wireshark 4.0, 4.2, 4.4 and 4.6 that the plugin meets; the only #if on
 * versions. config.h is not in the development packages of every series: ws_version.h is. */
#ifndef VSOCK_COMPAT_H
#define VSOCK_COMPAT_H

#include <ws_version.h>

#include <epan/packet.h>

#define VSOCK_WIRESHARK (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

/* What epan's callbacks take and return for a truth value: it became bool in 4.4, with another size. */
#if VSOCK_WIRESHARK >= 404
typedef bool compat_bool;
#else
typedef gboolean compat_bool;
#endif

/* A -z tap says since 4.6 whether its argument was right; before, it has to end tshark itself. */
#if VSOCK_WIRESHARK >= 406
typedef bool compat_stat_result;
#define COMPAT_STAT_STARTED return true
#define COMPAT_STAT_FAILED return false
#else
typedef void compat_stat_result;
#define COMPAT_STAT_STARTED return
#define COMPAT_STAT_FAILED exit(1)
#endif

/* A text with a colon stands in a filter without quotes since 4.4 (4.2 was not tried). */
#if VSOCK_WIRESHARK >= 404
#define COMPAT_COLON_QUOTE ""
#else
#define COMPAT_COLON_QUOTE "\""
#endif

/* The separator of submenus in the names of statistics trees. */
#if VSOCK_WIRESHARK >= 404
#define COMPAT_SUBMENU "//"
#else
#define COMPAT_SUBMENU "/"
#endif

/* Conversation filters' callbacks took no user data before 4.4. */
#if VSOCK_WIRESHARK >= 404
#define COMPAT_FILTER_PARAMETER , void *user_data _U_
#define compat_register_conversation_filter(proto, label, is_valid, build)                                   \
    register_conversation_filter(proto, label, is_valid, build, NULL)
#else
#define COMPAT_FILTER_PARAMETER
#define compat_register_conversation_filter(proto, label, is_valid, build)                                   \
    register_conversation_filter(proto, label, is_valid, build)
#endif

/* Followers tell how many streams there are since 4.4, and which streams are in one of those. Before, tshark
 * takes the second number that it is given for a range: a follower of such streams is not there. */
#if VSOCK_WIRESHARK >= 404
#define COMPAT_FOLLOW_SUB_STREAMS true
#define compat_register_follow_stream(proto, tap, conv, index, addr, port, packet, count, sub_stream)        \
    register_follow_stream(proto, tap, conv, index, addr, port, packet, count, sub_stream)
#else
#define COMPAT_FOLLOW_SUB_STREAMS false
#define compat_register_follow_stream(proto, tap, conv, index, addr, port, packet, count, sub_stream)        \
    ((void)(count), (void)(sub_stream), register_follow_stream(proto, tap, conv, index, addr, port, packet))
#endif

/* Heuristic lists have a name for people since 4.4. */
#if VSOCK_WIRESHARK >= 404
#define compat_register_heuristics(name, title, proto)                                                       \
    register_heur_dissector_list_with_description(name, title, proto)
#else
#define compat_register_heuristics(name, title, proto) register_heur_dissector_list(name, proto)
#endif

/* Entries in the context menu of the packet list are taken since 4.4 (4.2 was not tried), for packets that
 * have a field. Before, they are not there. */
#if VSOCK_WIRESHARK >= 404
#define compat_register_packet_menu(name, field, callback)                                                   \
    funnel_register_packet_menu(name, field, callback, NULL, false)
#define compat_field_uint(info) fvalue_get_uinteger((info)->value)
#else
#define compat_register_packet_menu(name, field, callback) ((void)(callback))
#define compat_field_uint(info) fvalue_get_uinteger(&(info)->value)
#endif

/* Flow graphs need epan/sequence_analysis.h: where it is not installed, tap/sequence_analysis.h stands in for
 * it, as far as its layouts are known. */
#if __has_include(<epan/sequence_analysis.h>) || VSOCK_WIRESHARK <= 406
#define COMPAT_FLOW_GRAPH true
#else
#define COMPAT_FLOW_GRAPH false
#endif

/* Which conversation is the innermost is kept since 4.4, what it is a conversation of since 4.6. */
#if VSOCK_WIRESHARK >= 406
#define compat_restore_stream_id(pinfo, before)                                                              \
    ((pinfo)->stream_id = (before)->stream_id, (pinfo)->track_ctype = (before)->track_ctype)
#elif VSOCK_WIRESHARK >= 404
#define compat_restore_stream_id(pinfo, before) ((pinfo)->stream_id = (before)->stream_id)
#else
#define compat_restore_stream_id(pinfo, before) ((void)(pinfo), (void)(before))
#endif

/* Renamed in 4.6. */
#if VSOCK_WIRESHARK >= 406
#define compat_dissector_try_uint(table, value, tvb, pinfo, tree, data)                                      \
    dissector_try_uint_with_data(table, value, tvb, pinfo, tree, true, data)
#else
#define compat_dissector_try_uint(table, value, tvb, pinfo, tree, data)                                      \
    dissector_try_uint_new(table, value, tvb, pinfo, tree, TRUE, data)
#endif

/* Interfaces are known by their section, too, since 4.4 (4.2 was not tried). */
#if VSOCK_WIRESHARK >= 404
#define compat_interface_name(session, interface) epan_get_interface_name(session, interface, 0)
#else
#define compat_interface_name(session, interface) epan_get_interface_name(session, interface)
#endif

/* What TCP hands to its dissectors names the stream since 4.4. */
#if VSOCK_WIRESHARK >= 404
#define compat_tcpinfo_set_stream(info, index) ((info)->stream = (index))
#else
#define compat_tcpinfo_set_stream(info, index) ((void)(index))
#endif

/* 4.0 declares it for unsigned bytes, later series for char: neither minds a pointer to void. */
#define compat_format_text(pool, text) format_text(pool, (const void *)(text), strlen(text))

#endif
