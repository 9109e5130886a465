/* Sensors: readings, and what is enabled. Thresholds are in thresholds.c. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

static const SaHpiSensorEventMaskActionT ADD = SAHPI_SENS_ADD_EVENTS_TO_MASKS;
static const SaHpiSensorEventMaskActionT REMOVE = SAHPI_SENS_REMOVE_EVENTS_FROM_MASKS;

static const SaHpiSensorRecT *record(const struct instrument *sensor)
{
    return &sensor->rdr->RdrTypeUnion.SensorRec;
}

/* Whether a sensor can be read now. */
static bool answers(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiSensorNumT num = rdr->RdrTypeUnion.SensorRec.Num;

    return saHpiSensorReadingGet(session, resource->rpt.ResourceId, num, NULL, NULL) == SA_OK;
}

static bool has_reading(const struct resource *resource, const SaHpiRdrT *rdr)
{
    return rdr->RdrTypeUnion.SensorRec.DataFormat.IsSupported && answers(resource, rdr);
}

static bool can_be_disabled(const struct resource *resource, const SaHpiRdrT *rdr)
{
    return rdr->RdrTypeUnion.SensorRec.EnableCtrl && answers(resource, rdr);
}

static bool cannot_be_disabled(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return !rdr->RdrTypeUnion.SensorRec.EnableCtrl;
}

static bool is_per_event(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiSensorRecT *sensor = &rdr->RdrTypeUnion.SensorRec;

    return sensor->EventCtrl == SAHPI_SEC_PER_EVENT && sensor->Events && answers(resource, rdr);
}

static bool has_read_only_masks(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.SensorRec.EventCtrl == SAHPI_SEC_READ_ONLY_MASKS;
}

static bool is_read_only(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.SensorRec.EventCtrl == SAHPI_SEC_READ_ONLY;
}

static void test_reading(const struct instrument *sensor)
{
    const SaHpiSensorDataFormatT *format = &record(sensor)->DataFormat;
    SaHpiSensorReadingT reading;
    SaHpiEventStateT states = 0;
    SaHpiSensorTypeT type;
    SaHpiEventCategoryT category;

    EXPECT(SA_OK, "reading and states",
        saHpiSensorReadingGet(session, sensor->id, sensor->num, &reading, &states));
    CHECK("saHpiSensorReadingGet", "of the type that the record says",
        reading.IsSupported && reading.Type == format->ReadingType);
    CHECK("saHpiSensorReadingGet", "no states that the sensor does not have",
        (states & ~record(sensor)->Events) == 0);
    EXPECT(SA_OK, "neither", saHpiSensorReadingGet(session, sensor->id, sensor->num, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the type",
        saHpiSensorTypeGet(session, sensor->id, sensor->num, NULL, &category));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the category",
        saHpiSensorTypeGet(session, sensor->id, sensor->num, &type, NULL));
    EXPECT(SA_OK, "a sensor", saHpiSensorTypeGet(session, sensor->id, sensor->num, &type, &category));
    CHECK("saHpiSensorTypeGet", "as the record says",
        type == record(sensor)->Type && category == record(sensor)->Category);
}

/* What is enabled of a sensor. */
struct enabled {
    SaHpiBoolT sensor;
    SaHpiBoolT events;
    SaHpiEventStateT assertion;
    SaHpiEventStateT deassertion;
};

static struct enabled enabled(const struct instrument *sensor)
{
    struct enabled now = { SAHPI_FALSE, SAHPI_FALSE, 0, 0 };

    EXPECT(SA_OK, "a sensor", saHpiSensorEnableGet(session, sensor->id, sensor->num, &now.sensor));
    EXPECT(SA_OK, "a sensor",
        saHpiSensorEventEnableGet(session, sensor->id, sensor->num, &now.events));
    EXPECT(SA_OK, "a sensor",
        saHpiSensorEventMasksGet(
            session, sensor->id, sensor->num, &now.assertion, &now.deassertion));
    return now;
}

