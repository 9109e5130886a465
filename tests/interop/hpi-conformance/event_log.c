/* Event logs, of the domain and of resources. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* More entries than any log has. */
enum { ENTRIES_MAX = 100000 };

/* 2020-01-01, and three hours after startup. */
static const SaHpiTimeT ABSOLUTE_NS = 1577836800LL * 1000000000;
static const SaHpiTimeT RELATIVE_NS = 3LL * 3600 * 1000000000;
/* How far a clock may go on between two calls. */
static const SaHpiTimeT SHORT_NS = 10LL * 1000000000;

static SaHpiEventT user_event(const char *words)
{
    SaHpiEventT event;

    memset(&event, 0, sizeof event);
    event.Source = SAHPI_UNSPECIFIED_RESOURCE_ID;
    event.EventType = SAHPI_ET_USER;
    event.Timestamp = SAHPI_TIME_UNSPECIFIED;
    event.Severity = SAHPI_MINOR;
    event.EventDataUnion.UserEvent.UserEventData = text(words);
    return event;
}

static SaHpiEventLogInfoT info_of(SaHpiResourceIdT log)
{
    SaHpiEventLogInfoT info;

    memset(&info, 0, sizeof info);
    saHpiEventLogInfoGet(session, log, &info);
    return info;
}

/* Whether the newest entry is about a user event with these words. */
static bool newest_is(SaHpiResourceIdT log, const char *words)
{
    SaHpiEventLogEntryIdT previous, next;
    SaHpiEventLogEntryT entry;
    SaHpiTextBufferT wanted = text(words);

    return saHpiEventLogEntryGet(session, log, SAHPI_NEWEST_ENTRY, &previous, &next, &entry, NULL,
               NULL) == SA_OK
           && entry.Event.EventType == SAHPI_ET_USER
           && same_text(&entry.Event.EventDataUnion.UserEvent.UserEventData, &wanted);
}

static void test_info(SaHpiResourceIdT log)
{
    SaHpiEventLogInfoT info;
    SaHpiEventLogCapabilitiesT capabilities = 0;
    bool is_resetable;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventLogInfoGet(session, log, NULL));
    EXPECT(SA_OK, "a log", saHpiEventLogInfoGet(session, log, &info));
    CHECK("saHpiEventLogInfoGet", "no more entries than there is room for",
        info.Size == 0 || info.Entries <= info.Size);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventLogCapabilitiesGet(session, log, NULL));
    EXPECT(SA_OK, "a log", saHpiEventLogCapabilitiesGet(session, log, &capabilities));
    is_resetable = capabilities & SAHPI_EVTLOG_CAPABILITY_OVERFLOW_RESET;
    CHECK("saHpiEventLogCapabilitiesGet", "the same about overflow as in the info",
        is_resetable == (info.OverflowResetable != SAHPI_FALSE));
    EXPECT(is_resetable ? SA_OK : SA_ERR_HPI_INVALID_CMD, "as its capabilities say",
        saHpiEventLogOverflowReset(session, log));
    CHECK("saHpiEventLogOverflowReset", "no overflow now",
        !is_resetable || !info_of(log).OverflowFlag);
}

static void test_bad_events(SaHpiResourceIdT log)
{
    SaHpiEventT event = user_event("bad");

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventLogEntryAdd(session, log, NULL));
    event.EventType = SAHPI_ET_OEM;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "not a user event",
        saHpiEventLogEntryAdd(session, log, &event));
    event = user_event("bad");
    event.Source = resources[0].rpt.ResourceId;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "from a resource",
        saHpiEventLogEntryAdd(session, log, &event));
    event = user_event("bad");
    event.Severity = SAHPI_ALL_SEVERITIES;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "all severities",
        saHpiEventLogEntryAdd(session, log, &event));
    event.Severity = (SaHpiSeverityT)7;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity", saHpiEventLogEntryAdd(session, log, &event));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        event = user_event("bad");
        event.EventDataUnion.UserEvent.UserEventData = bad_text(which);
        EXPECT(SA_ERR_HPI_INVALID_PARAMS, bad_text_why(which),
            saHpiEventLogEntryAdd(session, log, &event));
    }
    if (info_of(log).UserEventMaxSize < SAHPI_MAX_TEXT_BUFFER_LENGTH) {
        event = user_event("");
        event.EventDataUnion.UserEvent.UserEventData.DataLength =
            (SaHpiUint8T)(info_of(log).UserEventMaxSize + 1);
        EXPECT(SA_ERR_HPI_INVALID_DATA, "longer than the log takes",
            saHpiEventLogEntryAdd(session, log, &event));
    }
    CHECK("saHpiEventLogEntryAdd", "none of them is in the log", !newest_is(log, "bad"));
}

