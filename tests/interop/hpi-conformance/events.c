/* Subscriptions and events. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <pthread.h>
#include <string.h>

static const SaHpiTimeoutT SHORT_NS = 100 * 1000 * 1000;
/* How much later than asked a wait may end. */
static const double LATE_S = 2;
/* More events than any queue holds. */
enum { EVENTS_MAX = 100000 };
/* More events than a queue of usual size holds. */
enum { MANY = 1100 };

static SaHpiEventT user_event(const char *words)
{
    SaHpiEventT event;

    memset(&event, 0, sizeof event);
    event.Source = SAHPI_UNSPECIFIED_RESOURCE_ID;
    event.EventType = SAHPI_ET_USER;
    event.Severity = SAHPI_INFORMATIONAL;
    event.EventDataUnion.UserEvent.UserEventData = text(words);
    return event;
}

/* Takes all that waits, and what comes right after. */
static void drain(SaHpiSessionIdT in)
{
    SaHpiEventT event;

    for (unsigned turn = 0; turn < EVENTS_MAX; turn++)
        if (saHpiEventGet(in, SHORT_NS, &event, NULL, NULL, NULL) != SA_OK)
            return;
}

/* What a wait ends with when nothing comes. The shelf lives: events of its own do not count. */
static SaErrorT get_nothing(SaHpiSessionIdT in, SaHpiTimeoutT timeout_ns, double *waited_s)
{
    SaErrorT code = SA_OK;
    SaHpiEventT event;

    for (unsigned turn = 0; turn < EVENTS_MAX && code == SA_OK; turn++) {
        double start = seconds();

        code = saHpiEventGet(in, timeout_ns, &event, NULL, NULL, NULL);
        *waited_s = seconds() - start;
    }
    return code;
}

/* The next event that a user added. */
static SaErrorT get_added(SaHpiSessionIdT in, SaHpiEventT *event, SaHpiRdrT *rdr,
    SaHpiRptEntryT *rpt, SaHpiEvtQueueStatusT *status)
{
    SaErrorT code;

    do
        code = saHpiEventGet(in, 1000000000, event, rdr, rpt, status);
    while (code == SA_OK && event->EventType != SAHPI_ET_USER);
    return code;
}

/* The same, where only events that users added count. */
static SaErrorT get_nothing_added(SaHpiSessionIdT in)
{
    SaErrorT code;
    SaHpiEventT event;

    do
        code = saHpiEventGet(in, SHORT_NS, &event, NULL, NULL, NULL);
    while (code == SA_OK && event.EventType != SAHPI_ET_USER);
    return code;
}

static void test_bad_gets(SaHpiSessionIdT in)
{
    SaHpiEventT event;
    double waited = 0;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiEventGet(NO_SUCH, SAHPI_TIMEOUT_IMMEDIATE, &event, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the event",
        saHpiEventGet(in, SAHPI_TIMEOUT_IMMEDIATE, NULL, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "less than BLOCK",
        saHpiEventGet(in, -2, &event, NULL, NULL, NULL));
    drain(in);
    expect("saHpiEventGet", "nothing waits", SA_ERR_HPI_TIMEOUT,
        get_nothing(in, SAHPI_TIMEOUT_IMMEDIATE, &waited));
    expect("saHpiEventGet", "nothing comes in 100 ms", SA_ERR_HPI_TIMEOUT,
        get_nothing(in, SHORT_NS, &waited));
    CHECK("saHpiEventGet", "it waits as long as it was told to, and not longer",
        waited >= 0.1 && waited < 0.1 + LATE_S);
}

static void test_bad_events(void)
{
    SaHpiEventT event = user_event("bad");

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiEventAdd(NO_SUCH, &event));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventAdd(session, NULL));
    event.EventType = SAHPI_ET_RESOURCE;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "not a user event", saHpiEventAdd(session, &event));
    event = user_event("bad");
    event.Source = resources[0].rpt.ResourceId;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "from a resource", saHpiEventAdd(session, &event));
    event = user_event("bad");
    event.Severity = SAHPI_ALL_SEVERITIES;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "all severities", saHpiEventAdd(session, &event));
    event.Severity = (SaHpiSeverityT)7;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity", saHpiEventAdd(session, &event));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        event = user_event("bad");
        event.EventDataUnion.UserEvent.UserEventData = bad_text(which);
        EXPECT(SA_ERR_HPI_INVALID_PARAMS, bad_text_why(which), saHpiEventAdd(session, &event));
    }
}

