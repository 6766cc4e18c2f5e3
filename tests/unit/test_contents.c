/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_contents.c - protocols by their first bytes. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/contents.h"

typedef bool (*rule)(const uint8_t *bytes, size_t length);

/* A literal's bytes, from memory of just that size: reading beyond it is an error under ASan. */
static bool matches(rule is, const char *bytes, size_t length)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    bool result = is(copy, length);

    g_free(copy);
    return result;
}
#define MATCHES(is, literal) matches(is, literal, sizeof(literal) - 1)

/* All that a rule needs is `needed` bytes: with fewer it says no, and reads nothing beyond them. */
static void check_cuts(rule is, const char *bytes, size_t length, size_t needed)
{
    for (size_t i = 0; i <= length; i++)
        g_assert_cmpint(matches(is, bytes, i), ==, i >= needed);
}
#define CHECK_CUTS(is, literal, needed) check_cuts(is, literal, sizeof(literal) - 1, needed)

static void ssh_begins_with_its_version(void)
{
    CHECK_CUTS(vsock_is_ssh, "SSH-2.0-OpenSSH_10.0\r\n", 8);
    g_assert_true(MATCHES(vsock_is_ssh, "SSH-1.99-x"));
    g_assert_false(MATCHES(vsock_is_ssh, "SSH-3.0-x"));
    g_assert_false(MATCHES(vsock_is_ssh, "ssh-2.0-x"));
}

static void http_begins_with_a_method_and_a_path_or_with_its_version(void)
{
    CHECK_CUTS(vsock_is_http, "GET / HTTP/1.1\r\n", 5);
    CHECK_CUTS(vsock_is_http, "HTTP/1.1 200 OK\r\n", 9);
    g_assert_true(MATCHES(vsock_is_http, "POST /x HTTP/1.1\r\n"));
    g_assert_true(MATCHES(vsock_is_http, "OPTIONS * HTTP/1.1\r\n"));
    g_assert_false(MATCHES(vsock_is_http, "GET it"));
    g_assert_true(MATCHES(vsock_is_http, "GET /and nothing mo"));
    g_assert_false(MATCHES(vsock_is_http, "GET /x is in my file\nGET / HTTP/1.1\n"));
    g_assert_false(MATCHES(vsock_is_http, "HTTP/2 200"));
}

static void http_connect_names_a_version_in_its_first_line(void)
{
    CHECK_CUTS(vsock_is_http, "CONNECT kms.eu:443 HTTP/1.1\r\n", 26);
    g_assert_false(MATCHES(vsock_is_http, "CONNECT 1024\n")); /* Firecracker's, on its Unix socket */
    g_assert_false(MATCHES(vsock_is_http, "CONNECT 1024\nGET / HTTP/1.1"));
}

static void http2_begins_with_its_preface(void)
{
    CHECK_CUTS(vsock_is_http2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 16);
}

