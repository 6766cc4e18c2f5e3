/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_diagnose.c - a capture of several connections, from packets to its report: core/life.h,
 * core/timeline.h and core/diagnose.h, used as tap/lives.c and tap/findings.c use them.
 * Input: 1 byte, whose bits choose thresholds, and steps. A step's choice names the two endpoints. */
#include <string.h>

#include "check_flow.h"
#include "core/life.h"
#include "core/malformed.h"
#include "core/timeline.h"
#include "rws.h"
#include "steps.h"

#define TUPLES 32 /* the choice's bits 0 to 3 are the server's port, bit 4 is the client's CID */
#define PORTS 16
#define LIVES 48   /* that are looked at in one capture */
#define REPORT 256 /* diagnoses that are kept of one */
#define GAPS 8

struct lived {
    struct vsock_conn conn;
    struct vsock_life life;
    unsigned tuple;
    uint32_t request_frame, response_frame, reset_frame;
    int64_t request_time, response_time, reset_time;
    int64_t until; /* when the next generation began; VSOCK_NEVER while none did */
};

static struct capture {
    struct lived lives[LIVES];
    unsigned count;
    struct history histories[TUPLES];
    struct lived *newest[TUPLES];
    struct vsock_pair pairs[2]; /* by the client's CID */
    struct vsock_gap gaps[2][GAPS];
    unsigned gap_count[2];
    struct vsock_server servers[PORTS];
    struct vsock_target targets[2][PORTS];
    struct vsock_prober probers[2];
    struct vsock_attempt attempts[3 * LIVES];
    unsigned attempt_count, refused;
    struct vsock_thresholds thresholds;
    struct vsock_diagnosis report[REPORT];
    unsigned reported;
    uint32_t frame;
    int64_t now;
    int64_t times[UINT8_MAX + 1]; /* of frames, as far as they are remembered */
} capture;

static unsigned client_of(unsigned tuple)
{
    return tuple / PORTS;
}

static unsigned port_of(unsigned tuple)
{
    return tuple % PORTS;
}

/* ---- what is said ---- */

static void check_diagnosis(const struct vsock_diagnosis *d)
{
    const struct vsock_figure_names *names;

    CHECK(d->code < VSOCK_CODE_COUNT && d->severity <= VSOCK_SEVERITY_ERROR);
    CHECK(strlen(vsock_code_name(d->code)) > 0 && strlen(vsock_severity_name(d->severity)) > 0);
    names = vsock_code_figures(d->code);
    CHECK(names->count || names->bytes || names->longest || names->total);
    CHECK(d->first_frame > 0 && d->first_frame <= d->last_frame && d->last_frame <= capture.frame);
    CHECK(d->time >= -TIME_LIMIT && d->time <= TIME_LIMIT);
    CHECK(d->side < 2);
    CHECK(d->figures.total >= 0 && d->figures.longest >= 0);                 /* wherever clocks go */
    CHECK((int64_t)d->figures.bytes >= 0 && (int64_t)d->figures.limit >= 0); /* no difference below 0 */
    CHECK_IMPLIES(d->code == VSOCK_CODE_CREDIT_OVERRUN, d->figures.bytes > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_DATA_LOST_AT_CLOSE, d->figures.bytes > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CLOSE_TIMEOUT, d->figures.longest > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_HALF_CLOSE_HANG, d->figures.longest > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CONNECT_SLOW, d->figures.longest > 0);
}

static void report(struct vsock_diagnosis d)
{
    check_diagnosis(&d);
    if (capture.reported < REPORT)
        capture.report[capture.reported++] = d;
}

static void report_all(const struct vsock_diagnoses *found, const struct vsock_event *e)
{
    CHECK(found->count <
          VSOCK_LIFE_DIAGNOSES_MAX); /* as many would say that one more may have been dropped */
    for (unsigned i = 0; i < found->count; i++) {
        CHECK_IMPLIES(e != NULL, found->list[i].last_frame == capture.frame);
        CHECK_IMPLIES(e == NULL, found->list[i].lasting || found->list[i].code == VSOCK_CODE_LARGE_SEND_RISK);
        report(found->list[i]);
    }
}

/* ---- packets ---- */

