/* Thresholds, and the states, events and alarms that come of them. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <math.h>
#include <string.h>

/* Number of the sensor whose events are awaited. */
static SaHpiSensorNumT awaited_sensor;

static const SaHpiSensorRecT *record(const struct instrument *sensor)
{
    return &sensor->rdr->RdrTypeUnion.SensorRec;
}

/* Thresholds by their bits in the masks of a record. */
static SaHpiSensorReadingT *threshold(SaHpiSensorThresholdsT *of, SaHpiSensorThdMaskT which)
{
    switch (which) {
    case SAHPI_STM_LOW_MINOR:
        return &of->LowMinor;
    case SAHPI_STM_LOW_MAJOR:
        return &of->LowMajor;
    case SAHPI_STM_LOW_CRIT:
        return &of->LowCritical;
    case SAHPI_STM_UP_MINOR:
        return &of->UpMinor;
    case SAHPI_STM_UP_MAJOR:
        return &of->UpMajor;
    case SAHPI_STM_UP_CRIT:
        return &of->UpCritical;
    case SAHPI_STM_UP_HYSTERESIS:
        return &of->PosThdHysteresis;
    default:
        return &of->NegThdHysteresis;
    }
}

static bool is_number(const SaHpiSensorRecT *sensor)
{
    return sensor->DataFormat.IsSupported
           && sensor->DataFormat.ReadingType != SAHPI_SENSOR_READING_TYPE_BUFFER;
}

static bool can(const SaHpiSensorRecT *sensor, SaHpiSensorThdMaskT mask)
{
    SaHpiSensorThdMaskT both = sensor->ThresholdDefn.ReadThold & sensor->ThresholdDefn.WriteThold;

    return sensor->ThresholdDefn.IsAccessible && (both & mask) == mask;
}

static bool thresholds_of(const struct resource *resource, const SaHpiRdrT *rdr,
    SaHpiSensorThresholdsT *thresholds, double *reading)
{
    SaHpiSensorNumT num = rdr->RdrTypeUnion.SensorRec.Num;
    SaHpiSensorReadingT now;

    if (saHpiSensorReadingGet(session, resource->rpt.ResourceId, num, &now, NULL) != SA_OK
        || saHpiSensorThresholdsGet(session, resource->rpt.ResourceId, num, thresholds) != SA_OK)
        return false;
    *reading = value_of(&now);
    return now.IsSupported;
}

/* A sensor whose UPPER MINOR state a user can bring about, and is told of. */
static bool can_be_alarmed(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiSensorRecT *sensor = &rdr->RdrTypeUnion.SensorRec;
    SaHpiSensorThresholdsT thresholds;
    SaHpiEventStateT mask;
    SaHpiBoolT events;
    double reading;

    return is_number(sensor) && sensor->Category == SAHPI_EC_THRESHOLD
           && can(sensor, SAHPI_STM_UP_MINOR | SAHPI_STM_LOW_MINOR)
           && sensor->Events & SAHPI_ES_UPPER_MINOR
           && thresholds_of(resource, rdr, &thresholds, &reading)
           && thresholds.UpMinor.IsSupported && thresholds.LowMinor.IsSupported
           && reading > value_of(&thresholds.LowMinor) * 1.02 + 0.1
           && reading < value_of(&thresholds.UpMinor)
           && saHpiSensorEventEnableGet(session, resource->rpt.ResourceId, sensor->Num, &events)
                  == SA_OK
           && events
           && saHpiSensorEventMasksGet(
                  session, resource->rpt.ResourceId, sensor->Num, &mask, NULL)
                  == SA_OK
           && mask & SAHPI_ES_UPPER_MINOR;
}

static bool has_writable(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiSensorRecT *sensor = &rdr->RdrTypeUnion.SensorRec;
    SaHpiSensorThresholdsT thresholds;
    double reading;

    return is_number(sensor) && can(sensor, SAHPI_STM_UP_MINOR | SAHPI_STM_UP_MAJOR)
           && thresholds_of(resource, rdr, &thresholds, &reading)
           && thresholds.UpMinor.IsSupported && thresholds.UpMajor.IsSupported;
}

static bool has_none(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return !rdr->RdrTypeUnion.SensorRec.ThresholdDefn.IsAccessible;
}

