/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnosis_text.c - a diagnosis in words: its code's sentence, in which braces stand for what is known.
 *
 *     {src} {dst}      an endpoint, or a CID; {client}: " from " and {src}, nothing where it is not known;
 *                      {dst_cid}: the CID that dst is; {ports}: that CID with several ports
 *     {count} ...      a figure by its name, and {late}, {in_flight}: what two of them make
 *     {count:byte}     the figure and the noun, which has an s unless it is one; a request has its type, if
 *                      that is not STREAM
 *     {count?was|were} the one word where the figure is one, else the other
 *     {longest} ...    seconds, with three decimals; {longest.1} with one
 *     {span} {stall} {done} {at_most} {to_end} {accepted} {whole_ms}: see below */
#include "diagnosis.h"

#include <inttypes.h>

static void add_end(GString *text, enum vsock_scope scope, struct vsock_endpoint end)
{
    if (scope == VSOCK_SCOPE_ENDPOINT)
        g_string_append_printf(text, VSOCK_ENDPOINT_FORMAT, end.cid, end.port);
    else
        g_string_append_printf(text, "CID %" PRIu64, end.cid);
}

static void add_stall(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    if (f->count == 1)
        g_string_append_printf(text, " for %.3f s", (double)f->longest / 1e9);
    else
        g_string_append_printf(text, " %" PRIu64 " times, for %.3f s in all and %.3f s at most", f->count,
                               (double)f->total / 1e9, (double)f->longest / 1e9);
    if (d->lasting)
        g_string_append(text, f->count == 1 ? ", to the end," : ", the last time to the end,");
}

static void add_ports(GString *text, const struct vsock_diagnosis *d)
{
    for (uint32_t i = 0; i < d->port_count && i < VSOCK_PORTS_NAMED; i++) {
        const char *before = i == 0 ? "ports " : i + 1 == d->port_count ? " and " : ", ";

        g_string_append_printf(text, "%s%u", before, d->ports[i]);
    }
    if (d->port_count > VSOCK_PORTS_NAMED)
        g_string_append_printf(text, " and %u more", d->port_count - VSOCK_PORTS_NAMED);
    g_string_append(text, " of ");
    add_end(text, VSOCK_SCOPE_CID, d->dst);
}

/* Who it is about. Returns whether it is one of these. */
static bool add_who(GString *text, const struct vsock_diagnosis *d, const char *name)
{
    if (g_str_equal(name, "src")) {
        add_end(text, d->src_scope, d->src);
    } else if (g_str_equal(name, "dst")) {
        add_end(text, d->dst_scope, d->dst);
    } else if (g_str_equal(name, "ports")) {
        add_ports(text, d);
    } else if (g_str_equal(name, "dst_cid")) {
        add_end(text, VSOCK_SCOPE_CID, d->dst);
        if (d->dst.cid == VSOCK_CID_HOST) { /* which is one for each of its guests */
            g_string_append(text, " to ");
            add_end(text, VSOCK_SCOPE_CID, d->src);
        }
    } else if (g_str_equal(name, "client")) {
        if (d->src_scope == VSOCK_SCOPE_NONE)
            return true;
        g_string_append(text, " from ");
        add_end(text, d->src_scope, d->src);
    } else {
        return false;
    }
    return true;
}

/* Words that are there or not, or differ. Returns whether it is one of them. */
static bool add_phrase(GString *text, const struct vsock_diagnosis *d, const char *name)
{
    const struct vsock_figures *f = &d->figures;

    if (g_str_equal(name, "span")) {
        if (f->count > 1)
            g_string_append_printf(text, " in %.3f s", (double)f->total / 1e9);
    } else if (g_str_equal(name, "stall")) {
        add_stall(text, d);
    } else if (g_str_equal(name, "at_most")) {
        g_string_append(text, f->count > 1 ? " at most" : "");
    } else if (g_str_equal(name, "done")) {
        if (d->was_done)
            g_string_append(
                text, "; the sender sent nothing afterwards, though it could: it may have had no more to "
                      "send");
        else if (d->gave_up)
            g_string_append(text,
                            "; then the sender shut down: it may have given up, or had no more to send");
    } else if (g_str_equal(name, "to_end")) {
        g_string_append(text, d->lasting ? ", to the end" : "");
    } else if (g_str_equal(name, "accepted") && f->others == 0) {
        g_string_append(text, "none");
    } else {
        return false;
    }
    return true;
}

static bool add_time(GString *text, const struct vsock_figures *f, const char *name, int decimals)
{
    int64_t time = f->longest;

    if (g_str_equal(name, "total"))
        time = f->total;
    else if (g_str_equal(name, "proved"))
        time = f->proved;
    else if (g_str_equal(name, "whole_ms")) /* not rounded: 2 s is a threshold */
        time -= time % 1000000;
    else if (!g_str_equal(name, "longest"))
        return false;
    g_string_append_printf(text, "%.*f", decimals, (double)time / 1e9);
    return true;
}

static uint64_t number_of(const struct vsock_diagnosis *d, const char *name)
{
    const struct vsock_figures *f = &d->figures;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"count", f->count},
        {"of", f->of},
        {"others", f->others},
        {"accepted", f->others},
        {"bytes", f->bytes},
        {"limit", f->limit},
        {"late", f->count - f->others},
        {"in_flight", f->limit + f->bytes},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (g_str_equal(name, numbers[i].name))
            return numbers[i].value;
    }
    g_assert_not_reached(); /* a slip in diagnosis_codes.c: a unit test says all sentences */
}

