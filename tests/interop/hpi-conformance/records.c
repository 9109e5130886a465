/* Resource data records. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* The capability of resources that have instruments of a type. */
static const struct {
    SaHpiRdrTypeT type;
    SaHpiCapabilitiesT capability;
} types[] = {
    { SAHPI_CTRL_RDR, SAHPI_CAPABILITY_CONTROL },
    { SAHPI_SENSOR_RDR, SAHPI_CAPABILITY_SENSOR },
    { SAHPI_INVENTORY_RDR, SAHPI_CAPABILITY_INVENTORY_DATA },
    { SAHPI_WATCHDOG_RDR, SAHPI_CAPABILITY_WATCHDOG },
    { SAHPI_ANNUNCIATOR_RDR, SAHPI_CAPABILITY_ANNUNCIATOR },
    { SAHPI_DIMI_RDR, SAHPI_CAPABILITY_DIMI },
    { SAHPI_FUMI_RDR, SAHPI_CAPABILITY_FUMI },
};
enum { TYPES = sizeof types / sizeof types[0] };

/* No type of records. */
static const SaHpiRdrTypeT NO_TYPE = (SaHpiRdrTypeT)99;

static void test_bad_gets(const struct resource *resource)
{
    SaHpiResourceIdT id = resource->rpt.ResourceId;
    SaHpiUint32T num = number_of(&resource->rdrs[0]);
    SaHpiRdrTypeT type = resource->rdrs[0].RdrType;
    SaHpiEntryIdT next;
    SaHpiRdrT rdr;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiRdrGet(session, id, SAHPI_LAST_ENTRY, &next, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiRdrGet(session, id, SAHPI_FIRST_ENTRY, NULL, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the record",
        saHpiRdrGet(session, id, SAHPI_FIRST_ENTRY, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown entry",
        saHpiRdrGet(session, id, NO_SUCH, &next, &rdr));

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiRdrGetByInstrumentId(NO_SUCH, id, type, num, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_RESOURCE, "unknown resource",
        saHpiRdrGetByInstrumentId(session, NO_SUCH, type, num, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no type",
        saHpiRdrGetByInstrumentId(session, id, NO_TYPE, num, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NO_RECORD",
        saHpiRdrGetByInstrumentId(session, id, SAHPI_NO_RECORD, num, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiRdrGetByInstrumentId(session, id, type, num, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown number",
        saHpiRdrGetByInstrumentId(session, id, type, NO_SUCH, &rdr));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiRdrUpdateCountGet(session, id, NULL));
}

static void test_capabilities(void)
{
    const struct resource *bare = resource_without(SAHPI_CAPABILITY_RDR);
    SaHpiRdrT rdr;

    for (size_t at = 0; at < TYPES; at++) {
        const struct resource *lacking = resource_without(types[at].capability);

        if (lacking)
            EXPECT(SA_ERR_HPI_CAPABILITY, "a type that the resource does not have",
                saHpiRdrGetByInstrumentId(
                    session, lacking->rpt.ResourceId, types[at].type, 0, &rdr));
    }
    if (bare)
        EXPECT(SA_ERR_HPI_CAPABILITY, "a resource without records",
            saHpiRdrGetByInstrumentId(session, bare->rpt.ResourceId, SAHPI_SENSOR_RDR, 0, &rdr));
}

/* Whether each record is found by its number, and no two have the same. */
static bool are_found(const struct resource *resource)
{
    for (size_t at = 0; at < resource->rdr_count; at++) {
        const SaHpiRdrT *here = &resource->rdrs[at];
        SaHpiRdrT rdr;

        if (saHpiRdrGetByInstrumentId(session, resource->rpt.ResourceId, here->RdrType,
                number_of(here), &rdr) != SA_OK
            || rdr.RecordId != here->RecordId || !same_text(&rdr.IdString, &here->IdString))
            return false;
    }
    return true;
}

static SaHpiCapabilitiesT capability_of(SaHpiRdrTypeT type)
{
    for (size_t at = 0; at < TYPES; at++)
        if (types[at].type == type)
            return types[at].capability;
    return 0;
}

/* Whether a resource has exactly the capabilities that its records tell of. */
static bool are_capable(const struct resource *resource)
{
    SaHpiCapabilitiesT told = 0, all = SAHPI_CAPABILITY_RDR;

    for (size_t at = 0; at < TYPES; at++)
        all |= types[at].capability;
    for (size_t at = 0; at < resource->rdr_count; at++)
        told |= SAHPI_CAPABILITY_RDR | capability_of(resource->rdrs[at].RdrType);
    return (resource->rpt.ResourceCapabilities & all) == told;
}

static bool has_number_0(const struct resource *resource, SaHpiRdrTypeT type)
{
    SaHpiRdrT rdr;

    return !(resource->rpt.ResourceCapabilities & capability_of(type))
           || saHpiRdrGetByInstrumentId(session, resource->rpt.ResourceId, type, 0, &rdr) == SA_OK;
}

/* Whether a sensor's record contradicts itself nowhere. */
static bool is_sound(const SaHpiSensorRecT *sensor)
{
    const SaHpiSensorThdDefnT *thresholds = &sensor->ThresholdDefn;
    const SaHpiSensorRangeT *range = &sensor->DataFormat.Range;
    bool is_threshold = sensor->Category == SAHPI_EC_THRESHOLD;
    bool has_both = range->Flags & SAHPI_SRF_MAX && range->Flags & SAHPI_SRF_MIN;

    if (thresholds->IsAccessible && !is_threshold)
        return false;
    if (!thresholds->IsAccessible && (thresholds->ReadThold || thresholds->WriteThold))
        return false;
    if (is_threshold && sensor->Events & ~0x3f)
        return false;
    if (sensor->DataFormat.IsSupported && has_both
        && sensor->DataFormat.ReadingType == SAHPI_SENSOR_READING_TYPE_FLOAT64)
        return range->Max.Value.SensorFloat64 >= range->Min.Value.SensorFloat64;
    return true;
}

static void test_contents(void)
{
    bool found = true, capable = true, numbered = true, sound = true;

    for (size_t at = 0; at < resource_count; at++) {
        const struct resource *resource = &resources[at];

        found &= are_found(resource);
        capable &= are_capable(resource);
        numbered &= has_number_0(resource, SAHPI_WATCHDOG_RDR);
        numbered &= has_number_0(resource, SAHPI_INVENTORY_RDR);
        for (size_t record = 0; record < resource->rdr_count; record++)
            if (resource->rdrs[record].RdrType == SAHPI_SENSOR_RDR)
                sound &= is_sound(&resource->rdrs[record].RdrTypeUnion.SensorRec);
    }
    CHECK("saHpiRdrGetByInstrumentId", "each record is found by its number", found);
    CHECK("saHpiRdrGet", "resources can what their records say", capable);
    CHECK("saHpiRdrGet", "the first watchdog and the first inventory are number 0", numbered);
    CHECK("saHpiRdrGet", "no sensor contradicts itself", sound);
}

void test_records(void)
{
    const struct resource *resource = resource_with(SAHPI_CAPABILITY_RDR);
    SaHpiUint32T count, again;
    SaHpiEntryIdT next;
    SaHpiRdrT rdr;

    group("Records");
    if (!resource || resource->rdr_count == 0) {
        missing("saHpiRdrGet", "resource with records");
        return;
    }
    test_bad_gets(resource);
    test_capabilities();
    EXPECT(SA_OK, "the first record",
        saHpiRdrGet(session, resource->rpt.ResourceId, SAHPI_FIRST_ENTRY, &next, &rdr));
    EXPECT(SA_OK, "a record by its number",
        saHpiRdrGetByInstrumentId(
            session, resource->rpt.ResourceId, rdr.RdrType, number_of(&rdr), &rdr));
    EXPECT(SA_OK, "a resource", saHpiRdrUpdateCountGet(session, resource->rpt.ResourceId, &count));
    EXPECT(SA_OK, "the same", saHpiRdrUpdateCountGet(session, resource->rpt.ResourceId, &again));
    CHECK("saHpiRdrUpdateCountGet", "nothing has changed", count == again);
    test_contents();
}
