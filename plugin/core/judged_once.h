/* SPDX-License-Identifier: GPL-2.0-or-later
 * judged_once.h - of a connection that was recorded on both sides (twins.h), one view is judged: the other
 * one would say the same again. */
#ifndef VSOCK_CORE_JUDGED_ONCE_H
#define VSOCK_CORE_JUDGED_ONCE_H

#include "judge.h"
#include "twins.h"

/* Is it the view that its connection is judged by? The one that has more of it, or the host's. Of a stream
 * that has no other view, it is. */
bool vsock_is_judged_view(const struct vsock_twins *twins, const struct vsock_stream *stream);

/* What is chosen by `only`, which may be NULL for everything, as views that are judged: where one of two
 * views is chosen, the one that is judged. To be cleared. */
struct vsock_selection vsock_select_views(const struct vsock_twins *twins,
                                          const struct vsock_selection *only);

void vsock_selection_clear(struct vsock_selection *views);

#endif
