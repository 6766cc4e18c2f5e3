/* SPDX-License-Identifier: GPL-2.0-or-later
 * filter.c - words for vsock, to libpcap's link[OFFSET:SIZE], word by word.
 * A record is little-endian, and link[] reads big-endian: constants are turned round.
 * Sources: pcap-filter(7); tcpdump.org/linktypes LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2; core/wire.h. */
#include "filter.h"

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/wire.h"

#define ARPHRD_VSOCKMON 826

/* More would be more than the 4096 instructions that Linux takes for a filter; and each is copied into what
 * it is part of, so this bounds memory as well. */
#define MAX_QUESTIONS 200
#define MAX_DEPTH 50 /* of parentheses and nots, for the stack's sake */

#define MON(field) ((unsigned)offsetof(struct vsockmon_wire, field))
#define VIRTIO(field) ((unsigned)(sizeof(struct vsockmon_wire) + offsetof(struct virtio_vsock_wire, field)))

struct name {
    const char *name;
    uint32_t value;
};

static const struct name cid_names[] = {
    {"hypervisor", 0}, {"local", 1}, {"host", 2}, {"any", UINT32_MAX}, {NULL, 0}};
static const struct name transport_names[] = {{"unknown", VSOCKMON_TRANSPORT_UNKNOWN},
                                              {"none", VSOCKMON_TRANSPORT_NO_INFO},
                                              {"virtio", VSOCKMON_TRANSPORT_VIRTIO},
                                              {NULL, 0}};
static const struct name type_names[] = {{"stream", VSOCK_TYPE_STREAM},
                                         {"seqpacket", VSOCK_TYPE_SEQPACKET},
                                         {"dgram", VSOCK_TYPE_DGRAM},
                                         {NULL, 0}};
/* Those of virtio's header, then those of vsockmon's. */
#define FIRST_MON_OP 8
static const struct name op_names[] = {{"invalid", VSOCK_OP_INVALID},
                                       {"request", VSOCK_OP_REQUEST},
                                       {"response", VSOCK_OP_RESPONSE},
                                       {"rst", VSOCK_OP_RST},
                                       {"shutdown", VSOCK_OP_SHUTDOWN},
                                       {"rw", VSOCK_OP_RW},
                                       {"credit-update", VSOCK_OP_CREDIT_UPDATE},
                                       {"credit-request", VSOCK_OP_CREDIT_REQUEST},
                                       {"unknown", VSOCKMON_OP_UNKNOWN},
                                       {"connect", VSOCKMON_OP_CONNECT},
                                       {"disconnect", VSOCKMON_OP_DISCONNECT},
                                       {"control", VSOCKMON_OP_CONTROL},
                                       {"payload", VSOCKMON_OP_PAYLOAD},
                                       {NULL, 0}};

/* In the order of kind_names; those before KIND_OP have sides. */
enum kind { KIND_CID, KIND_PORT, KIND_PORTRANGE, KIND_ADDR, KIND_OP, KIND_TYPE, KIND_TRANSPORT, KIND_NONE };
static const struct name kind_names[] = {
    {"cid", KIND_CID}, {"port", KIND_PORT}, {"portrange", KIND_PORTRANGE}, {"addr", KIND_ADDR},
    {"op", KIND_OP},   {"type", KIND_TYPE}, {"transport", KIND_TRANSPORT}, {NULL, 0}};
static const char sided_kinds[] = "cid, port, portrange, addr";
static const char all_kinds[] = "cid, port, portrange, addr, op, type, transport";
static const struct name words[] = {{"cid", 0},  {"port", 0},      {"portrange", 0}, {"addr", 0}, {"op", 0},
                                    {"type", 0}, {"transport", 0}, {"src", 0},       {"dst", 0},  {"not", 0},
                                    {"and", 0},  {"or", 0},        {NULL, 0}};

enum side { SRC, DST };

/* Sides that are asked, and what joins the answers of two. */
struct sides {
    bool named;
    bool asked[2];
    bool both;
};

struct token {
    const char *text; /* in lower case */
    size_t place;
};

struct parser {
    GPtrArray *tokens; /* struct token */
    struct token end;
    unsigned next, questions, depth;
    unsigned start;     /* of the record in what is captured */
    struct sides sides; /* of the last question */
    enum kind kind;
    GPtrArray *texts; /* what was made on the way */
    struct vsock_filter_mistake *mistake;
};