static bool has_read_only(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiSensorThdDefnT *thresholds = &rdr->RdrTypeUnion.SensorRec.ThresholdDefn;

    return thresholds->IsAccessible && (thresholds->ReadThold & ~thresholds->WriteThold)
           && is_number(&rdr->RdrTypeUnion.SensorRec) && !resource->rpt.ResourceFailed;
}

static SaHpiSensorThresholdsT nothing(void)
{
    SaHpiSensorThresholdsT thresholds;

    memset(&thresholds, 0, sizeof thresholds);
    return thresholds;
}

static SaHpiSensorThresholdsT only(
    const struct instrument *sensor, SaHpiSensorThdMaskT which, double value)
{
    SaHpiSensorThresholdsT thresholds = nothing();

    *threshold(&thresholds, which) = reading_of(record(sensor)->DataFormat.ReadingType, value);
    return thresholds;
}

static bool is_same(const SaHpiSensorReadingT *one, const SaHpiSensorReadingT *other)
{
    return !one->IsSupported == !other->IsSupported
           && (!one->IsSupported
               || fabs(value_of(one) - value_of(other)) < 1e-6);
}

static bool are_same(const SaHpiSensorThresholdsT *one, const SaHpiSensorThresholdsT *other)
{
    return is_same(&one->LowCritical, &other->LowCritical)
           && is_same(&one->LowMajor, &other->LowMajor)
           && is_same(&one->LowMinor, &other->LowMinor)
           && is_same(&one->UpMinor, &other->UpMinor)
           && is_same(&one->UpMajor, &other->UpMajor)
           && is_same(&one->UpCritical, &other->UpCritical);
}

static void test_none(void)
{
    SaHpiSensorThresholdsT thresholds = nothing();
    struct instrument sensor;

    thresholds.UpMinor = reading_of(SAHPI_SENSOR_READING_TYPE_FLOAT64, 1);
    if (find(SAHPI_SENSOR_RDR, has_none, &sensor)) {
        EXPECT(SA_ERR_HPI_INVALID_CMD, "a sensor without thresholds",
            saHpiSensorThresholdsSet(session, sensor.id, sensor.num, &thresholds));
        EXPECT(SA_ERR_HPI_INVALID_CMD, "a sensor without thresholds",
            saHpiSensorThresholdsGet(session, sensor.id, sensor.num, &thresholds));
    } else {
        lacking("saHpiSensorThresholdsGet", "sensor without thresholds");
    }
    if (find(SAHPI_SENSOR_RDR, has_read_only, &sensor)) {
        const SaHpiSensorThdDefnT *defined = &record(&sensor)->ThresholdDefn;
        SaHpiSensorThdMaskT locked = defined->ReadThold & ~defined->WriteThold, one = 1;

        while (!(locked & one))
            one = (SaHpiSensorThdMaskT)(one << 1);
        thresholds = only(&sensor, one, 0);
        EXPECT(SA_ERR_HPI_INVALID_CMD, "a threshold that is not writable",
            saHpiSensorThresholdsSet(session, sensor.id, sensor.num, &thresholds));
    }
}

static void test_get(const struct instrument *sensor)
{
    SaHpiSensorThdMaskT readable = record(sensor)->ThresholdDefn.ReadThold;
    SaHpiSensorThresholdsT thresholds;
    bool readable_only = true;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, NULL));
    EXPECT(SA_OK, "readable thresholds",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &thresholds));
    for (unsigned bit = 0; bit < 8; bit++) {
        const SaHpiSensorReadingT *one = threshold(&thresholds, (SaHpiSensorThdMaskT)(1 << bit));

        readable_only &= !one->IsSupported || readable & 1 << bit;
        readable_only &= !one->IsSupported || one->Type == record(sensor)->DataFormat.ReadingType;
    }
    CHECK("saHpiSensorThresholdsGet", "those that are readable, in the sensor's type",
        readable_only);
}

