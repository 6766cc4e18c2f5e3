/* SPDX-License-Identifier: GPL-2.0-or-later
 * reference_codes.c - what the plugin's own tables and functions say of each diagnosis, a JSON object a line,
 * for reference.py. Hints that depend on figures are asked for with figures that tell them apart. */
#include "compat.h"

#include <stdio.h>

#include <wsutil/json_dumper.h>

#include "core/diagnosis.h"
#include "core/stall.h"

static void member(json_dumper *json, const char *name, const char *value)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, value);
}

static void print_figures(json_dumper *json, enum vsock_code code)
{
    const struct vsock_figure_names *f = &vsock_codes[code].figures;
    const char *const names[] = {f->count, f->of,      f->others, f->bytes,
                                 f->limit, f->longest, f->total,  f->proved};

    json_dumper_set_member_name(json, "figures");
    json_dumper_begin_array(json);
    for (size_t i = 0; i < array_length(names); i++) {
        if (names[i])
            json_dumper_value_string(json, names[i]);
    }
    json_dumper_end_array(json);
}

/* Everything that choose_next() looks at, in all of its states. */
enum variant {
    OWN_FAULT = 1,
    DIALLED_ITSELF = 2,
    OTHERS = 4,
    OF = 8,
    LARGE_BUFFER = 16,
    PORTS = 32,
    HEARD_SINCE = 64,
    SHARED = 128,
    TIMES = 256,
    LONG = 512,
    BYTES = 1024,
    LOST = 2048,
    TO_HOST = 4096,
    MANY = 8192, /* each way, and each cause of a stall, from here on */

    VARIANTS = MANY * (MAX((int)VSOCK_WAY_BETWEEN_GUESTS, (int)VSOCK_STALL_OWN_CAP) + 1)
};

static struct vsock_diagnosis make_variant(enum vsock_code code, unsigned variant)
{
    struct vsock_diagnosis d = vsock_diagnosis_start(code, &(struct vsock_mark){.frame = 1});

    d.own_fault = variant & OWN_FAULT;
    d.dialled_itself = variant & DIALLED_ITSELF;
    d.shared = d.untimed = variant & SHARED;
    d.figures.others = variant & OTHERS ? 1 : 0;
    d.figures.of = variant & OF ? 1 : 0;
    d.cause = (uint8_t)(variant / MANY);
    d.figures.limit = variant & LARGE_BUFFER ? UINT32_MAX : 1;
    d.figures.longest = variant & LONG ? INT64_C(1000000000) : 0;
    d.figures.total = variant & TIMES ? 1 : 0;
    d.figures.bytes = variant & BYTES ? 1 : 0;
    d.port_count = variant & PORTS ? 2 : 0;
    d.heard = variant & HEARD_SINCE ? VSOCK_HEARD_SINCE : VSOCK_HEARD_NEVER;
    d.settled = variant & LOST ? VSOCK_SETTLED_NEVER_ARRIVED : VSOCK_SETTLED_BY_NOTHING;
    d.src.cid = variant & TO_HOST ? 3 : VSOCK_CID_HOST;
    d.dst.cid = variant & TO_HOST ? VSOCK_CID_HOST : 3;
    d.way = (enum vsock_way)MIN(variant / MANY, VSOCK_WAY_BETWEEN_GUESTS);
    return d;
}

static void print_hints(json_dumper *json, enum vsock_code code)
{
    const char *hints[VARIANTS] = {NULL};
    unsigned count = 0;

    json_dumper_set_member_name(json, "next");
    json_dumper_begin_array(json);
    for (unsigned variant = 0; variant < VARIANTS; variant++) {
        struct vsock_diagnosis d = make_variant(code, variant);
        const char *hint = vsock_diagnosis_next(&d);
        unsigned i = 0;

        while (i < count && hints[i] != hint)
            i++;
        if (i < count)
            continue;
        hints[count++] = hint;
        json_dumper_value_string(json, hint);
    }
    json_dumper_end_array(json);
}

static void print_code(enum vsock_code code)
{
    const struct vsock_code_row *row = &vsock_codes[code];
    json_dumper json = {.output_file = stdout};

    json_dumper_begin_object(&json);
    member(&json, "code", row->name);
    member(&json, "usual", vsock_severity_name(row->usual));
    member(&json, "worst", vsock_severity_name(row->worst));
    member(&json, "meaning", row->meaning);
    json_dumper_set_member_name(&json, "likely");
    json_dumper_value_anyf(&json, row->likely ? "true" : "false");
    print_figures(&json, code);
    print_hints(&json, code);
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}

int main(void)
{
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++)
        print_code((enum vsock_code)code);
    return 0;
}
