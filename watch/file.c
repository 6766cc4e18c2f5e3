/* SPDX-License-Identifier: GPL-2.0-or-later
 * file.c - records of a capture file. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat_wtap.h"

struct vsock_file {
    wtap *wtap;
    struct compat_record record;
};

void vsock_files_begin(void)
{
    compat_log_init("vsockwatch");
    wtap_init(false); /* without plugins for other formats */
}

/* In words for people, as far as a reader of files needs to tell cases apart; libwiretap's own for the rest.
 */
static char *explain(int error, char *info)
{
    const char *what = error == WTAP_ERR_SHORT_READ ? "it ends within a packet" : wtap_strerror(error);
    char *text = info ? g_strdup_printf("%s (%s)", what, info) : g_strdup(what);

    g_free(info);
    return text;
}

struct vsock_file *vsock_file_open(const char *path, char **wrong)
{
    int error = 0;
    char *info = NULL;
    wtap *opened = wtap_open_offline(path, WTAP_TYPE_AUTO, &error, &info, false);
    struct vsock_file *file;

    if (!opened) {
        *wrong = explain(error, info);
        return NULL;
    }
    file = g_new0(struct vsock_file, 1);
    file->wtap = opened;
    compat_record_init(&file->record);
    *wrong = NULL;
    return file;
}

int vsock_file_descriptor(const char *path)
{
    return strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                  : open(path, O_RDONLY | O_CLOEXEC);
}

struct vsock_file *vsock_file_open_descriptor(int descriptor, char **wrong)
{
    bool is_input = dup2(descriptor, STDIN_FILENO) >= 0;

    *wrong = is_input ? NULL : explain(errno, NULL);
    if (descriptor != STDIN_FILENO)
        close(descriptor);
    return is_input ? vsock_file_open("-", wrong) : NULL;
}

static enum vsock_link link_of(int encapsulation)
{
    switch (encapsulation) {
    case WTAP_ENCAP_VSOCK:
        return VSOCK_LINK_VSOCK;
    case WTAP_ENCAP_SLL:
        return VSOCK_LINK_SLL;
    case WTAP_ENCAP_SLL2:
        return VSOCK_LINK_SLL2;
    default:
        return VSOCK_LINK_OTHER;
    }
}

bool vsock_file_read(struct vsock_file *file, struct vsock_frame *frame, char **wrong)
{
    const wtap_rec *rec = &file->record.rec;
    const wtap_packet_header *packet = &rec->rec_header.packet_header;
    int error = 0;
    char *info = NULL;
    int64_t offset;

    *wrong = NULL;
    wtap_rec_reset(&file->record.rec);
    if (!compat_record_read(file->wtap, &file->record, &error, &info, &offset)) {
        if (error != 0)
            *wrong = explain(error, info);
        return false;
    }
    *frame = (struct vsock_frame){
        .time = vsock_time_at((int64_t)rec->ts.secs, rec->ts.nsecs),
        .untimed = !(rec->presence_flags & WTAP_HAS_TS) || nstime_is_zero(&rec->ts),
        .section = (rec->presence_flags & WTAP_HAS_SECTION_NUMBER) ? rec->section_number : 0,
    };
    if (rec->rec_type != REC_TYPE_PACKET)
        return true;
    frame->interface = (rec->presence_flags & WTAP_HAS_INTERFACE_ID) ? packet->interface_id : 0;
    frame->link = link_of(packet->pkt_encap);
    frame->bytes = compat_record_bytes(&file->record);
    frame->captured = packet->caplen;
    frame->length = packet->len;
    return true;
}

bool vsock_file_is_of_several(const struct vsock_file *file)
{
    wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(file->wtap);
    bool several = interfaces->interface_data->len > 1;

    g_free(interfaces);
    return several;
}

int64_t vsock_file_read_so_far(const struct vsock_file *file)
{
    return wtap_read_so_far(file->wtap);
}

int64_t vsock_file_size(const struct vsock_file *file)
{
    int error;
    int64_t size = wtap_file_size(file->wtap, &error);

    return MAX(size, 0);
}

void vsock_file_close(struct vsock_file *file)
{
    compat_record_cleanup(&file->record);
    wtap_close(file->wtap);
    g_free(file);
}