/* A text that lives as long as the parser. */
static const char *text(struct parser *p, const char *format, ...) G_GNUC_PRINTF(2, 3);

static const char *text(struct parser *p, const char *format, ...)
{
    va_list arguments;
    char *made;

    va_start(arguments, format);
    made = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(p->texts, made);
    return made;
}

/* Keeps the first mistake. NULL: there is no result. */
static const char *refuse(struct parser *p, size_t place, const char *format, ...) G_GNUC_PRINTF(3, 4);

static const char *refuse(struct parser *p, size_t place, const char *format, ...)
{
    va_list arguments;

    if (p->mistake->message)
        return NULL;
    va_start(arguments, format);
    p->mistake->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    p->mistake->place = place;
    return NULL;
}

static const char *joined(struct parser *p, const char *left, bool both, const char *right)
{
    return text(p, "(%s %s %s)", left, both ? "and" : "or", right);
}

static const struct name *named(const struct name *names, const char *word)
{
    for (; names->name; names++)
        if (strcmp(names->name, word) == 0)
            return names;
    return NULL;
}

static const char *list(struct parser *p, const struct name *names)
{
    const char *all = names->name;

    for (names++; names->name; names++)
        all = text(p, "%s, %s", all, names->name);
    return all;
}

/* Letters to change, add or take away to get from a word to the other. */
static size_t distance(const char *from, const char *to)
{
    size_t row[32], length = strlen(to);

    if (length >= G_N_ELEMENTS(row))
        return SIZE_MAX;
    for (size_t i = 0; i <= length; i++)
        row[i] = i;
    for (; *from; from++) {
        size_t diagonal = row[0]++;

        for (size_t i = 1; i <= length; i++) {
            size_t change = diagonal + (to[i - 1] != *from);

            diagonal = row[i];
            row[i] = MIN(change, MIN(row[i], row[i - 1]) + 1);
        }
    }
    return row[length];
}

/* What may have been meant: half of it may be wrong, not more. */
static const char *alike(struct parser *p, const char *word, const struct name *names)
{
    size_t nearest = strlen(word) / 2 + 1;
    const char *meant = NULL;

    if (strlen(word) > 30)
        return "";
    for (; names->name; names++) {
        size_t far = distance(word, names->name);

        if (far < nearest) {
            nearest = far;
            meant = names->name;
        }
    }
    return meant ? text(p, ". Did you mean %s?", meant) : "";
}

/* Questions to a record. */

static const char *at(struct parser *p, unsigned offset, unsigned size)
{
    return size > 1 ? text(p, "link[%u:%u]", p->start + offset, size)
                    : text(p, "link[%u]", p->start + offset);
}

static const char *equals(struct parser *p, unsigned offset, unsigned size, uint32_t value)
{
    uint32_t turned = size == 2 ? GUINT16_SWAP_LE_BE((uint16_t)value) : GUINT32_SWAP_LE_BE(value);

    return text(p, "%s = 0x%0*x", at(p, offset, size), (int)(2 * size), turned);
}

static const char *ask_cid(struct parser *p, enum side side, uint64_t cid)
{
    unsigned offset = side == SRC ? MON(src_cid) : MON(dst_cid);

    return joined(p, equals(p, offset, 4, (uint32_t)cid), true,
                  equals(p, offset + 4, 4, (uint32_t)(cid >> 32)));
}

static unsigned port_offset(enum side side)
{
    return side == SRC ? MON(src_port) : MON(dst_port);
}

static const char *ask_portrange(struct parser *p, enum side side, const uint64_t bounds[2])
{
    unsigned low = port_offset(side);
    const char *port = text(p, "(%s << 24 | %s << 16 | %s << 8 | %s)", at(p, low + 3, 1), at(p, low + 2, 1),
                            at(p, low + 1, 1), at(p, low, 1));

    return text(p, "(%s >= %u and %s <= %u)", port, (unsigned)bounds[0], port, (unsigned)bounds[1]);
}

/* A field of 2 bytes of virtio's header. Asked of a packet that lacks it, libpcap would not answer no: it
 * would drop the packet, also where the question is behind a "not". Live, `len` is the record's; in a file,
 * that of the whole packet. */
static const char *ask_virtio(struct parser *p, unsigned offset, uint32_t value)
{
    unsigned end = offset + 2;
    const char *holds_it = text(p, "(%s >= %u or %s != 0)", at(p, MON(len), 1),
                                end - (unsigned)sizeof(struct vsockmon_wire), at(p, MON(len) + 1, 1));

    return text(p, "(%s and %s and len >= %u and %s)",
                equals(p, MON(transport), 2, VSOCKMON_TRANSPORT_VIRTIO), holds_it, end,
                equals(p, offset, 2, value));
}

