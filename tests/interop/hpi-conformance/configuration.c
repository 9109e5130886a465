/* Saved configurations, and what software is loaded. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <math.h>
#include <string.h>

/* A number that no load has. */
enum { NO_LOAD = 0x7ffffff0 };

/* A sensor whose settings are saved. */
static bool is_saved(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiSensorThdDefnT *thresholds = &rdr->RdrTypeUnion.SensorRec.ThresholdDefn;
    SaHpiSensorThdMaskT both = SAHPI_STM_UP_MINOR | SAHPI_STM_UP_MAJOR;

    return resource->rpt.ResourceCapabilities & SAHPI_CAPABILITY_CONFIGURATION
           && thresholds->IsAccessible && (thresholds->ReadThold & both) == both
           && thresholds->WriteThold & SAHPI_STM_UP_MINOR
           && rdr->RdrTypeUnion.SensorRec.DataFormat.IsSupported;
}

static SaHpiSensorThresholdsT thresholds_of(const struct instrument *sensor)
{
    SaHpiSensorThresholdsT thresholds;

    memset(&thresholds, 0, sizeof thresholds);
    saHpiSensorThresholdsGet(session, sensor->id, sensor->num, &thresholds);
    return thresholds;
}

static double minor_of(const struct instrument *sensor)
{
    SaHpiSensorThresholdsT thresholds = thresholds_of(sensor);

    return value_of(&thresholds.UpMinor);
}

static double major_of(const struct instrument *sensor)
{
    SaHpiSensorThresholdsT thresholds = thresholds_of(sensor);

    return value_of(&thresholds.UpMajor);
}

static bool minor_is(const struct instrument *sensor, double wanted)
{
    return fabs(minor_of(sensor) - wanted) < 1e-6;
}

static void set_minor(const struct instrument *sensor, double value)
{
    SaHpiSensorThresholdsT wanted;

    memset(&wanted, 0, sizeof wanted);
    wanted.UpMinor =
        reading_of(sensor->rdr->RdrTypeUnion.SensorRec.DataFormat.ReadingType, value);
    EXPECT(SA_OK, "a threshold",
        saHpiSensorThresholdsSet(session, sensor->id, sensor->num, &wanted));
}

static void test_parameters(void)
{
    const struct resource *resource = resource_with(SAHPI_CAPABILITY_CONFIGURATION);
    struct instrument sensor;
    double minor, major;

    if (!resource) {
        missing("saHpiParmControl", "resource with a configuration");
        return;
    }
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no action",
        saHpiParmControl(session, resource->rpt.ResourceId, (SaHpiParmActionT)7));
    if (!find(SAHPI_SENSOR_RDR, is_saved, &sensor)) {
        missing("saHpiParmControl", "sensor whose thresholds are saved");
        return;
    }
    EXPECT(SA_OK, "as delivered", saHpiParmControl(session, sensor.id, SAHPI_DEFAULT_PARM));
    minor = minor_of(&sensor);
    major = major_of(&sensor);
    set_minor(&sensor, major);
    CHECK("saHpiSensorThresholdsSet", "it is read back", minor_is(&sensor, major));
    EXPECT(SA_OK, "save", saHpiParmControl(session, sensor.id, SAHPI_SAVE_PARM));
    set_minor(&sensor, minor);
    EXPECT(SA_OK, "restore", saHpiParmControl(session, sensor.id, SAHPI_RESTORE_PARM));
    CHECK("saHpiParmControl", "as it was saved", minor_is(&sensor, major));
    EXPECT(SA_OK, "as delivered", saHpiParmControl(session, sensor.id, SAHPI_DEFAULT_PARM));
    CHECK("saHpiParmControl", "as it was delivered", minor_is(&sensor, minor));
    EXPECT(SA_OK, "save", saHpiParmControl(session, sensor.id, SAHPI_SAVE_PARM));
}

static void test_load_id(void)
{
    const struct resource *resource = resource_with(SAHPI_CAPABILITY_LOAD_ID);
    SaHpiLoadIdT before, load, now;
    SaHpiResourceIdT id;

    if (!resource) {
        missing("saHpiResourceLoadIdSet", "resource that loads software");
        return;
    }
    id = resource->rpt.ResourceId;
    memset(&load, 0, sizeof load);
    load.LoadName = text("no such load");
    EXPECT(SA_OK, "a resource", saHpiResourceLoadIdGet(session, id, &before));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiResourceLoadIdSet(session, id, NULL));
    load.LoadNumber = NO_LOAD;
    EXPECT(SA_ERR_HPI_INVALID_DATA, "no such number", saHpiResourceLoadIdSet(session, id, &load));
    load.LoadNumber = SAHPI_LOAD_ID_BYNAME;
    EXPECT(SA_ERR_HPI_INVALID_DATA, "no such name", saHpiResourceLoadIdSet(session, id, &load));
    load.LoadNumber = SAHPI_LOAD_ID_DEFAULT;
    EXPECT(SA_OK, "the default", saHpiResourceLoadIdSet(session, id, &load));
    EXPECT(SA_OK, "a resource", saHpiResourceLoadIdGet(session, id, &now));
    CHECK("saHpiResourceLoadIdSet", "it is read back", now.LoadNumber == SAHPI_LOAD_ID_DEFAULT);
    load.LoadNumber = 1;
    EXPECT(SA_OK, "the first load", saHpiResourceLoadIdSet(session, id, &load));
    EXPECT(SA_OK, "a resource", saHpiResourceLoadIdGet(session, id, &now));
    CHECK("saHpiResourceLoadIdSet", "it is read back", now.LoadNumber == 1);
    EXPECT(SA_OK, "as it was", saHpiResourceLoadIdSet(session, id, &before));
}

void test_configuration(void)
{
    group("Configuration and loads");
    test_parameters();
    test_load_id();
}