static void test_gets(const struct instrument *sensor)
{
    SaHpiEventStateT mask;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiSensorEnableGet(session, sensor->id, sensor->num, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiSensorEventEnableGet(session, sensor->id, sensor->num, NULL));
    EXPECT(SA_OK, "one mask",
        saHpiSensorEventMasksGet(session, sensor->id, sensor->num, &mask, NULL));
    EXPECT(SA_OK, "the other",
        saHpiSensorEventMasksGet(session, sensor->id, sensor->num, NULL, &mask));
    EXPECT(SA_OK, "neither",
        saHpiSensorEventMasksGet(session, sensor->id, sensor->num, NULL, NULL));
}

/* Whether somebody was told that what is enabled changed; the event must agree. */
static bool was_told(SaHpiSessionIdT watch, const struct instrument *sensor, struct seen *seen)
{
    const SaHpiSensorEnableChangeEventT *change =
        &seen->event.EventDataUnion.SensorEnableChangeEvent;

    while (watch_has(watch, SAHPI_ET_SENSOR_ENABLE_CHANGE, sensor->id, NULL, seen))
        if (change->SensorNum == sensor->num)
            return true;
    return false;
}

/* Somebody was told, and what is told is what is read. */
static void check_told(
    const char *function, SaHpiSessionIdT watch, const struct instrument *sensor)
{
    struct seen seen;
    const SaHpiSensorEnableChangeEventT *change =
        &seen.event.EventDataUnion.SensorEnableChangeEvent;
    SaHpiSensorEnableOptDataT optional;
    struct enabled now;

    if (!check(function, "an event tells so", was_told(watch, sensor, &seen)))
        return;
    now = enabled(sensor);
    optional = change->OptionalDataPresent;
    check(function, "the event is of the sensor that changed",
        change->SensorType == record(sensor)->Type
            && change->EventCategory == record(sensor)->Category
            && seen.rdr.RdrType == SAHPI_SENSOR_RDR && number_of(&seen.rdr) == sensor->num);
    check(function, "the event tells what is enabled",
        !change->SensorEnable == !now.sensor && !change->SensorEventEnable == !now.events
            && change->AssertEventMask == now.assertion
            && change->DeassertEventMask == now.deassertion);
    if (optional & SAHPI_SEOD_ALARM_STATES && !(now.sensor && now.events))
        check(function, "what is disabled has no alarms",
            !(change->CriticalAlarms | change->MajorAlarms | change->MinorAlarms));
}

static void test_sensor_enable(const struct instrument *sensor)
{
    SaHpiSessionIdT watch = watch_begin();
    struct seen seen;
    SaHpiBoolT now = SAHPI_TRUE;
    SaHpiSensorReadingT reading;

    EXPECT(SA_OK, "disable",
        saHpiSensorEnableSet(session, sensor->id, sensor->num, SAHPI_FALSE));
    EXPECT(SA_OK, "a disabled sensor",
        saHpiSensorEnableGet(session, sensor->id, sensor->num, &now));
    CHECK("saHpiSensorEnableSet", "it is disabled", now == SAHPI_FALSE);
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "a disabled sensor",
        saHpiSensorReadingGet(session, sensor->id, sensor->num, &reading, NULL));
    check_told("saHpiSensorEnableSet", watch, sensor);
    EXPECT(SA_OK, "the same again",
        saHpiSensorEnableSet(session, sensor->id, sensor->num, SAHPI_FALSE));
    CHECK("saHpiSensorEnableSet", "no event tells what does not change",
        !was_told(watch, sensor, &seen));
    EXPECT(SA_OK, "enable", saHpiSensorEnableSet(session, sensor->id, sensor->num, SAHPI_TRUE));
    check_told("saHpiSensorEnableSet", watch, sensor);
    watch_end(watch);
}