/* Values. */

/* g_ascii_strtoull() takes signs and spaces, and says nothing of what overflows in time. */
static bool number(struct parser *p, const char *word, size_t place, uint64_t limit, const char *what,
                   uint64_t *value)
{
    bool hexadecimal = g_str_has_prefix(word, "0x");
    const char *digits = word + (hexadecimal ? 2 : 0);
    size_t length = strlen(digits);

    if (length > 0 && length <= (hexadecimal ? 16 : 20) &&
        strspn(digits, hexadecimal ? "0123456789abcdef" : "0123456789") == length) {
        *value = 0;
        for (; *digits; digits++) {
            unsigned base = hexadecimal ? 16 : 10, digit = (unsigned)g_ascii_xdigit_value(*digits);

            if (*value > (limit - digit) / base)
                break;
            *value = *value * base + digit;
        }
        if (!*digits)
            return true;
    }
    refuse(p, place, "%s is no %s from 0 to %" G_GUINT64_FORMAT, word, what, limit);
    return false;
}

static bool cid_value(struct parser *p, const char *word, size_t place, uint64_t *value)
{
    const struct name *name = named(cid_names, word);

    if (!name)
        return number(p, word, place, UINT64_MAX, text(p, "CID: that is %s, or a number", list(p, cid_names)),
                      value);
    *value = name->value;
    return true;
}

static bool port_value(struct parser *p, const char *word, size_t place, uint64_t *value)
{
    return number(p, word, place, UINT32_MAX, "port: that is a number", value);
}

static bool name_value(struct parser *p, const struct token *token, const struct name *names,
                       const char *what, const struct name **value)
{
    *value = named(names, token->text);
    if (!*value)
        refuse(p, token->place, "%s is no %s: there are %s%s", token->text, what, list(p, names),
               alike(p, token->text, names));
    return *value != NULL;
}

/* The two words of A-B or A:B. */
static bool halves(struct parser *p, const struct token *token, char separator, const char *example,
                   const char *word[2], size_t place[2])
{
    const char *middle = strchr(token->text, separator);

    if (!middle || middle == token->text || !middle[1]) {
        refuse(p, token->place, "%s should be two values with '%c' between them, as in %s", token->text,
               separator, example);
        return false;
    }
    word[0] = text(p, "%.*s", (int)(middle - token->text), token->text);
    word[1] = middle + 1;
    place[0] = token->place;
    place[1] = token->place + strlen(word[0]) + 1;
    return true;
}

static bool portrange_value(struct parser *p, const struct token *token, uint64_t bounds[2])
{
    const char *word[2];
    size_t place[2];

    if (!halves(p, token, '-', "1024-2047", word, place) || !port_value(p, word[0], place[0], &bounds[0]) ||
        !port_value(p, word[1], place[1], &bounds[1]))
        return false;
    if (bounds[0] > bounds[1])
        refuse(p, token->place, "%s ends before it begins", token->text);
    return bounds[0] <= bounds[1];
}

static bool addr_value(struct parser *p, const struct token *token, uint64_t endpoint[2])
{
    const char *word[2];
    size_t place[2];

    return halves(p, token, strchr(token->text, ':') ? ':' : '-', "3:1024", word, place) &&
           cid_value(p, word[0], place[0], &endpoint[0]) && port_value(p, word[1], place[1], &endpoint[1]);
}

/* The words of an expression. */

static void add_token(struct parser *p, const char *expression, size_t place, size_t length)
{
    struct token *token = g_new(struct token, 1);
    char *word = g_ascii_strdown(expression + place, (gssize)length);

    g_ptr_array_add(p->texts, word);
    *token = (struct token){word, place};
    g_ptr_array_add(p->tokens, token);
}

static void split(struct parser *p, const char *expression)
{
    for (size_t place = 0; expression[place];) {
        const char *here = expression + place;
        size_t length = strcspn(here, " \t\n\r\v\f()!&|");

        if (g_ascii_isspace(*here) || *here == '\v') {
            place++;
            continue;
        }
        if (length == 0)
            length = g_str_has_prefix(here, "&&") || g_str_has_prefix(here, "||") ? 2 : 1;
        add_token(p, expression, place, length);
        place += length;
    }
    p->end = (struct token){"the end", strlen(expression)};
}