static void test_bad_entries(SaHpiResourceIdT log)
{
    SaHpiEventLogEntryIdT one, other;
    SaHpiEventLogEntryT entry;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the previous",
        saHpiEventLogEntryGet(session, log, SAHPI_OLDEST_ENTRY, NULL, &other, &entry, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiEventLogEntryGet(session, log, SAHPI_OLDEST_ENTRY, &one, NULL, &entry, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the entry",
        saHpiEventLogEntryGet(session, log, SAHPI_OLDEST_ENTRY, &one, &other, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NO_MORE_ENTRIES",
        saHpiEventLogEntryGet(
            session, log, SAHPI_NO_MORE_ENTRIES, &one, &other, &entry, NULL, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown entry",
        saHpiEventLogEntryGet(session, log, NO_SUCH, &one, &other, &entry, NULL, NULL));
}

/* Walks a log from one end to the other; how many entries there are, 0 when they are disordered. */
static size_t walk(SaHpiResourceIdT log, bool forward)
{
    SaHpiEventLogEntryIdT at = forward ? SAHPI_OLDEST_ENTRY : SAHPI_NEWEST_ENTRY;
    SaHpiEventLogEntryIdT before = SAHPI_NO_MORE_ENTRIES;
    size_t count = 0;

    while (at != SAHPI_NO_MORE_ENTRIES) {
        SaHpiEventLogEntryIdT previous, next;
        SaHpiEventLogEntryT entry;
        SaErrorT code = saHpiEventLogEntryGet(
            session, log, at, &previous, &next, &entry, NULL, NULL);

        if (code != SA_OK || (forward ? previous : next) != before || ++count > ENTRIES_MAX)
            return 0;
        before = entry.EntryId;
        at = forward ? next : previous;
    }
    return count;
}

static void test_entries(SaHpiResourceIdT log)
{
    SaHpiEventT event = user_event("first");
    SaHpiEventLogEntryIdT previous, next;
    SaHpiEventLogEntryT entry;
    SaHpiRdrT rdr;
    SaHpiRptEntryT rpt;
    SaHpiUint32T entries;

    test_bad_events(log);
    test_bad_entries(log);
    EXPECT(SA_OK, "a user event", saHpiEventLogEntryAdd(session, log, &event));
    event = user_event("second");
    EXPECT(SA_OK, "another one", saHpiEventLogEntryAdd(session, log, &event));
    CHECK("saHpiEventLogEntryAdd", "the newest entry has it", newest_is(log, "second"));
    EXPECT(SA_OK, "the newest entry",
        saHpiEventLogEntryGet(
            session, log, SAHPI_NEWEST_ENTRY, &previous, &next, &entry, &rdr, &rpt));
    CHECK("saHpiEventLogEntryGet", "nothing is newer than the newest",
        next == SAHPI_NO_MORE_ENTRIES);
    CHECK("saHpiEventLogEntryGet", "a user event has no record and no resource",
        rdr.RdrType == SAHPI_NO_RECORD && rpt.ResourceCapabilities == 0);
    CHECK("saHpiEventLogEntryGet", "its time is known", entry.Timestamp != SAHPI_TIME_UNSPECIFIED);
    CHECK("saHpiEventLogEntryGet", "its severity", entry.Event.Severity == SAHPI_MINOR);
    entries = info_of(log).Entries;
    CHECK("saHpiEventLogInfoGet", "two entries at least", entries >= 2);
    CHECK("saHpiEventLogEntryGet", "all of them, forwards", walk(log, true) >= entries);
    CHECK("saHpiEventLogEntryGet", "all of them, backwards", walk(log, false) >= entries);
}

static void test_time(SaHpiResourceIdT log)
{
    SaHpiEventT event = user_event("after the clock was set");
    SaHpiEventLogEntryIdT previous, next;
    SaHpiEventLogEntryT entry;
    SaHpiTimeT before = 0, now = 0;
    SaHpiEventLogCapabilitiesT capabilities = 0;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventLogTimeGet(session, log, NULL));
    EXPECT(SA_OK, "a clock", saHpiEventLogTimeGet(session, log, &before));
    CHECK("saHpiEventLogTimeGet", "it has a time", before != SAHPI_TIME_UNSPECIFIED);
    saHpiEventLogCapabilitiesGet(session, log, &capabilities);
    if (!(capabilities & SAHPI_EVTLOG_CAPABILITY_TIME_SET)) {
        EXPECT(SA_ERR_HPI_INVALID_CMD, "a clock that is not set",
            saHpiEventLogTimeSet(session, log, ABSOLUTE_NS));
        return;
    }
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "unspecified time",
        saHpiEventLogTimeSet(session, log, SAHPI_TIME_UNSPECIFIED));
    EXPECT(SA_OK, "a relative time", saHpiEventLogTimeSet(session, log, RELATIVE_NS));
    EXPECT(SA_OK, "the clock", saHpiEventLogTimeGet(session, log, &now));
    CHECK("saHpiEventLogTimeSet", "goes on from there",
        now >= RELATIVE_NS && now < RELATIVE_NS + SHORT_NS);
    EXPECT(SA_OK, "an absolute time", saHpiEventLogTimeSet(session, log, ABSOLUTE_NS));
    EXPECT(SA_OK, "an entry", saHpiEventLogEntryAdd(session, log, &event));
    EXPECT(SA_OK, "the entry",
        saHpiEventLogEntryGet(
            session, log, SAHPI_NEWEST_ENTRY, &previous, &next, &entry, NULL, NULL));
    CHECK("saHpiEventLogTimeSet", "entries bear the new time",
        entry.Timestamp >= ABSOLUTE_NS && entry.Timestamp < ABSOLUTE_NS + SHORT_NS);
    EXPECT(SA_OK, "as it was", saHpiEventLogTimeSet(session, log, before));
}

static void test_state(SaHpiResourceIdT log)
{
    SaHpiEventT event = user_event("unlogged");
    SaHpiBoolT before = SAHPI_FALSE, now = SAHPI_TRUE;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiEventLogStateGet(session, log, NULL));
    EXPECT(SA_OK, "a log", saHpiEventLogStateGet(session, log, &before));
    EXPECT(SA_OK, "disable", saHpiEventLogStateSet(session, log, SAHPI_FALSE));
    EXPECT(SA_OK, "a disabled log", saHpiEventLogStateGet(session, log, &now));
    CHECK("saHpiEventLogStateSet", "it is disabled", now == SAHPI_FALSE && !info_of(log).Enabled);
    EXPECT(SA_OK, "an event", saHpiEventAdd(session, &event));
    CHECK("saHpiEventLogStateSet", "a disabled log takes no events", !newest_is(log, "unlogged"));
    event = user_event("added");
    EXPECT(SA_OK, "to a disabled log", saHpiEventLogEntryAdd(session, log, &event));
    CHECK("saHpiEventLogEntryAdd", "a disabled log takes what users add", newest_is(log, "added"));
    EXPECT(SA_OK, "enable", saHpiEventLogStateSet(session, log, SAHPI_TRUE));
    EXPECT(SA_OK, "an enabled log", saHpiEventLogStateGet(session, log, &now));
    CHECK("saHpiEventLogStateSet", "it is enabled", now != SAHPI_FALSE);
    EXPECT(SA_OK, "as it was", saHpiEventLogStateSet(session, log, before));
}