static struct vsock_event make_event(const struct lived *l, const struct step *step,
                                     const struct vsock_step *did)
{
    const struct vsock_window *own = &l->conn.flow.window[step->side];
    const struct vsock_window *peer = &l->conn.flow.window[step->side ^ 1];
    struct vsock_event e = {
        .packet = &step->packet,
        .frame = step->frame,
        .time = step->time,
        .side = step->side,
        .state = l->conn.state,
        .rst_kind = did->rst_kind,
        .findings = did->findings,
        .malformed = vsock_malformed(&step->packet),
        .counted = did->counted,
        .has_credit = vsock_conn_has_credit(&l->conn, &step->packet),
        .in_flight = vsock_window_in_flight(own),
        .peer_in_flight = vsock_window_in_flight(peer),
        .exceeded = did->flow.exceeded,
        .ahead = did->flow.stamp.ahead,
        .backwards = did->flow.stamp.backwards,
        .waited = did->waited,
        .stall_frame = did->flow.stall_frame,
        .stall_cause = did->flow.stall_cause,
        .asks = did->flow.asks,
        .answers = did->flow.answers_frame != 0,
    };

    e.has_window = e.has_credit && own->stamped;
    if (e.has_window)
        e.window = vsock_window_left(own);
    if (l->request_frame != 0)
        e.connect_time = step->time - l->request_time;
    e.stall_began = capture.times[did->flow.stall_frame % (UINT8_MAX + 1)];
    return e;
}

static void note_landmarks(struct lived *l, const struct step *step, const struct vsock_step *did)
{
    if (FOUND(did->findings, REQUEST)) {
        l->request_frame = step->frame;
        l->request_time = step->time;
    }
    if (FOUND(did->findings, RESPONSE)) {
        l->response_frame = step->frame;
        l->response_time = step->time;
    }
    if (l->reset_frame == 0 && did->rst_kind != VSOCK_RST_NONE && did->rst_kind != VSOCK_RST_FOREIGN_TYPE) {
        l->reset_frame = step->frame;
        l->reset_time = step->time;
    }
}

static void note_pair(const struct lived *l, const struct vsock_event *e)
{
    unsigned client = client_of(l->tuple);
    struct vsock_pair *pair = &capture.pairs[client];

    vsock_pair_take(pair, e->time);
    CHECK(pair->spoke && pair->last_time >= e->time);
    if (FOUND(e->findings, RESPONSE) && l->request_frame != 0 && vsock_pair_opened(pair, l->request_time) &&
        capture.gap_count[client] < GAPS)
        capture.gaps[client][capture.gap_count[client]++] = pair->gap;
    if (FOUND(e->findings, STALL_ENDED)) {
        struct vsock_waited waited = {
            .stream = l->tuple, .frame = e->frame, .from = e->stall_began, .until = e->time};

        vsock_pair_waited(pair, &waited);
    }
    CHECK(pair->waited_count <= VSOCK_TOGETHER_MAX && pair->together.figures.count <= VSOCK_TOGETHER_MAX);
}

static void check_life(const struct vsock_life *life, const struct lived *l)
{
    CHECK(life->side[0].packets + life->side[1].packets == l->conn.packets);
    CHECK(life->side[0].rws <= life->side[0].packets && life->side[1].rws <= life->side[1].packets);
    CHECK(life->state == l->conn.state);
    CHECK(life->first_frame > 0 && life->first_frame <= life->last_frame);
    CHECK(life->rst_kind <= VSOCK_RST_FOREIGN_TYPE);
    CHECK((life->rst_kind != VSOCK_RST_NONE) == l->conn.ended);
    CHECK(life->longest_stall >= 0);
    CHECK_IMPLIES(life->stalls == 0, life->total_stall == 0);
}

static void take(struct lived *l, const struct vsock_conn *previous, const struct step *step)
{
    struct vsock_rw *rw = lend_rw();
    struct vsock_step did =
        vsock_conn_step(&l->conn, previous, &step->packet, step->side, step->frame, step->time, rw);
    struct vsock_diagnoses found;
    struct vsock_event e;

    if (!did.flow.rw_kept)
        give_back_rw(rw);
    give_back_rws(did.flow.released);
    note_landmarks(l, step, &did);
    e = make_event(l, step, &did);
    vsock_life_take(&l->life, &e, &capture.thresholds, &found);
    report_all(&found, &e);
    check_life(&l->life, l);
    note_pair(l, &e);
}

/* A new generation, or NULL where there are enough. */
static struct lived *begin(unsigned tuple, const struct step *step)
{
    struct lived *l;