static void tls_begins_with_a_hello_in_a_record(void)
{
    CHECK_CUTS(vsock_is_tls, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
    CHECK_CUTS(vsock_is_tls, "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 9);
    g_assert_false(MATCHES(vsock_is_tls, "\x17\x03\x03\x00\x7a\x02\x00\x00\x76")); /* application data */
    g_assert_false(MATCHES(vsock_is_tls, "\x16\x03\x05\x00\x7a\x02\x00\x00\x76")); /* no such version */
    g_assert_false(MATCHES(vsock_is_tls, "\x16\x03\x03\x40\x01\x02\x00\x00\x76")); /* too large a record */
    g_assert_false(MATCHES(vsock_is_tls, "\x16\x03\x03\x00\x7a\x0b\x00\x00\x76")); /* a certificate */
    g_assert_false(MATCHES(vsock_is_tls, "\x16\x03\x03\x00\x7a\x02\x00\x00\x25")); /* too short a hello */
}

static void mqtt_begins_with_connect(void)
{
    CHECK_CUTS(vsock_is_mqtt, "\x10\x10\0\4MQTT\4\2", 8);
    CHECK_CUTS(vsock_is_mqtt, "\x10\x90\x01\0\4MQTT\4\2", 9);
    CHECK_CUTS(vsock_is_mqtt, "\x10\x10\0\6MQIsdp\3", 10);
    CHECK_CUTS(vsock_is_mqtt, "\x10\xff\xff\xff\xff\0\4MQTT", SIZE_MAX); /* a fifth byte of length */
    g_assert_false(MATCHES(vsock_is_mqtt, "\x20\x10\0\4MQTT"));
}

static void ninep_begins_with_a_version_of_its_own_size(void)
{
    CHECK_CUTS(vsock_is_9p,
               "\x15\0\0\0\x64\xff\xff\0\0\2\0\x08\0"
               "9P2000.L",
               15);
    g_assert_false(MATCHES(vsock_is_9p, "\x16\0\0\0\x64\xff\xff\0\0\2\0\x08\0"
                                        "9P2000.L"));
    g_assert_false(MATCHES(vsock_is_9p, "\x15\0\0\0\x65\xff\xff\0\0\2\0\x08\0"
                                        "9P2000.L"));
}

static void adb_ends_a_header_with_the_command_inverted(void)
{
    CHECK_CUTS(vsock_is_adb,
               "CNXN\1\0\0\1\0\0\x10\0\7\0\0\0\x32\2\0\0"
               "\xbc\xb1\xa7\xb1host::",
               24);
    g_assert_false(MATCHES(vsock_is_adb, "CNXN\1\0\0\1\0\0\x10\0\7\0\0\0\x32\2\0\0\xbc\xb1\xa7\xb0"));
}

#define RDP_REQUEST "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\x0b\0\0\0"
#define RDP_COOKIE "\3\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=root\r\n\1\0\x08\0\3\0\0\0"

static void rdp_begins_with_a_connection_request_of_its_own(void)
{
    CHECK_CUTS(vsock_is_rdp, RDP_REQUEST, 15);
    CHECK_CUTS(vsock_is_rdp, RDP_COOKIE, 23);
    g_assert_false(MATCHES(vsock_is_rdp, "\3\0\0\x14\x0e\xe0\0\0\0\0\0\1\0\x08\0\x0b\0\0\0")); /* lengths */
    g_assert_false(MATCHES(vsock_is_rdp, "\3\0\0\x13\x0e\xd0\0\0\0\0\0\2\0\x08\0\1\0\0\0"));   /* a confirm */
    g_assert_false(MATCHES(vsock_is_rdp, "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x09\0\1\0\0\0")); /* not 8 bytes */
    /* another that TPKT carries: S7's */
    g_assert_false(MATCHES(vsock_is_rdp, "\3\0\0\x16\x11\xe0\0\0\0\1\0\xc1\2\1\0\xc2\2\1\2\xc0\1\x0a"));
}

static void vnc_begins_with_a_version(void)
{
    CHECK_CUTS(vsock_is_vnc, "RFB 003.008\n", 12);
    g_assert_true(MATCHES(vsock_is_vnc, "RFB 003.889\n")); /* macOS */
    g_assert_true(MATCHES(vsock_is_vnc, "RFB 005.000\n")); /* RealVNC */
    g_assert_false(MATCHES(vsock_is_vnc, "RFB 003.008 "));
    g_assert_false(MATCHES(vsock_is_vnc, "RFB 003,008\n"));
    g_assert_false(MATCHES(vsock_is_vnc, "RFB 3.00008\n"));
    g_assert_false(MATCHES(vsock_is_vnc, "RFB 003.00x\n"));
    g_assert_false(MATCHES(vsock_is_vnc, "RFC 003.008\n"));
}

#define SPICE(major, size) "REDQ" major "\0\0\0\2\0\0\0" size "\0\0"

static void spice_begins_with_a_link_message(void)
{
    CHECK_CUTS(vsock_is_spice, SPICE("\2", "\x1a\0") "\0\0\0\0\1", 16);
    g_assert_true(MATCHES(vsock_is_spice, SPICE("\2", "\x12\0")));
    g_assert_false(MATCHES(vsock_is_spice, SPICE("\2", "\x11\0")));
    g_assert_true(MATCHES(vsock_is_spice, SPICE("\1", "\x00\x10")));
    g_assert_false(MATCHES(vsock_is_spice, SPICE("\1", "\x01\x10")));
    g_assert_false(MATCHES(vsock_is_spice, SPICE("\0", "\x1a\0")));
    g_assert_false(MATCHES(vsock_is_spice, SPICE("\3", "\x1a\0")));
    g_assert_false(MATCHES(vsock_is_spice, "QEDR\2\0\0\0\2\0\0\0\x1a\0\0\0"));
}

#define PROXY_LINE "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"
#define PROXY_BLOCK(command, family, length) "\r\n\r\n\0\r\nQUIT\n" command family length
#define PROXY_IPV4 PROXY_BLOCK("\x21", "\x11", "\0\x0c") "12341234ppPP"

static size_t proxy_header(const char *bytes, size_t length)
{
    g_autofree uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);

    return vsock_proxy_header(copy, length);
}
#define PROXY_HEADER(literal) proxy_header(literal, sizeof(literal) - 1)

static void proxy_begins_with_a_line(void)
{
    CHECK_CUTS(vsock_is_proxy, PROXY_LINE, 11);
    g_assert_cmpuint(PROXY_HEADER(PROXY_LINE "GET /"), ==, sizeof(PROXY_LINE) - 1);
    g_assert_cmpuint(proxy_header(PROXY_LINE, 20), ==, 21); /* at least */
    g_assert_cmpuint(proxy_header(PROXY_LINE, sizeof(PROXY_LINE) - 2), ==, sizeof(PROXY_LINE) - 1);
    g_assert_true(MATCHES(vsock_is_proxy, "PROXY UNKNOWN\r\n"));
    g_assert_false(MATCHES(vsock_is_proxy, "PROXY TCP4 192.0.2.7\n"));
    g_assert_false(MATCHES(vsock_is_proxy, "PROXY TCP4 192.0.2.7\rx"));
    g_assert_false(MATCHES(vsock_is_proxy, "PROXY TCP4 \x80"));
    g_assert_false(MATCHES(vsock_is_proxy, "PROXY TCP5 192.0.2.7 192.0.2.1 1 2\r\n"));
    g_assert_false(MATCHES(vsock_is_proxy, "PROXY is what this is called\r\n"));
}

static void a_line_of_proxy_has_107_bytes_at_most(void)
{
    char line[110] = "PROXY UNKNOWN ";

    memset(line + strlen(line), 'x', sizeof(line) - strlen(line));
    g_assert_cmpuint(proxy_header(line, 105), ==, 106);
    g_assert_cmpuint(proxy_header(line, 106), ==, 0);
    line[105] = '\r';
    line[106] = '\n';
    g_assert_cmpuint(proxy_header(line, sizeof(line)), ==, 107);
    line[105] = 'x';
    line[106] = '\r';
    line[107] = '\n';
    g_assert_cmpuint(proxy_header(line, sizeof(line)), ==, 0);
}

static void proxy_begins_with_a_signature_and_what_agrees_with_it(void)
{
    CHECK_CUTS(vsock_is_proxy, PROXY_IPV4, 16);
    g_assert_cmpuint(PROXY_HEADER(PROXY_IPV4 "GET /"), ==, 28);
    g_assert_cmpuint(proxy_header(PROXY_IPV4, 16), ==, 28);
    g_assert_cmpuint(PROXY_HEADER(PROXY_BLOCK("\x20", "\0", "\0\0")), ==, 16); /* a proxy's own */
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x11", "\x11", "\0\x0c")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x22", "\x11", "\0\x0c")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x41", "\0\x0c")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x13", "\0\x0c")));
    g_assert_false(
        MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x11", "\0\x0b"))); /* no room for addresses */
    g_assert_true(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x21", "\0\x24")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x21", "\0\x23")));
    g_assert_true(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x31", "\0\xd8")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x31", "\0\xd7")));
    g_assert_true(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x11", "\x0c\0")));
    g_assert_false(MATCHES(vsock_is_proxy, PROXY_BLOCK("\x21", "\x11", "\x0c\1")));
}

