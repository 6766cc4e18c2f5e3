/* SPDX-License-Identifier: GPL-2.0-or-later
 * compat_wtap.h - every difference of libwiretap between Wireshark 4.0, 4.4 and 4.6 that vsockwatch meets.
 * Before 4.6, a record's bytes are in a buffer of the caller's; since then, in the record. plugin/compat.h is
 * for epan. */
#ifndef VSOCK_WATCH_COMPAT_WTAP_H
#define VSOCK_WATCH_COMPAT_WTAP_H

#include <ws_version.h>
#include <wsutil/buffer.h>
#include <wsutil/wslog.h>

#include <wiretap/wtap.h>

#define VSOCK_WIRESHARK (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)
#define COMPAT_RECORD_SPACE 2048 /* bytes to begin with; it grows */

struct compat_record {
    wtap_rec rec;
#if VSOCK_WIRESHARK < 406
    Buffer buffer;
#endif
};

/* Until then, 4.0 says everything. */
#if VSOCK_WIRESHARK >= 406
#define compat_log_init(program) ws_log_init(NULL)
#else
#define compat_log_init(program) ws_log_init(program, NULL)
#endif

#if VSOCK_WIRESHARK >= 406
#define compat_record_init(record) wtap_rec_init(&(record)->rec, COMPAT_RECORD_SPACE)
#define compat_record_cleanup(record) wtap_rec_cleanup(&(record)->rec)
#define compat_record_read(wth, record, error, info, offset)                                                 \
    wtap_read(wth, &(record)->rec, error, info, offset)
#define compat_record_bytes(record) ws_buffer_start_ptr(&(record)->rec.data)
#else
#define compat_record_init(record)                                                                           \
    (wtap_rec_init(&(record)->rec), ws_buffer_init(&(record)->buffer, COMPAT_RECORD_SPACE))
#define compat_record_cleanup(record) (wtap_rec_cleanup(&(record)->rec), ws_buffer_free(&(record)->buffer))
#define compat_record_read(wth, record, error, info, offset)                                                 \
    wtap_read(wth, &(record)->rec, &(record)->buffer, error, info, offset)
#define compat_record_bytes(record) ws_buffer_start_ptr(&(record)->buffer)
#endif

#endif