static void test_clear(SaHpiResourceIdT log)
{
    SaHpiEventLogEntryIdT previous, next;
    SaHpiEventLogEntryT entry;

    /* Nothing is logged meanwhile. */
    EXPECT(SA_OK, "disable", saHpiEventLogStateSet(session, log, SAHPI_FALSE));
    EXPECT(SA_OK, "a log with entries", saHpiEventLogClear(session, log));
    CHECK("saHpiEventLogClear", "it is empty, and did not overflow",
        info_of(log).Entries == 0 && !info_of(log).OverflowFlag);
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "the oldest of none",
        saHpiEventLogEntryGet(
            session, log, SAHPI_OLDEST_ENTRY, &previous, &next, &entry, NULL, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "the newest of none",
        saHpiEventLogEntryGet(
            session, log, SAHPI_NEWEST_ENTRY, &previous, &next, &entry, NULL, NULL));
    EXPECT(SA_OK, "enable", saHpiEventLogStateSet(session, log, SAHPI_TRUE));
}

static void test_log(SaHpiResourceIdT log)
{
    test_info(log);
    test_entries(log);
    test_time(log);
    test_state(log);
    test_clear(log);
}

void test_event_log(void)
{
    const struct resource *resource = resource_with(SAHPI_CAPABILITY_EVENT_LOG);

    group("Event log of the domain");
    if (resource_count == 0) {
        missing("saHpiEventLogInfoGet", "resource");
        return;
    }
    test_log(SAHPI_UNSPECIFIED_RESOURCE_ID);
    if (resource) {
        group("Event log of a resource");
        test_log(resource->rpt.ResourceId);
    }
}