static const struct token *peek(const struct parser *p, unsigned ahead)
{
    return p->next + ahead < p->tokens->len ? g_ptr_array_index(p->tokens, p->next + ahead) : &p->end;
}

static bool next_is(const struct parser *p, unsigned ahead, const char *word)
{
    const struct token *token = peek(p, ahead);

    return token != &p->end && strcmp(token->text, word) == 0;
}

/* "and" or "or" comes next, as a word or a sign. */
static bool joint(const struct parser *p, bool *both)
{
    *both = next_is(p, 0, "and") || next_is(p, 0, "&&");
    return *both || next_is(p, 0, "or") || next_is(p, 0, "||");
}

static bool side_is_next(const struct parser *p, unsigned ahead, enum side *side)
{
    *side = next_is(p, ahead, "dst") ? DST : SRC;
    return *side == DST || next_is(p, ahead, "src");
}

static enum kind kind_at(const struct parser *p, unsigned ahead)
{
    const struct token *token = peek(p, ahead);
    const struct name *name = token == &p->end ? NULL : named(kind_names, token->text);

    return name ? (enum kind)name->value : KIND_NONE;
}

/* src, dst, or both of them with what joins them; else neither is named, and either will do. */
static struct sides take_sides(struct parser *p)
{
    struct sides sides = {false, {true, true}, false};
    enum side first, second;
    bool both;

    if (!side_is_next(p, 0, &first))
        return sides;
    p->next++;
    sides.named = true;
    sides.asked[1 - first] = false;
    if (joint(p, &both) && side_is_next(p, 1, &second) && second != first && kind_at(p, 2) < KIND_OP) {
        p->next += 2;
        sides.asked[second] = true;
        sides.both = both;
    }
    return sides;
}

static const char *ask_of_sides(struct parser *p, enum kind kind, const uint64_t value[2])
{
    const char *answer = NULL;

    for (int i = SRC; i <= DST; i++) {
        enum side side = (enum side)i;
        const char *one = NULL;

        if (!p->sides.asked[side])
            continue;
        if (kind == KIND_PORT)
            one = equals(p, port_offset(side), 4, (uint32_t)value[0]);
        else if (kind == KIND_PORTRANGE)
            one = ask_portrange(p, side, value);
        else
            one = ask_cid(p, side, value[0]);
        if (kind == KIND_ADDR)
            one = joined(p, one, true, equals(p, port_offset(side), 4, (uint32_t)value[1]));
        answer = answer ? joined(p, answer, p->sides.both, one) : one;
    }
    return answer;
}

static const char *ask_name(struct parser *p, enum kind kind, const struct token *token)
{
    const struct name *name;

    if (kind == KIND_TYPE)
        return name_value(p, token, type_names, "socket type", &name)
                   ? ask_virtio(p, VIRTIO(type), name->value)
                   : NULL;
    if (kind == KIND_TRANSPORT)
        return name_value(p, token, transport_names, "transport", &name)
                   ? equals(p, MON(transport), 2, name->value)
                   : NULL;
    if (!name_value(p, token, op_names, "operation", &name))
        return NULL;
    return name < op_names + FIRST_MON_OP ? ask_virtio(p, VIRTIO(op), name->value)
                                          : equals(p, MON(op), 2, name->value);
}

static const char *ask(struct parser *p)
{
    const struct token *token = peek(p, 0);
    enum kind kind = p->kind;
    uint64_t value[2] = {0, 0};
    bool good;

    if (token == &p->end || strcmp(token->text, "(") == 0 || strcmp(token->text, ")") == 0)
        return refuse(p, token->place, "a value is missing after %s", kind_names[kind].name);
    if (++p->questions > MAX_QUESTIONS)
        return refuse(p, token->place, "these are more than %d questions", MAX_QUESTIONS);
    p->next++;
    if (kind >= KIND_OP)
        return ask_name(p, kind, token);
    if (kind == KIND_CID)
        good = cid_value(p, token->text, token->place, value);
    else if (kind == KIND_PORT)
        good = port_value(p, token->text, token->place, value);
    else if (kind == KIND_PORTRANGE)
        good = portrange_value(p, token, value);
    else
        good = addr_value(p, token, value);
    return good ? ask_of_sides(p, kind, value) : NULL;
}