static void json_is_one_object_and_nothing_else(void)
{
    CHECK_CUTS(vsock_is_json, "{\"a\":1}", 7);
    CHECK_CUTS(vsock_is_json, " { \"a\": {} }\r\n", 12);
    CHECK_CUTS(vsock_is_json, "{\"a\":\"}\\\"}\"}", 12);
    g_assert_true(MATCHES(vsock_is_json, "{}"));
    g_assert_false(MATCHES(vsock_is_json, "{}{}"));
    g_assert_true(MATCHES(vsock_is_json, "{ }\n"));
    g_assert_false(MATCHES(vsock_is_json, "[1]"));
    g_assert_false(MATCHES(vsock_is_json, "{a}"));
    g_assert_false(MATCHES(vsock_is_json, "{\"a\":1"));
    g_assert_false(MATCHES(vsock_is_json, "   "));
    g_assert_false(MATCHES(vsock_is_json, "}"));
}

/* Also behind what these begin with: TPKT and X.224's request, VNC's and SPICE's letters, PROXY's. */
static void random_bytes_are_nobodys(void)
{
    static const rule rules[] = {vsock_is_ssh,  vsock_is_http,  vsock_is_http2, vsock_is_tls,
                                 vsock_is_mqtt, vsock_is_9p,    vsock_is_adb,   vsock_is_rdp,
                                 vsock_is_vnc,  vsock_is_spice, vsock_is_proxy, vsock_is_json};
    static const char *const begins[] = {"\3\0\0\x29\x24\xe0\0\0\0\0\0", "RFB 00", "REDQ", "PROXY ",
                                         "\r\n\r\n\0\r\nQUIT"};
    static const size_t lengths[] = {11, 6, 4, 6, 11};
    g_autoptr(GRand) random = g_rand_new_with_seed(17);
    uint8_t bytes[96];

    for (unsigned i = 0; i < 100000; i++) {
        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (uint8_t)g_rand_int(random);
        size_t b = i % G_N_ELEMENTS(begins);

        memcpy(bytes, begins[b], i % 4 == 0 ? lengths[b] : MIN(i % 4, lengths[b]));
        for (size_t r = 0; r < G_N_ELEMENTS(rules); r++)
            g_assert_false(rules[r](bytes, sizeof(bytes)));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/contents/" #name, name)
    TEST(ssh_begins_with_its_version);
    TEST(http_begins_with_a_method_and_a_path_or_with_its_version);
    TEST(http_connect_names_a_version_in_its_first_line);
    TEST(http2_begins_with_its_preface);
    TEST(tls_begins_with_a_hello_in_a_record);
    TEST(mqtt_begins_with_connect);
    TEST(ninep_begins_with_a_version_of_its_own_size);
    TEST(adb_ends_a_header_with_the_command_inverted);
    TEST(rdp_begins_with_a_connection_request_of_its_own);
    TEST(vnc_begins_with_a_version);
    TEST(spice_begins_with_a_link_message);
    TEST(proxy_begins_with_a_line);
    TEST(a_line_of_proxy_has_107_bytes_at_most);
    TEST(proxy_begins_with_a_signature_and_what_agrees_with_it);
    TEST(random_bytes_are_nobodys);
    TEST(json_is_one_object_and_nothing_else);
    return g_test_run();
}