    if (capture.count == LIVES)
        return NULL;
    l = &capture.lives[capture.count++];
    *l = (struct lived){.tuple = tuple, .until = VSOCK_NEVER};
    l->conn = vsock_conn_start(&step->packet, step->side, false);
    l->life = vsock_life_start(&l->conn, tuple == TUPLES - 1);
    if (capture.newest[tuple])
        capture.newest[tuple]->until = step->time;
    return l;
}

static bool take_next(struct steps *steps)
{
    unsigned tuple = peek_choice(steps) % TUPLES;
    struct step step = take_step(steps, &capture.histories[tuple]);
    struct lived *l = capture.newest[tuple];
    struct vsock_conn previous;
    bool begins = !l || vsock_conn_begins(&l->conn, &step.packet), has_previous = begins && l;

    capture.frame = step.frame;
    capture.times[step.frame % (UINT8_MAX + 1)] = step.time;
    capture.now = step.time > capture.now ? step.time : capture.now;
    if (has_previous) {
        previous = l->conn;
        give_back_rws(vsock_conn_release(&l->conn));
    }
    if (begins)
        l = begin(tuple, &step);
    if (!l)
        return false;
    capture.newest[tuple] = l;
    take(l, has_previous ? &previous : NULL, &step);
    return true;
}

/* ---- the end ---- */

static struct vsock_ending ending_of(const struct lived *l)
{
    int64_t until = l->until != VSOCK_NEVER ? l->until : capture.now;

    return (struct vsock_ending){.conn = &l->conn, .known_until = l->reset_frame ? l->reset_time : until};
}

static void add_attempt(const struct lived *l, enum vsock_outcome outcome, uint32_t frame, int64_t time)
{
    unsigned client = client_of(l->tuple), port = port_of(l->tuple);

    capture.attempts[capture.attempt_count++] = (struct vsock_attempt){
        .outcome = outcome,
        .frame = frame,
        .time = time,
        .type = l->life.type,
        .picked = true,
        .own_fault = l->life.rst_side == l->conn.client,
        .server = &capture.servers[port],
        .target = &capture.targets[client][port],
        .prober = &capture.probers[client],
    };
    capture.refused += outcome == VSOCK_OUTCOME_REFUSED;
}

static void take_request(const struct lived *l)
{
    struct vsock_ending ending = ending_of(l);
    struct vsock_target *target = &capture.targets[client_of(l->tuple)][port_of(l->tuple)];

    if (l->request_frame == 0)
        return;
    target->requests++;
    if (vsock_life_unanswered(&ending, l->request_time, &capture.thresholds))
        vsock_target_unanswered(target, l->request_frame, l->request_time, true);
    if (l->life.rst_kind == VSOCK_RST_REFUSED)
        add_attempt(l, VSOCK_OUTCOME_REFUSED, l->reset_frame, l->reset_time);
    if (l->response_frame == 0)
        return;
    add_attempt(l, VSOCK_OUTCOME_ACCEPTED, l->response_frame, l->response_time);
    if (l->reset_frame != 0)
        add_attempt(l, VSOCK_OUTCOME_ENDED, l->reset_frame, l->reset_time);
    vsock_server_idle(target->server, &l->life, l->response_time, ending.known_until, true);
}

static void end_life(const struct lived *l)
{
    struct vsock_ending ending = ending_of(l);
    struct vsock_diagnoses found;
    struct vsock_diagnosis orphaned;
    unsigned client = client_of(l->tuple);

    take_request(l);
    vsock_life_end(&l->life, &ending, &capture.thresholds, &found);
    report_all(&found, NULL);
    if (vsock_life_orphaned(&l->life, &ending, capture.gaps[client], capture.gap_count[client], &orphaned))
        report(orphaned);
}

static int by_frame(const void *a, const void *b)
{
    const struct vsock_attempt *s = (const struct vsock_attempt *)a, *t = (const struct vsock_attempt *)b;

    return s->frame < t->frame ? -1 : s->frame > t->frame;
}

