/* SPDX-License-Identifier: GPL-2.0-or-later
 * file.h - records of a capture file, by libwiretap: whatever format and compression that knows, of whatever
 * interfaces and sections. Also from a pipe, as they come. vsock_files_begin() comes before all. */
#ifndef VSOCK_WATCH_FILE_H
#define VSOCK_WATCH_FILE_H

#include "intake.h"

struct vsock_file;

void vsock_files_begin(void);

/* "-" is standard input. NULL, and in `wrong` what is, to be freed, where it cannot be read. */
struct vsock_file *vsock_file_open(const char *path, char **wrong);

/* For who will not be allowed to open it later: a descriptor, as vsock_file_open_descriptor() takes it over.
 * -1, and errno, where there is none. */
int vsock_file_descriptor(const char *path);

/* The same of a descriptor, which becomes standard input: libwiretap opens names, and that. */
struct vsock_file *vsock_file_open_descriptor(int descriptor, char **wrong);

/* The next record, which lasts until the one after. False at the end: `wrong` is NULL, or says why that came
 * too soon, to be freed. */
bool vsock_file_read(struct vsock_file *file, struct vsock_frame *frame, char **wrong);

/* Does it begin with several interfaces? */
bool vsock_file_is_of_several(const struct vsock_file *file);

/* How much has been read, of what there is to read; 0 where that is not known. In bytes, compressed or not.
 */
int64_t vsock_file_read_so_far(const struct vsock_file *file);
int64_t vsock_file_size(const struct vsock_file *file);

void vsock_file_close(struct vsock_file *file);

#endif