static void test_event_enable(const struct instrument *sensor)
{
    SaHpiSessionIdT watch = watch_begin();
    struct enabled before = enabled(sensor);
    struct seen seen;
    SaHpiBoolT now = SAHPI_TRUE, other = before.events ? SAHPI_FALSE : SAHPI_TRUE;

    EXPECT(SA_OK, "the other way",
        saHpiSensorEventEnableSet(session, sensor->id, sensor->num, other));
    EXPECT(SA_OK, "a sensor", saHpiSensorEventEnableGet(session, sensor->id, sensor->num, &now));
    CHECK("saHpiSensorEventEnableSet", "it is read back", !now == !other);
    check_told("saHpiSensorEventEnableSet", watch, sensor);
    EXPECT(SA_OK, "without events it still has states",
        saHpiSensorReadingGet(session, sensor->id, sensor->num, NULL, NULL));
    EXPECT(SA_OK, "the same again",
        saHpiSensorEventEnableSet(session, sensor->id, sensor->num, other));
    CHECK("saHpiSensorEventEnableSet", "no event tells what does not change",
        !was_told(watch, sensor, &seen));
    EXPECT(SA_OK, "as it was",
        saHpiSensorEventEnableSet(session, sensor->id, sensor->num, before.events));
    check_told("saHpiSensorEventEnableSet", watch, sensor);
    watch_end(watch);
}

static void test_bad_masks(const struct instrument *sensor)
{
    SaHpiEventStateT unsupported = (SaHpiEventStateT)(0x7fff & ~record(sensor)->Events);
    bool has_deasserts =
        sensor->resource->rpt.ResourceCapabilities & SAHPI_CAPABILITY_EVT_DEASSERTS;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no action",
        saHpiSensorEventMasksSet(
            session, sensor->id, sensor->num, (SaHpiSensorEventMaskActionT)7, 0, 0));
    if (!unsupported)
        return;
    EXPECT(SA_ERR_HPI_INVALID_DATA, "add assertions of states that it does not have",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, ADD, unsupported, 0));
    EXPECT(has_deasserts ? SA_OK : SA_ERR_HPI_INVALID_DATA,
        "add deassertions of states that it does not have",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, ADD, 0, unsupported));
    EXPECT(SA_OK, "take states away that it does not have",
        saHpiSensorEventMasksSet(
            session, sensor->id, sensor->num, REMOVE, unsupported, unsupported));
}

static void test_masks(const struct instrument *sensor)
{
    SaHpiSessionIdT watch = watch_begin();
    struct enabled before = enabled(sensor), now;
    SaHpiEventStateT all = SAHPI_ALL_EVENT_STATES, one = 1;
    struct seen seen;
    bool together = sensor->resource->rpt.ResourceCapabilities & SAHPI_CAPABILITY_EVT_DEASSERTS;

    test_bad_masks(sensor);
    now = enabled(sensor);
    CHECK("saHpiSensorEventMasksSet", "nothing has changed so far",
        now.assertion == before.assertion && now.deassertion == before.deassertion
            && !was_told(watch, sensor, &seen));
    EXPECT(SA_OK, "take all away",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, REMOVE, all, all));
    now = enabled(sensor);
    CHECK("saHpiSensorEventMasksSet", "none is left", !now.assertion && !now.deassertion);
    if (before.assertion | before.deassertion)
        check_told("saHpiSensorEventMasksSet", watch, sensor);
    while (!(record(sensor)->Events & one))
        one = (SaHpiEventStateT)(one << 1);
    EXPECT(SA_OK, "add one assertion",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, ADD, one, 0));
    now = enabled(sensor);
    CHECK("saHpiSensorEventMasksSet", "it is there, and alone",
        now.assertion == one && now.deassertion == (together ? one : 0));
    check_told("saHpiSensorEventMasksSet", watch, sensor);
    EXPECT(SA_OK, "the same again",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, ADD, one, 0));
    CHECK("saHpiSensorEventMasksSet", "no event tells what does not change",
        !was_told(watch, sensor, &seen));
    EXPECT(SA_OK, "take all away",
        saHpiSensorEventMasksSet(session, sensor->id, sensor->num, REMOVE, all, all));
    EXPECT(SA_OK, "as it was",
        saHpiSensorEventMasksSet(
            session, sensor->id, sensor->num, ADD, before.assertion, before.deassertion));
    now = enabled(sensor);
    CHECK("saHpiSensorEventMasksSet", "as it was",
        now.assertion == before.assertion && now.deassertion == before.deassertion);
    watch_end(watch);
}