/* Reports what became of the requests of one client at one port; returns how many refusals that explains. */
static uint64_t judge_target(const struct vsock_target *t)
{
    struct vsock_diagnosis d;
    uint64_t refused = 0;

    if (vsock_target_diagnose(t, VSOCK_CODE_CONNECT_UNANSWERED, 0, &d)) {
        CHECK(d.figures.count <= t->requests);
        report(d);
    }
    for (unsigned type = 0; type < 2; type++) {
        if (!vsock_target_diagnose(t, VSOCK_CODE_CONNECT_TYPE_MISMATCH, type, &d))
            continue;
        refused += d.figures.count;
        report(d);
    }
    if (vsock_target_diagnose(t, VSOCK_CODE_CONNECT_REFUSED, 0, &d)) {
        refused += d.figures.count;
        report(d);
    }
    CHECK(refused <= t->requests && t->accepted <= t->requests);
    return refused;
}

/* Each refusal counts once. */
static void judge_attempts(void)
{
    uint64_t refused = 0;
    struct vsock_diagnosis d;

    qsort(capture.attempts, capture.attempt_count, sizeof(capture.attempts[0]), by_frame);
    vsock_attempts_judge(capture.attempts, capture.attempt_count);
    for (unsigned port = 0; port < PORTS; port++) {
        refused += judge_target(&capture.targets[0][port]) + judge_target(&capture.targets[1][port]);
        if (vsock_server_diagnose(&capture.servers[port], VSOCK_CODE_LISTENER_LOST, &d)) {
            CHECK(d.figures.count >= VSOCK_LOST_REFUSALS);
            refused += d.figures.count;
            report(d);
        }
        if (vsock_server_diagnose(&capture.servers[port], VSOCK_CODE_NO_DATA, &d))
            report(d);
    }
    for (unsigned client = 0; client < 2; client++) {
        if (!vsock_prober_diagnose(&capture.probers[client], &d))
            continue;
        CHECK(d.figures.count >= VSOCK_SCAN_PORTS);
        refused += d.figures.count;
        report(d);
    }
    CHECK(refused <= capture.refused);
}

static void judge_pairs(void)
{
    struct vsock_diagnosis d;

    for (unsigned client = 0; client < 2; client++) {
        if (vsock_pair_diagnose(&capture.pairs[client],
                                (unsigned)capture.pairs[client].together.figures.count, &d))
            report(d);
    }
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* An order of all of them, and a merge that takes part of neither away. */
static void check_report(void)
{
    for (unsigned i = 0; i + 1 < capture.reported; i++) {
        const struct vsock_diagnosis *a = &capture.report[i], *b = &capture.report[i + 1];
        struct vsock_diagnosis merged = *a;

        CHECK(vsock_diagnosis_compare(a, a) == 0);
        CHECK(sign(vsock_diagnosis_compare(a, b)) == -sign(vsock_diagnosis_compare(b, a)));
        vsock_diagnosis_merge(&merged, b);
        CHECK(merged.first_frame <= a->first_frame && merged.first_frame <= b->first_frame);
        CHECK(merged.last_frame >= a->last_frame && merged.last_frame >= b->last_frame);
        CHECK(merged.severity >= a->severity && merged.severity >= b->severity);
        CHECK(merged.figures.count == a->figures.count + b->figures.count);
        CHECK(merged.figures.bytes >= a->figures.bytes && merged.figures.longest >= b->figures.longest);
    }
}

/* ---- one capture ---- */

static void start(uint8_t thresholds)
{
    int64_t ms = INT64_C(1000000);

    memset(&capture, 0, sizeof(capture));
    capture.now = -TIME_LIMIT;
    capture.thresholds = (struct vsock_thresholds){
        .connect_timeout = thresholds & 1 ? 0 : 2000 * ms,
        .stall_note = thresholds & 2 ? 0 : 100 * ms,
        .stall_warning = thresholds & 2 ? 0 : 1000 * ms,
        .credit_request_timeout = thresholds & 4 ? 0 : 1000 * ms,
    };
    for (unsigned port = 0; port < PORTS; port++) {
        capture.servers[port].endpoint = (struct vsock_endpoint){3, port};
        for (unsigned client = 0; client < 2; client++)
            capture.targets[client][port] =
                (struct vsock_target){.server = &capture.servers[port], .client_cid = 42 + client};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct steps steps = {.input = {data, size}};

    start((uint8_t)take_number(&steps.input, 1));
    while (more_steps(&steps) && take_next(&steps))
        ;
    for (unsigned i = 0; i < capture.count; i++)
        end_life(&capture.lives[i]);
    judge_attempts();
    judge_pairs();
    check_report();
    for (unsigned i = 0; i < capture.count; i++)
        give_back_rws(vsock_conn_release(&capture.lives[i].conn));
    CHECK(lent == 0);
    return 0;
}