/* Of requests that were no STREAM's, that is worth a word. */
static const char *type_before(const struct vsock_diagnosis *d, const char *noun)
{
    return d->type == VSOCK_TYPE_SEQPACKET && g_str_equal(noun, "request") ? "SEQPACKET " : "";
}

/* `what`: what stands between braces. */
static void add(GString *text, const struct vsock_diagnosis *d, char *what)
{
    char *noun = strchr(what, ':'), *one = strchr(what, '?'), *decimal = strchr(what, '.');
    char *end = noun ? noun : one ? one : decimal;
    uint64_t n;

    if (end)
        *end = '\0';
    if (add_who(text, d, what) || add_phrase(text, d, what) ||
        add_time(text, &d->figures, what, decimal ? decimal[1] - '0' : 3))
        return;
    n = number_of(d, what);
    if (one) {
        char *many = strchr(one + 1, '|');

        *many = '\0';
        g_string_append(text, n == 1 ? one + 1 : many + 1);
        return;
    }
    g_string_append_printf(text, "%" PRIu64, n);
    if (noun)
        g_string_append_printf(text, " %s%s%s", type_before(d, noun + 1), noun + 1, n == 1 ? "" : "s");
}

/* It is told of the worst one. */
static void add_repeats(GString *text, const struct vsock_diagnosis *d)
{
    g_string_append_printf(text, "; the worst of %u such streams in %.3f s, as at frames ", d->streams,
                           (double)d->span / 1e9);
    for (unsigned i = 0; i < VSOCK_EXAMPLES && d->examples[i] != 0; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? ", " : "", d->examples[i]);
}

/* What the other side's recording says of it. */
static void add_settled(GString *text, const struct vsock_diagnosis *d)
{
    switch (d->settled) {
    case VSOCK_SETTLED_BY_NOTHING:
        break;
    case VSOCK_SETTLED_NEVER_ARRIVED:
        g_string_append(text,
                        "; the other side was recorded, too, and no such request is there: it never arrived");
        break;
    case VSOCK_SETTLED_NEVER_ANSWERED:
        g_string_append(text,
                        "; the other side was recorded, too: the request arrived, and was not answered");
        break;
    case VSOCK_SETTLED_ANSWER_LOST:
        g_string_append(text,
                        "; the other side was recorded, too: it did answer, and the answer never arrived");
        break;
    case VSOCK_SETTLED_SAID_NOTHING:
        g_string_append(text,
                        "; both sides were recorded: nothing was lost or late between them, it said nothing");
        break;
    }
}

char *vsock_diagnosis_text(const struct vsock_diagnosis *d)
{
    const struct vsock_code_row *code = &vsock_codes[d->code];
    GString *text = g_string_new((code->likely && !d->proved) || d->doubtful ? "likely: " : NULL);
    char **parts =
        g_strsplit_set(code->choose_sentence ? code->choose_sentence(d) : code->sentence, "{}", -1);

    for (unsigned i = 0; parts[i]; i++) {
        if (i % 2 == 0)
            g_string_append(text, parts[i]);
        else
            add(text, d, parts[i]);
    }
    g_strfreev(parts);
    add_settled(text, d);
    if (d->streams > 1)
        add_repeats(text, d);
    text->str[0] = g_ascii_toupper(text->str[0]);
    return g_string_free(text, FALSE);
}

const char *vsock_diagnosis_next(const struct vsock_diagnosis *d)
{
    const struct vsock_code_row *code = &vsock_codes[d->code];

    return code->choose_next ? code->choose_next(d) : code->next;
}

/* The term of a filter that picks packets of that side; NULL where it is not known. */
static char *side_filter(enum vsock_scope scope, struct vsock_endpoint end)
{
    switch (scope) {
    case VSOCK_SCOPE_NONE:
        break;
    case VSOCK_SCOPE_CID:
        return g_strdup_printf("vsock.cid == %" PRIu64, end.cid);
    case VSOCK_SCOPE_ENDPOINT:
        return g_strdup_printf("vsock.addr == \"" VSOCK_ENDPOINT_FORMAT "\"", end.cid, end.port);
    }
    return NULL;
}

char *vsock_diagnosis_filter(const struct vsock_diagnosis *d)
{
    char *src, *dst, *both;

    if (vsock_codes[d->code].filter)
        return g_strdup(vsock_codes[d->code].filter);
    if (d->stream != VSOCK_STREAM_NONE)
        return g_strdup_printf("vsock.stream == %u", d->stream);
    src = side_filter(d->src_scope, d->src);
    dst = side_filter(d->dst_scope, d->dst);
    if (!src || !dst || g_str_equal(src, dst)) { /* the same on loopback */
        g_free(dst ? src : NULL);
        return dst ? dst : src;
    }
    both = g_strdup_printf("%s && %s", src, dst);
    g_free(src);
    g_free(dst);
    return both;
}

char *vsock_scope_text(enum vsock_scope scope, struct vsock_endpoint endpoint)
{
    switch (scope) {
    case VSOCK_SCOPE_NONE:
        break;
    case VSOCK_SCOPE_CID:
        return g_strdup_printf("%" PRIu64, endpoint.cid);
    case VSOCK_SCOPE_ENDPOINT:
        return g_strdup_printf(VSOCK_ENDPOINT_FORMAT, endpoint.cid, endpoint.port);
    }
    return NULL;
}
