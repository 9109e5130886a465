/* Redundancy of the shelf manager, where there is one CMM only. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <SaHpiXtca.h>

#define SENSORS "saHpiSensorReadingGet"

/* The resource that stands for whichever CMM is active. */
static const struct resource *manager(void)
{
    for (size_t at = 0; at < resource_count; at++)
        if (resources[at].rpt.ResourceEntity.Entry[0].EntityType == SAHPI_ENT_SHELF_MANAGER
            && resources[at].rpt.ResourceEntity.Entry[1].EntityType
                   == SAHPI_ENT_ADVANCEDTCA_CHASSIS)
            return &resources[at];
    return NULL;
}

static const SaHpiRdrT *record(
    const struct resource *resource, SaHpiRdrTypeT type, SaHpiUint32T num)
{
    for (size_t at = 0; at < resource->rdr_count; at++)
        if (resource->rdrs[at].RdrType == type && number_of(&resource->rdrs[at]) == num)
            return &resource->rdrs[at];
    return NULL;
}

static void test_redundancy(const struct resource *resource)
{
    SaHpiSensorNumT num = XTCAHPI_SENSOR_NUM_REDUNDANCY;
    const SaHpiRdrT *rdr = record(resource, SAHPI_SENSOR_RDR, num);
    SaHpiSensorReadingT reading = { .IsSupported = SAHPI_TRUE };
    SaHpiEventStateT states = 0;
    SaHpiSensorThresholdsT thresholds;

    if (!CHECK("saHpiRdrGet", "redundancy of the shelf manager", rdr != NULL))
        return;
    CHECK("saHpiRdrGet", "of its category",
        rdr->RdrTypeUnion.SensorRec.Category == SAHPI_EC_REDUNDANCY);
    EXPECT(SA_OK, "redundancy",
        saHpiSensorReadingGet(session, resource->rpt.ResourceId, num, &reading, &states));
    CHECK(SENSORS, "without a reading", !reading.IsSupported);
    CHECK(SENSORS, "one is enough", states == SAHPI_ES_NON_REDUNDANT_SUFFICIENT_RESOURCES);
    EXPECT(SA_ERR_HPI_INVALID_CMD, "no thresholds",
        saHpiSensorThresholdsGet(session, resource->rpt.ResourceId, num, &thresholds));
}

/* Whether a CMM is there, as a sensor tells it. */
static void test_instance(
    const struct resource *resource, SaHpiSensorNumT num, SaHpiEventStateT wanted)
{
    const SaHpiRdrT *rdr = record(resource, SAHPI_SENSOR_RDR, num);
    SaHpiSensorReadingT reading = { .IsSupported = SAHPI_FALSE };
    SaHpiEventStateT states = 0;

    if (!CHECK("saHpiRdrGet", "the active and the standby shelf manager", rdr != NULL))
        return;
    CHECK("saHpiRdrGet", "of its category",
        rdr->RdrTypeUnion.SensorRec.Category == SAHPI_EC_PRESENCE);
    EXPECT(SA_OK, "an instance",
        saHpiSensorReadingGet(session, resource->rpt.ResourceId, num, &reading, &states));
    CHECK(SENSORS, "present or absent", states == wanted);
    CHECK(SENSORS, "a resource id",
        reading.IsSupported && reading.Type == SAHPI_SENSOR_READING_TYPE_UINT64);
    if (wanted == SAHPI_ES_ABSENT)
        CHECK(SENSORS, "of none",
            reading.Value.SensorUint64 == SAHPI_UNSPECIFIED_RESOURCE_ID);
}

static void test_failover(const struct resource *resource)
{
    SaHpiResourceIdT id = resource->rpt.ResourceId;
    SaHpiCtrlNumT num = XTCAHPI_CTRL_NUM_FAILOVER;
    SaHpiCtrlStateT state = { .Type = SAHPI_CTRL_TYPE_DIGITAL };
    SaHpiCtrlModeT mode = (SaHpiCtrlModeT)9;

    if (!CHECK("saHpiRdrGet", "failover of the shelf manager",
            record(resource, SAHPI_CTRL_RDR, num) != NULL))
        return;
    EXPECT(SA_OK, "failover", saHpiControlGet(session, id, num, &mode, &state));
    CHECK("saHpiControlGet", "off, and manual",
        mode == SAHPI_CTRL_MODE_MANUAL && state.StateUnion.Digital == SAHPI_CTRL_STATE_OFF);
    EXPECT(SA_ERR_HPI_READ_ONLY, "its mode",
        saHpiControlSet(session, id, num, SAHPI_CTRL_MODE_AUTO, NULL));
    state.StateUnion.Digital = SAHPI_CTRL_STATE_PULSE_ON;
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "to nobody",
        saHpiControlSet(session, id, num, SAHPI_CTRL_MODE_MANUAL, &state));
    state.StateUnion.Digital = SAHPI_CTRL_STATE_ON;
    EXPECT(SA_ERR_HPI_UNSUPPORTED_PARAMS, "it takes pulses",
        saHpiControlSet(session, id, num, SAHPI_CTRL_MODE_MANUAL, &state));
}

void test_managers(void)
{
    const struct resource *resource = manager();

    group("redundancy of the shelf manager");
    if (!resource) {
        missing(SENSORS, "a shelf manager");
        return;
    }
    test_redundancy(resource);
    test_instance(resource, XTCAHPI_SENSOR_NUM_ACTIVE, SAHPI_ES_PRESENT);
    test_instance(resource, XTCAHPI_SENSOR_NUM_STANDBY, SAHPI_ES_ABSENT);
    test_failover(resource);
}
