/* SPDX-License-Identifier: GPL-2.0-or-later
 * contents.c - protocols that are known by their first bytes. */
#include "contents.h"

#include <string.h>

#include "bytes.h"

/* `prefix` is a literal; it may have NULs. */
#define BEGINS_WITH(bytes, length, prefix)                                                                   \
    ((length) >= sizeof(prefix) - 1 && memcmp(bytes, prefix, sizeof(prefix) - 1) == 0)

static bool begins_with_any(const uint8_t *bytes, size_t length, const char *const *prefixes)
{
    for (; length > 0 && *prefixes; prefixes++) {
        if (bytes[0] == (uint8_t) * *prefixes && length >= strlen(*prefixes) &&
            memcmp(bytes, *prefixes, strlen(*prefixes)) == 0)
            return true;
    }
    return false;
}

bool vsock_is_ssh(const uint8_t *bytes, size_t length)
{
    static const char *const versions[] = {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-", NULL};

    return begins_with_any(bytes, length, versions);
}

/* Does the first line name a version? A line that is cut may yet do so. */
static bool names_version(const uint8_t *line, size_t length, bool if_cut)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\n')
            return false;
        if (BEGINS_WITH(line + i, length - i, " HTTP/1."))
            return true;
    }
    return if_cut;
}

bool vsock_is_http(const uint8_t *bytes, size_t length)
{
    static const char *const statuses[] = {"HTTP/1.0 ", "HTTP/1.1 ", NULL};
    static const char *const requests[] = {
        "GET /",   "GET http://", "HEAD /",    "HEAD http://", "POST /",     "POST http://", "PUT /",
        "PATCH /", "DELETE /",    "OPTIONS /", "TRACE /",      "OPTIONS * ", NULL,
    };

    if (begins_with_any(bytes, length, statuses))
        return true;
    if (BEGINS_WITH(bytes, length, "CONNECT ")) /* a host, where others have a path: that proves little */
        return names_version(bytes, length, false);
    return begins_with_any(bytes, length, requests) && names_version(bytes, length, true);
}

bool vsock_is_http2(const uint8_t *bytes, size_t length)
{
    return BEGINS_WITH(bytes, length, "PRI * HTTP/2.0\r\n");
}

/* A ClientHello or a ServerHello that begins a record. */
bool vsock_is_tls(const uint8_t *bytes, size_t length)
{
    const unsigned smallest_hello = 38;
    unsigned record, hello;

    if (length < VSOCK_TLS_NEEDED || bytes[0] != VSOCK_TLS_HANDSHAKE || bytes[1] != 3 || bytes[2] > 4 ||
        (bytes[5] != 1 && bytes[5] != 2))
        return false;
    record = bytes[3] << 8 | bytes[4];
    hello = bytes[6] << 16 | bytes[7] << 8 | bytes[8];
    return record >= 4 && record <= 16384 && hello >= smallest_hello && hello <= 65536;
}

/* A CONNECT packet: its type, its length in one to four bytes, its protocol's name. */
bool vsock_is_mqtt(const uint8_t *bytes, size_t length)
{
    size_t name = 1;

    if (length < 2 || bytes[0] != 0x10)
        return false;
    while (name < 4 && name < length && bytes[name] & 0x80)
        name++;
    if (name == length || bytes[name++] & 0x80)
        return false;
    return BEGINS_WITH(bytes + name, length - name, "\0\4MQTT") ||
           BEGINS_WITH(bytes + name, length - name, "\0\6MQIsdp");
}

/* A Tversion: size, type 100, no tag, the largest size, a version. */
bool vsock_is_9p(const uint8_t *bytes, size_t length)
{
    return length >= 15 && BEGINS_WITH(bytes + 4, length - 4, "\x64\xff\xff") &&
           vsock_little_endian(bytes) == 13u + (bytes[11] | bytes[12] << 8) &&
           BEGINS_WITH(bytes + 13, length - 13, "9P");
}

/* A message's last word is its first, inverted. */
bool vsock_is_adb(const uint8_t *bytes, size_t length)
{
    static const char *const commands[] = {"CNXN", "AUTH", "STLS", NULL};
    uint32_t first, last;

    if (length < 24 || !begins_with_any(bytes, length, commands))
        return false;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + 20, 4);
    return last == ~first;
}

/* TPKT's version and length; X.224's own, which has to agree, its connection request, no destination yet, a
 * source, class 0. What follows is RDP's alone: a cookie, or the request to negotiate, of 8 bytes. */
