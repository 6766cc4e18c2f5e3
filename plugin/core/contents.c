/* SPDX-License-Identifier: GPL-2.0-or-later
 * contents.c - protocols that are known by their first bytes. */
#include "contents.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool begins_with(const uint8_t *bytes, size_t length, const char *text)
{
    return length >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

static bool begins_with_any(const uint8_t *bytes, size_t length, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins_with(bytes, length, texts[i]))
            return true;
    }
    return false;
}

static uint32_t big_endian(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint32_t little_endian(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    while (size-- > 0)
        value = value << 8 | bytes[size];
    return value;
}

bool vsock_is_ssh(const uint8_t *bytes, size_t length)
{
    static const char *const versions[] = {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-"};

    return begins_with_any(bytes, length, versions, COUNT(versions));
}

/* Does the first line name a version? A line that is cut may yet do so. */
static bool names_version(const uint8_t *line, size_t length, bool if_cut)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\n')
            return false;
        if (begins_with(line + i, length - i, " HTTP/1."))
            return true;
    }
    return if_cut;
}

bool vsock_is_http(const uint8_t *bytes, size_t length)
{
    static const char *const statuses[] = {"HTTP/1.0 ", "HTTP/1.1 "};
    static const char *const requests[] = {
        "GET /", "GET http://", "HEAD /",   "HEAD http://", "POST /",  "POST http://",
        "PUT /", "PATCH /",     "DELETE /", "OPTIONS /",    "TRACE /", "OPTIONS * ",
    };

    if (begins_with_any(bytes, length, statuses, COUNT(statuses)))
        return true;
    if (begins_with(bytes, length, "CONNECT ")) /* a host, where others have a path: that proves little */
        return names_version(bytes, length, false);
    return begins_with_any(bytes, length, requests, COUNT(requests)) && names_version(bytes, length, true);
}

bool vsock_is_http2(const uint8_t *bytes, size_t length)
{
    return begins_with(bytes, length, "PRI * HTTP/2.0\r\n");
}

/* A ClientHello or a ServerHello that begins a record. */
bool vsock_is_tls(const uint8_t *bytes, size_t length)
{
    const uint32_t smallest_hello = 38;
    uint32_t record, type, hello;

    if (length < 9 || bytes[0] != 22 || bytes[1] != 3 || bytes[2] > 4)
        return false;
    record = big_endian(bytes + 3, 2);
    type = bytes[5];
    hello = big_endian(bytes + 6, 3);
    return record >= 4 && record <= 16384 && (type == 1 || type == 2) && hello >= smallest_hello &&
           hello <= 65536;
}

/* A CONNECT packet: its type, its length in one to four bytes, its protocol's name. */
bool vsock_is_mqtt(const uint8_t *bytes, size_t length)
{
    size_t name = 1;

    if (length < 2 || bytes[0] != 0x10)
        return false;
    while (name < 4 && name < length && bytes[name] & 0x80)
        name++;
    if (name + 3 > length || bytes[name] & 0x80)
        return false;
    name++;
    if (big_endian(bytes + name, 2) == 4)
        return begins_with(bytes + name + 2, length - name - 2, "MQTT");
    return big_endian(bytes + name, 2) == 6 && begins_with(bytes + name + 2, length - name - 2, "MQIsdp");
}

/* A Tversion: size, type 100, no tag, the largest size, a version. */
bool vsock_is_9p(const uint8_t *bytes, size_t length)
{
    return length >= 15 && bytes[4] == 100 && little_endian(bytes + 5, 2) == 0xffff &&
           little_endian(bytes, 4) == 13 + little_endian(bytes + 11, 2) &&
           begins_with(bytes + 13, length - 13, "9P");
}

/* A message's last word is its first, inverted. */
bool vsock_is_adb(const uint8_t *bytes, size_t length)
{
    static const char *const commands[] = {"CNXN", "AUTH", "STLS"};

    return length >= 24 && begins_with_any(bytes, length, commands, COUNT(commands)) &&
           little_endian(bytes + 20, 4) == ~little_endian(bytes, 4);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
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
    size_t begin = 0, end, name;

    while (begin < length && is_space(bytes[begin]))
        begin++;
    if (begin == length || bytes[begin] != '{')
        return false;
    for (name = begin + 1; name < length && is_space(bytes[name]);)
        name++;
    if (name == length || (bytes[name] != '"' && bytes[name] != '}'))
        return false;
    end = end_of_object(bytes, length, begin);
    while (end > 0 && end < length && is_space(bytes[end]))
        end++;
    return end == length;
}