static void test_bad_sets(const struct instrument *sensor, const SaHpiSensorThresholdsT *before)
{
    const SaHpiSensorRangeT *range = &record(sensor)->DataFormat.Range;
    double minor = value_of(&before->UpMinor);
    double major = value_of(&before->UpMajor);
    SaHpiSensorThresholdsT thresholds = only(sensor, SAHPI_STM_UP_MINOR, minor), now;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, NULL));
    thresholds.UpMinor = reading_of(
        thresholds.UpMinor.Type == SAHPI_SENSOR_READING_TYPE_INT64
            ? SAHPI_SENSOR_READING_TYPE_FLOAT64 : SAHPI_SENSOR_READING_TYPE_INT64, 1);
    EXPECT(SA_ERR_HPI_INVALID_DATA, "another type than the sensor's",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    thresholds = only(sensor, SAHPI_STM_UP_MINOR, major + (major - minor) + 10);
    if (!(range->Flags & SAHPI_SRF_MAX)
        || value_of(&thresholds.UpMinor) <= value_of(&range->Max))
        EXPECT(SA_ERR_HPI_INVALID_DATA, "minor above major",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    if (range->Flags & SAHPI_SRF_MIN && value_of(&range->Min) < minor) {
        thresholds = only(sensor, SAHPI_STM_UP_MAJOR, value_of(&range->Min));
        EXPECT(SA_ERR_HPI_INVALID_DATA, "major below minor",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    }
    if (range->Flags & SAHPI_SRF_MAX) {
        thresholds = only(sensor, SAHPI_STM_UP_MAJOR, value_of(&range->Max) * 2 + 1000);
        EXPECT(SA_ERR_HPI_INVALID_CMD, "above what the sensor reads at most",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    }
    if (range->Flags & SAHPI_SRF_MIN
        && record(sensor)->DataFormat.ReadingType != SAHPI_SENSOR_READING_TYPE_UINT64) {
        thresholds = only(sensor, SAHPI_STM_UP_MINOR, value_of(&range->Min) * 2 - 1000);
        EXPECT(SA_ERR_HPI_INVALID_CMD, "below what the sensor reads at least",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    }
    if (can(record(sensor), SAHPI_STM_UP_HYSTERESIS)
        && record(sensor)->DataFormat.ReadingType != SAHPI_SENSOR_READING_TYPE_UINT64) {
        thresholds = only(sensor, SAHPI_STM_UP_HYSTERESIS, -1);
        EXPECT(SA_ERR_HPI_INVALID_DATA, "a negative hysteresis",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
        thresholds = only(sensor, SAHPI_STM_UP_HYSTERESIS, 1e9);
        EXPECT(SA_ERR_HPI_INVALID_CMD, "too much hysteresis",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    }
    if (can(record(sensor), SAHPI_STM_LOW_HYSTERESIS)
        && record(sensor)->DataFormat.ReadingType != SAHPI_SENSOR_READING_TYPE_UINT64) {
        thresholds = only(sensor, SAHPI_STM_LOW_HYSTERESIS, -1);
        EXPECT(SA_ERR_HPI_INVALID_DATA, "a negative hysteresis",
            saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    }
    saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &now);
    CHECK("saHpiSensorThresholdsSet", "none of this changes anything", are_same(before, &now));
}

static void test_round_trip(const struct instrument *sensor)
{
    SaHpiSensorThresholdsT before, now, thresholds = nothing();

    EXPECT(SA_OK, "as they are",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &before));
    test_bad_sets(sensor, &before);
    EXPECT(SA_OK, "nothing", saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    thresholds = only(sensor, SAHPI_STM_UP_MINOR, value_of(&before.UpMajor));
    EXPECT(SA_OK, "minor as high as major",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    EXPECT(SA_OK, "as they are now",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &now));
    CHECK("saHpiSensorThresholdsSet", "it is read back", is_same(&now.UpMinor, &before.UpMajor));
    now.UpMinor = before.UpMinor;
    CHECK("saHpiSensorThresholdsSet", "others stay", are_same(&now, &before));
    thresholds = only(sensor, SAHPI_STM_UP_MINOR, value_of(&before.UpMinor));
    EXPECT(SA_OK, "as it was",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    EXPECT(SA_OK, "as they are now",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &now));
    CHECK("saHpiSensorThresholdsSet", "as it was", are_same(&before, &now));
}

static bool is_raised(const SaHpiEventT *event)
{
    const SaHpiSensorEventT *sensor = &event->EventDataUnion.SensorEvent;

    return sensor->SensorNum == awaited_sensor && sensor->EventState == SAHPI_ES_UPPER_MINOR
           && sensor->Assertion;
}

static bool is_lowered(const SaHpiEventT *event)
{
    const SaHpiSensorEventT *sensor = &event->EventDataUnion.SensorEvent;

    return sensor->SensorNum == awaited_sensor && sensor->EventState == SAHPI_ES_UPPER_MINOR
           && !sensor->Assertion;
}

/* The alarm of the sensor's UPPER MINOR state. */
static bool find_alarm(const struct instrument *sensor, SaHpiAlarmT *alarm)
{
    memset(alarm, 0, sizeof *alarm);
    while (saHpiAlarmGetNext(session, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, alarm) == SA_OK)
        if (alarm->AlarmCond.Type == SAHPI_STATUS_COND_TYPE_SENSOR
            && alarm->AlarmCond.ResourceId == sensor->id
            && alarm->AlarmCond.SensorNum == sensor->num
            && alarm->AlarmCond.EventState == SAHPI_ES_UPPER_MINOR)
            return true;
    return false;
}

static void test_alarm(const struct instrument *sensor)
{
    SaHpiAlarmT alarm, again;

    if (!CHECK("saHpiAlarmGetNext", "the state is an alarm", find_alarm(sensor, &alarm)))
        return;
    CHECK("saHpiAlarmGetNext", "a minor one, of the sensor's entity",
        alarm.Severity == SAHPI_MINOR && !alarm.Acknowledged
            && same_path(&alarm.AlarmCond.Entity, &sensor->rdr->Entity));
    EXPECT(SA_ERR_HPI_READ_ONLY, "an alarm of the system",
        saHpiAlarmDelete(session, alarm.AlarmId, SAHPI_MINOR));
    EXPECT(SA_OK, "an alarm of the system",
        saHpiAlarmAcknowledge(session, alarm.AlarmId, SAHPI_MINOR));
    EXPECT(SA_OK, "all alarms of users",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    EXPECT(SA_OK, "it is still there", saHpiAlarmGet(session, alarm.AlarmId, &again));
    CHECK("saHpiAlarmAcknowledge", "it is acknowledged", again.Acknowledged);
}

static void test_states(const struct instrument *sensor)
{
    SaHpiSessionIdT watch = watch_begin();
    SaHpiSensorThresholdsT before, thresholds;
    SaHpiEventStateT states = 0;
    SaHpiAlarmT alarm;
    struct seen seen;

    awaited_sensor = sensor->num;
    EXPECT(SA_OK, "as they are",
        saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &before));
    thresholds = only(sensor, SAHPI_STM_UP_MINOR, value_of(&before.LowMinor));
    EXPECT(SA_OK, "below the reading",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    CHECK("saHpiSensorThresholdsSet", "an event tells that the state is entered",
        watch_for(watch, SAHPI_ET_SENSOR, sensor->id, is_raised, &seen));
    CHECK("saHpiEventGet", "it is minor, and brings record and resource of the sensor",
        seen.event.Severity == SAHPI_MINOR && seen.rdr.RdrType == SAHPI_SENSOR_RDR
            && number_of(&seen.rdr) == sensor->num && seen.rpt.ResourceId == sensor->id);
    EXPECT(SA_OK, "states", saHpiSensorReadingGet(session, sensor->id, sensor->num, NULL, &states));
    CHECK("saHpiSensorReadingGet", "the sensor is in that state", states & SAHPI_ES_UPPER_MINOR);
    test_alarm(sensor);
    thresholds = only(sensor, SAHPI_STM_UP_MINOR, value_of(&before.UpMinor));
    EXPECT(SA_OK, "as it was",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &thresholds));
    CHECK("saHpiSensorThresholdsSet", "an event tells that the state is left",
        watch_for(watch, SAHPI_ET_SENSOR, sensor->id, is_lowered, &seen));
    CHECK("saHpiAlarmGetNext", "the alarm is gone", !find_alarm(sensor, &alarm));
    EXPECT(SA_OK, "states", saHpiSensorReadingGet(session, sensor->id, sensor->num, NULL, &states));
    CHECK("saHpiSensorReadingGet", "the sensor is in that state no more",
        !(states & SAHPI_ES_UPPER_MINOR));
    watch_end(watch);
}

void test_thresholds(void)
{
    struct instrument sensor;

    group("Thresholds");
    test_none();
    if (find(SAHPI_SENSOR_RDR, has_writable, &sensor)) {
        test_get(&sensor);
        test_round_trip(&sensor);
    } else {
        lacking("saHpiSensorThresholdsSet", "sensor with writable thresholds");
    }
    if (find(SAHPI_SENSOR_RDR, can_be_alarmed, &sensor))
        test_states(&sensor);
    else
        lacking("saHpiSensorThresholdsSet", "sensor that reads between writable thresholds");
}