bool vsock_is_rdp(const uint8_t *bytes, size_t length)
{
    const size_t header = 11;

    if (length < header + 4 || !BEGINS_WITH(bytes, length, "\3\0") || bytes[4] < 14 || bytes[5] != 0xe0)
        return false;
    if ((bytes[2] << 8 | bytes[3]) != bytes[4] + 5 || bytes[6] != 0 || bytes[7] != 0 || bytes[10] != 0)
        return false;
    if (bytes[header] == 1)
        return bytes[4] == 14 && bytes[header + 2] == 8 && bytes[header + 3] == 0;
    return BEGINS_WITH(bytes + header, length - header, "Cookie: msts");
}

static bool are_digits(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    }
    return true;
}

bool vsock_is_vnc(const uint8_t *bytes, size_t length)
{
    return length >= VSOCK_VNC_NEEDED && BEGINS_WITH(bytes, length, "RFB ") && are_digits(bytes + 4, 3) &&
           bytes[7] == '.' && are_digits(bytes + 8, 3) && bytes[11] == '\n';
}

/* Its magic, a major and a minor version, the size of what follows: servers take no more than 4096. */
bool vsock_is_spice(const uint8_t *bytes, size_t length)
{
    const uint32_t smallest = 18, largest = 4096, last_major = 2;
    uint32_t major, size;

    if (length < 16 || !BEGINS_WITH(bytes, length, "REDQ"))
        return false;
    major = vsock_little_endian(bytes + 4);
    size = vsock_little_endian(bytes + 12);
    return major >= 1 && major <= last_major && size >= smallest && size <= largest;
}

/* The header of version 1: a line of no more than 107 bytes, "\r\n" included. */
static size_t proxy_line(const uint8_t *bytes, size_t length)
{
    const size_t longest = 107;
    size_t end = 0;

    while (end < length && end < longest && bytes[end] >= ' ' && bytes[end] <= '~')
        end++;
    if (end + 2 > longest)
        return 0;
    if (end == length)
        return length + 1; /* at least */
    if (bytes[end] != '\r')
        return 0;
    return end + 1 == length || bytes[end + 1] == '\n' ? end + 2 : 0;
}

/* The header of version 2: a signature, version and command, family and protocol, how much follows:
 * addresses, and what else is told of the client. The longest has its certificate; nginx takes 4096 bytes,
 * and epan does not go deeper than 500 into what is told within what is told, in 8 bytes each. */
static size_t proxy_block(const uint8_t *bytes, size_t length)
{
    static const size_t addresses[] = {0, 12, 36, 216}; /* unspecified, IPv4, IPv6, Unix */
    const size_t header = 16, longest = 3072;
    size_t follows;

    if (length < header || bytes[12] >> 4 != 2 || (bytes[12] & 15) > 1 || bytes[13] >> 4 > 3 ||
        (bytes[13] & 15) > 2)
        return 0;
    follows = (size_t)(bytes[14] << 8 | bytes[15]);
    return follows >= addresses[bytes[13] >> 4] && follows <= longest ? header + follows : 0;
}

size_t vsock_proxy_header(const uint8_t *bytes, size_t length)
{
    static const char *const lines[] = {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", NULL};

    if (begins_with_any(bytes, length, lines))
        return proxy_line(bytes, length);
    return BEGINS_WITH(bytes, length, "\r\n\r\n\0\r\nQUIT\n") ? proxy_block(bytes, length) : 0;
}

bool vsock_is_proxy(const uint8_t *bytes, size_t length)
{
    return vsock_proxy_header(bytes, length) > 0;
}

/* The first place from `at` on that is not white space, or `length`. */
static size_t skip_space(const uint8_t *bytes, size_t length, size_t at)
{
    while (at < length && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    return at;
}

/* Where the object that begins at `begin` ends: behind its last brace, or 0 if it does not. */
static size_t end_of_object(const uint8_t *bytes, size_t length, size_t begin)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = begin; i < length; i++) {
        if (in_string && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            in_string = !in_string;
        else if (!in_string && bytes[i] == '{')
            depth++;
        else if (!in_string && bytes[i] == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

bool vsock_is_json(const uint8_t *bytes, size_t length)
{
    size_t begin = skip_space(bytes, length, 0), name, end;

    if (begin == length || bytes[begin] != '{')
        return false;
    name = skip_space(bytes, length, begin + 1);
    if (name == length || (bytes[name] != '"' && bytes[name] != '}'))
        return false;
    end = end_of_object(bytes, length, begin);
    return end > 0 && skip_space(bytes, length, end) == length;
}
