/*
 * Events that a user injects: oHpiInjectEvent, which is OpenHPI's own.
 *
 * oHpi.h asks for the headers of GLib; the one function that is called here does not need them.
 */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* Source: openhpi 3.8.0, oHpi.h. */
typedef SaHpiUint32T oHpiHandlerIdT;
SaErrorT SAHPI_API oHpiInjectEvent(SaHpiSessionIdT sid, oHpiHandlerIdT id, SaHpiEventT *event,
    SaHpiRptEntryT *rpte, SaHpiRdrT *rdr);

enum { HANDLER = 1, TURNS_MAX = 1000 };
static const SaHpiTimeoutT WAIT_NS = 1000 * 1000 * 1000;

/* What a case is about, as code of the function that shows what came of it. */
static void injects(SaErrorT expected, const char *why, SaErrorT got)
{
    CHECK("saHpiEventGet", why, got == expected);
}

static SaHpiEventT event_of(const struct instrument *sensor)
{
    const SaHpiSensorRecT *rec = &sensor->rdr->RdrTypeUnion.SensorRec;
    SaHpiEventT event;
    SaHpiSensorEventT *of = &event.EventDataUnion.SensorEvent;

    memset(&event, 0, sizeof event);
    event.Source = sensor->id;
    event.EventType = SAHPI_ET_SENSOR;
    event.Severity = SAHPI_MAJOR;
    event.Timestamp = 1234567890;
    of->SensorNum = rec->Num;
    of->SensorType = rec->Type;
    of->EventCategory = rec->Category;
    of->Assertion = SAHPI_TRUE;
    of->EventState = SAHPI_ES_UPPER_MAJOR;
    of->OptionalDataPresent = SAHPI_SOD_OEM;
    of->Oem = 0x4711;
    return event;
}

/* Nothing that the caller believes about source and instrument. */
static SaErrorT inject(oHpiHandlerIdT handler, SaHpiEventT *event)
{
    SaHpiRptEntryT rpt;
    SaHpiRdrT rdr;

    memset(&rpt, 0, sizeof rpt);
    memset(&rdr, 0, sizeof rdr);
    return oHpiInjectEvent(session, handler, event, &rpt, &rdr);
}

/* The event that was injected, among those that the shelf has of itself. */
static bool comes(SaHpiSessionIdT in, const SaHpiEventT *wanted, SaHpiRdrT *rdr,
    SaHpiRptEntryT *rpt)
{
    SaHpiEventT event;

    for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
        const SaHpiSensorEventT *got = &event.EventDataUnion.SensorEvent;

        if (saHpiEventGet(in, WAIT_NS, &event, rdr, rpt, NULL) != SA_OK)
            return false;
        if (event.EventType == SAHPI_ET_SENSOR && event.Source == wanted->Source
            && (got->OptionalDataPresent & SAHPI_SOD_OEM) && got->Oem == 0x4711)
            return event.Severity == wanted->Severity && event.Timestamp == wanted->Timestamp
                && got->SensorNum == wanted->EventDataUnion.SensorEvent.SensorNum
                && got->EventState == SAHPI_ES_UPPER_MAJOR && got->Assertion;
    }
    return false;
}

static bool is_logged(const SaHpiEventT *wanted)
{
    SaHpiEventLogEntryIdT entry = SAHPI_NEWEST_ENTRY, before, after;
    SaHpiEventLogEntryT found;

    for (unsigned turn = 0; turn < TURNS_MAX && entry != SAHPI_NO_MORE_ENTRIES; turn++) {
        if (saHpiEventLogEntryGet(session, SAHPI_UNSPECIFIED_RESOURCE_ID, entry, &before, &after,
                &found, NULL, NULL)
            != SA_OK)
            return false;
        if (found.Event.EventType == SAHPI_ET_SENSOR && found.Event.Source == wanted->Source
            && found.Event.EventDataUnion.SensorEvent.Oem == 0x4711)
            return true;
        entry = before;
    }
    return false;
}

static bool is_threshold(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.SensorRec.Category == SAHPI_EC_THRESHOLD;
}

static void test_refused(const struct instrument *sensor)
{
    SaHpiEventT event = event_of(sensor);

    injects(SA_ERR_HPI_INVALID_CMD, "no handler of that number injects", inject(99, &event));
    event.Source = NO_SUCH;
    injects(SA_ERR_HPI_INVALID_RESOURCE, "no event of no resource", inject(HANDLER, &event));
    event = event_of(sensor);
    event.EventDataUnion.SensorEvent.SensorNum = NO_SUCH;
    injects(SA_ERR_HPI_NOT_PRESENT, "no event of no sensor", inject(HANDLER, &event));
    event = event_of(sensor);
    event.EventDataUnion.SensorEvent.EventState = 3;
    injects(SA_ERR_HPI_INVALID_PARAMS, "no event of two states", inject(HANDLER, &event));
    event = event_of(sensor);
    event.Severity = SAHPI_ALL_SEVERITIES;
    injects(SA_ERR_HPI_INVALID_PARAMS, "no event of all severities", inject(HANDLER, &event));
}

void test_injection(void)
{
    struct instrument sensor;
    SaHpiEventT event;
    SaHpiSessionIdT in;
    SaHpiRptEntryT rpt;
    SaHpiRdrT rdr;

    group("Events that users inject");
    if (!find(SAHPI_SENSOR_RDR, is_threshold, &sensor)) {
        missing("saHpiEventGet", "sensor with thresholds");
        return;
    }
    EXPECT(SA_OK, "a session", saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &in, NULL));
    EXPECT(SA_OK, "subscribed", saHpiSubscribe(in));
    test_refused(&sensor);
    event = event_of(&sensor);
    injects(SA_OK, "an event is injected", inject(HANDLER, &event));
    CHECK("saHpiEventGet", "an injected event comes as it was given",
        comes(in, &event, &rdr, &rpt));
    CHECK("saHpiEventGet", "with its sensor and its resource",
        rdr.RdrType == SAHPI_SENSOR_RDR && number_of(&rdr) == sensor.num
            && rpt.ResourceId == sensor.id);
    CHECK("saHpiEventLogEntryGet", "it is logged", is_logged(&event));
    EXPECT(SA_OK, "a session", saHpiSessionClose(in));
}