static void test_user_event(SaHpiSessionIdT in)
{
    SaHpiEventT event = user_event("hello"), got;
    SaHpiEvtQueueStatusT status = SAHPI_EVT_QUEUE_OVERFLOW;
    SaHpiRdrT rdr;
    SaHpiRptEntryT rpt;

    EXPECT(SA_OK, "a user event", saHpiEventAdd(session, &event));
    expect("saHpiEventGet", "an event that waits", SA_OK,
        get_added(in, &got, &rdr, &rpt, &status));
    CHECK("saHpiEventAdd", "it is the one that was added",
        got.EventType == SAHPI_ET_USER && got.Severity == SAHPI_INFORMATIONAL
            && got.Source == SAHPI_UNSPECIFIED_RESOURCE_ID
            && same_text(&got.EventDataUnion.UserEvent.UserEventData,
                &event.EventDataUnion.UserEvent.UserEventData));
    CHECK("saHpiEventGet", "a user event has no record and no resource",
        rdr.RdrType == SAHPI_NO_RECORD && rpt.ResourceCapabilities == 0);
    CHECK("saHpiEventGet", "no event was lost", status == 0);
    EXPECT(SA_OK, "a user event", saHpiEventAdd(session, &event));
    expect("saHpiEventGet", "nothing but the event", SA_OK,
        get_added(in, &got, NULL, NULL, NULL));
}

/* A call that another thread waits in. */
struct waiting {
    SaHpiSessionIdT in;
    SaErrorT code;
};

static void *wait_for_event(void *argument)
{
    struct waiting *waiting = argument;
    SaHpiEventT event;

    waiting->code =
        saHpiEventGet(waiting->in, SAHPI_TIMEOUT_BLOCK, &event, NULL, NULL, NULL);
    return NULL;
}

static SaErrorT code_when(SaHpiSessionIdT in, SaErrorT (*end)(SaHpiSessionIdT))
{
    struct waiting waiting = { .in = in, .code = SA_OK };
    pthread_t thread;

    drain(in);
    if (pthread_create(&thread, NULL, wait_for_event, &waiting) != 0)
        return SA_ERR_HPI_INTERNAL_ERROR;
    wait_ms(300);
    end(in);
    pthread_join(thread, NULL);
    return waiting.code;
}

static SaErrorT add_event(SaHpiSessionIdT in)
{
    SaHpiEventT event = user_event("wake up");

    return saHpiEventAdd(in, &event);
}

static void test_blocking(SaHpiSessionIdT in)
{
    expect("saHpiEventGet", "BLOCK ends with an event", SA_OK, code_when(in, add_event));
    expect("saHpiEventGet", "BLOCK ends when another thread unsubscribes",
        SA_ERR_HPI_INVALID_REQUEST, code_when(in, saHpiUnsubscribe));
    EXPECT(SA_OK, "again", saHpiSubscribe(in));
    expect("saHpiEventGet", "BLOCK ends when another thread closes the session",
        SA_ERR_HPI_INVALID_SESSION, code_when(in, saHpiSessionClose));
}

/* Whoever takes no events loses some, and is told so once. */
static void test_overflow(void)
{
    SaHpiEventT event = user_event("many"), got;
    SaHpiEvtQueueStatusT status = 0;
    SaHpiSessionIdT in;
    unsigned added = 0;

    EXPECT(SA_OK, "a session", saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &in, NULL));
    EXPECT(SA_OK, "a session", saHpiSubscribe(in));
    while (added < MANY && saHpiEventAdd(session, &event) == SA_OK)
        added++;
    CHECK("saHpiEventAdd", "events are taken, whoever is behind", added == MANY);
    EXPECT(SA_OK, "an event that waits", saHpiEventGet(in, 0, &got, NULL, NULL, &status));
    if (status & SAHPI_EVT_QUEUE_OVERFLOW) {
        EXPECT(SA_OK, "the next one", saHpiEventGet(in, 0, &got, NULL, NULL, &status));
        CHECK("saHpiEventGet", "that events were lost is told once",
            !(status & SAHPI_EVT_QUEUE_OVERFLOW));
    }
    EXPECT(SA_OK, "a session", saHpiSessionClose(in));
}

void test_events(void)
{
    SaHpiEventT event = user_event("lost");
    SaHpiSessionIdT in;

    group("Events");
    if (resource_count == 0) {
        missing("saHpiEventGet", "resource");
        return;
    }
    EXPECT(SA_OK, "a session", saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &in, NULL));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "not subscribed",
        saHpiEventGet(in, SAHPI_TIMEOUT_IMMEDIATE, &event, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "not subscribed", saHpiUnsubscribe(in));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiSubscribe(NO_SUCH));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiUnsubscribe(NO_SUCH));
    EXPECT(SA_OK, "a session", saHpiSubscribe(in));
    EXPECT(SA_ERR_HPI_DUPLICATE, "the same again", saHpiSubscribe(in));
    test_bad_gets(in);
    test_bad_events();
    test_user_event(in);
    event = user_event("lost");
    EXPECT(SA_OK, "an event that nobody takes", saHpiEventAdd(session, &event));
    EXPECT(SA_OK, "subscribed", saHpiUnsubscribe(in));
    EXPECT(SA_OK, "again", saHpiSubscribe(in));
    expect("saHpiEventGet", "what waited is gone", SA_ERR_HPI_TIMEOUT,
        get_nothing_added(in));
    test_blocking(in);
    test_overflow();
}