static void test_read_only(void)
{
    struct instrument sensor;
    SaHpiEventStateT all = SAHPI_ALL_EVENT_STATES;

    if (find(SAHPI_SENSOR_RDR, cannot_be_disabled, &sensor))
        EXPECT(SA_ERR_HPI_READ_ONLY, "a sensor that cannot be disabled",
            saHpiSensorEnableSet(session, sensor.id, sensor.num, SAHPI_TRUE));
    else
        lacking("saHpiSensorEnableSet", "sensor that cannot be disabled");
    if (find(SAHPI_SENSOR_RDR, is_read_only, &sensor)) {
        EXPECT(SA_ERR_HPI_READ_ONLY, "a sensor without event control",
            saHpiSensorEventEnableSet(session, sensor.id, sensor.num, SAHPI_TRUE));
        EXPECT(SA_ERR_HPI_READ_ONLY, "a sensor without event control",
            saHpiSensorEventMasksSet(session, sensor.id, sensor.num, ADD, all, all));
    } else {
        lacking("saHpiSensorEventEnableSet", "sensor without event control");
    }
    if (find(SAHPI_SENSOR_RDR, has_read_only_masks, &sensor))
        EXPECT(SA_ERR_HPI_READ_ONLY, "a sensor with read-only masks",
            saHpiSensorEventMasksSet(session, sensor.id, sensor.num, ADD, all, all));
    else
        lacking("saHpiSensorEventMasksSet", "sensor with read-only masks");
}

/* The standard's own numbers are for sensors that sum others up. */
static bool is_standard(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiSensorNumT num = rdr->RdrTypeUnion.SensorRec.Num;

    (void)resource;
    return num >= SAHPI_STANDARD_SENSOR_MIN && num <= SAHPI_STANDARD_SENSOR_MAX;
}

static void test_aggregate(const struct instrument *sensor)
{
    SaHpiCapabilitiesT has = sensor->resource->rpt.ResourceCapabilities;
    SaHpiEventStateT states = 0;

    CHECK("saHpiRdrGet", "a number that the standard gives",
        sensor->num <= SAHPI_DEFAGSENS_TEMP);
    CHECK("saHpiRptEntryGet", "its resource says so", has & SAHPI_CAPABILITY_AGGREGATE_STATUS);
    EXPECT(SA_OK, "an aggregate",
        saHpiSensorReadingGet(session, sensor->id, sensor->num, NULL, &states));
    CHECK("saHpiSensorReadingGet", "one state of its own",
        states && !(states & (states - 1))
            && !(states & ~sensor->rdr->RdrTypeUnion.SensorRec.Events));
}

void test_sensors(void)
{
    struct instrument sensor;

    group("Sensors");
    if (find(SAHPI_SENSOR_RDR, has_reading, &sensor)) {
        test_reading(&sensor);
        test_gets(&sensor);
    } else {
        lacking("saHpiSensorReadingGet", "sensor with a reading");
    }
    if (find(SAHPI_SENSOR_RDR, is_standard, &sensor))
        test_aggregate(&sensor);
    else
        lacking("saHpiSensorReadingGet", "aggregate sensor");
    test_read_only();
    if (find(SAHPI_SENSOR_RDR, can_be_disabled, &sensor))
        test_sensor_enable(&sensor);
    else
        lacking("saHpiSensorEnableSet", "sensor that can be disabled");
    if (find(SAHPI_SENSOR_RDR, is_per_event, &sensor)) {
        test_event_enable(&sensor);
        test_masks(&sensor);
    } else {
        lacking("saHpiSensorEventMasksSet", "sensor with writable masks");
    }
}