static const char *refuse_word(struct parser *p, bool sided)
{
    const struct token *token = peek(p, 0);
    const char *wanted = sided ? sided_kinds : all_kinds;

    if (token == &p->end)
        return refuse(p, token->place, "the expression ends where one of %s should follow", wanted);
    return refuse(p, token->place, "%s is not understood here, where one of %s should be%s", token->text,
                  wanted, named(words, token->text) ? "" : alike(p, token->text, words));
}

static const char *question(struct parser *p)
{
    const struct token *first = peek(p, 0);
    struct sides sides = take_sides(p);
    const struct token *token = peek(p, 0);
    enum kind kind = kind_at(p, 0);

    if (kind != KIND_NONE) {
        if (sides.named && kind >= KIND_OP)
            return refuse(p, first->place, "%s does not go with %s: it is for %s", first->text, token->text,
                          sided_kinds);
        p->next++;
        p->sides = sides;
        p->kind = kind;
    } else if (sides.named || p->kind == KIND_NONE || token == &p->end || strcmp(token->text, ")") == 0 ||
               named(words, token->text)) {
        return refuse_word(p, sides.named);
    }
    return ask(p);
}

static const char *expression_of(struct parser *p);

/* NOLINTBEGIN(misc-no-recursion): MAX_DEPTH ends it. */

static const char *group(struct parser *p)
{
    const struct token *opening = peek(p, 0), *token;
    const char *result;

    p->next++;
    result = expression_of(p);
    token = peek(p, 0);
    if (!result)
        return NULL;
    if (token == &p->end)
        return refuse(p, opening->place, "this parenthesis is not closed");
    if (strcmp(token->text, ")") != 0)
        return refuse(p, token->place,
                      "%s is too much here: a closing parenthesis, \"and\" or \"or\" is missing before it",
                      token->text);
    p->next++;
    return result;
}

static const char *term(struct parser *p)
{
    const struct token *token = peek(p, 0);
    const char *result;

    if (p->depth >= MAX_DEPTH)
        return refuse(p, token->place, "these are more than %d parentheses and nots in each other",
                      MAX_DEPTH);
    p->depth++;
    if (next_is(p, 0, "not") || next_is(p, 0, "!")) {
        p->next++;
        result = term(p);
        result = result ? text(p, "not %s", result) : NULL;
    } else {
        result = next_is(p, 0, "(") ? group(p) : question(p);
    }
    p->depth--;
    return result;
}

static const char *expression_of(struct parser *p)
{
    const char *result = term(p);
    bool both;

    while (result && joint(p, &both)) {
        const char *right;

        p->next++;
        right = term(p);
        result = right ? joined(p, result, both, right) : NULL;
    }
    return result;
}

/* NOLINTEND(misc-no-recursion) */

static const char *whole(struct parser *p)
{
    const char *result = expression_of(p);
    const struct token *token = peek(p, 0);

    if (result && token != &p->end)
        return refuse(p, token->place, "%s is too much here: \"and\" or \"or\" is missing before it",
                      token->text);
    return result;
}

char *vsock_filter(const char *expression, enum vsock_encapsulation encapsulation,
                   struct vsock_filter_mistake *mistake)
{
    /* Where the record begins, and where the hardware type is. */
    static const struct {
        unsigned start, hardware_type;
    } cooked[] = {
        [VSOCK_ENCAPSULATION_SLL] = {16, 2},
        [VSOCK_ENCAPSULATION_SLL2] = {20, 8},
    };
    struct parser p = {.kind = KIND_NONE, .mistake = mistake};
    const char *asked = NULL, *hardware = NULL;
    char *result;

    *mistake = (struct vsock_filter_mistake){NULL, 0};
    p.tokens = g_ptr_array_new_with_free_func(g_free);
    p.texts = g_ptr_array_new_with_free_func(g_free);
    split(&p, expression);
    if (encapsulation != VSOCK_ENCAPSULATION_NONE) {
        p.start = cooked[encapsulation].start;
        hardware = text(&p, "link[%u:2] = %d", cooked[encapsulation].hardware_type, ARPHRD_VSOCKMON);
    }
    if (p.tokens->len > 0)
        asked = whole(&p);
    if (mistake->message)
        result = NULL;
    else
        result =
            g_strconcat(hardware ? hardware : "", hardware && asked ? " and " : "", asked ? asked : "", NULL);
    g_ptr_array_free(p.texts, TRUE);
    g_ptr_array_free(p.tokens, TRUE);
    return result;
}
