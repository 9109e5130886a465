/* Entity paths: who is where, and what is in what. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* More entities than any walk returns. */
enum { ENTITIES_MAX = 4096 };

static SaHpiEntityPathT root(void)
{
    SaHpiEntityPathT path;

    memset(&path, 0, sizeof path);
    path.Entry[0].EntityType = SAHPI_ENT_ROOT;
    return path;
}

/* Where nothing is. */
static SaHpiEntityPathT nowhere(void)
{
    SaHpiEntityPathT path = root();

    path.Entry[0].EntityType = SAHPI_ENT_BATTERY;
    path.Entry[0].EntityLocation = NO_SUCH;
    path.Entry[1].EntityType = SAHPI_ENT_ROOT;
    return path;
}

static void test_my_entity(void)
{
    SaHpiEntityPathT path;
    SaHpiResourceIdT id = NO_SUCH;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiMyEntityPathGet(session, NULL));
    EXPECT_LIBRARY(SA_ERR_HPI_INVALID_SESSION, SA_OK, "unknown session",
        saHpiMyEntityPathGet(NO_SUCH, &path));
    EXPECT(SA_OK, "as openhpiclient.conf says", saHpiMyEntityPathGet(session, &path));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiResourceIdGet(session, NULL));
    EXPECT_LIBRARY(SA_ERR_HPI_INVALID_SESSION, SA_ERR_HPI_UNKNOWN, "unknown session",
        saHpiResourceIdGet(NO_SUCH, &id));
    if (EXPECT(SA_OK, "who manages that entity", saHpiResourceIdGet(session, &id))) {
        SaHpiRptEntryT rpt;

        EXPECT(SA_OK, "its resource", saHpiRptEntryGetByResourceId(session, id, &rpt));
    }
}

static void test_bad_ids(void)
{
    SaHpiEntityPathT path = resources[0].rpt.ResourceEntity;
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, last = SAHPI_LAST_ENTRY, unknown = NO_SUCH, count;
    SaHpiResourceIdT id;
    SaHpiInstrumentIdT num;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiGetIdByEntityPath(NO_SUCH, path, SAHPI_NO_RECORD, &instance, &id, &num, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the instance",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, NULL, &id, &num, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, &last, &id, &num, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the resource",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, &instance, NULL, &num, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the instrument",
        saHpiGetIdByEntityPath(session, path, SAHPI_SENSOR_RDR, &instance, &id, NULL, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the count",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, &instance, &id, &num, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "where nothing is",
        saHpiGetIdByEntityPath(
            session, nowhere(), SAHPI_NO_RECORD, &instance, &id, &num, &count));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such instance",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, &unknown, &id, &num, &count));
    instance = SAHPI_FIRST_ENTRY;
    EXPECT(SA_OK, "NULL for no instrument",
        saHpiGetIdByEntityPath(session, path, SAHPI_NO_RECORD, &instance, &id, NULL, &count));
}

/* Whether a resource is among those found at a path. */
static bool is_found(const SaHpiEntityPathT *path, SaHpiResourceIdT wanted)
{
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, count;
    SaHpiResourceIdT id;

    for (unsigned turn = 0; turn < ENTITIES_MAX && instance != SAHPI_LAST_ENTRY; turn++) {
        SaErrorT code = saHpiGetIdByEntityPath(
            session, *path, SAHPI_NO_RECORD, &instance, &id, NULL, &count);

        if (code != SA_OK)
            return false;
        if (id == wanted)
            return true;
    }
    return false;
}

/* How many instruments of a type are found at a path. */
static size_t found_instruments(const SaHpiEntityPathT *path, SaHpiRdrTypeT type)
{
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, count;
    size_t found = 0;

    while (found < ENTITIES_MAX && instance != SAHPI_LAST_ENTRY) {
        SaHpiResourceIdT id;
        SaHpiInstrumentIdT num;

        if (saHpiGetIdByEntityPath(session, *path, type, &instance, &id, &num, &count) != SA_OK)
            break;
        found++;
    }
    return found;
}

static size_t recorded_instruments(const SaHpiEntityPathT *path, SaHpiRdrTypeT type)
{
    size_t found = 0;

    for (size_t at = 0; at < resource_count; at++)
        for (size_t record = 0; record < resources[at].rdr_count; record++) {
            const SaHpiRdrT *rdr = &resources[at].rdrs[record];

            found += rdr->RdrType == type && same_path(&rdr->Entity, path);
        }
    return found;
}

static void test_ids(void)
{
    struct instrument sensor;
    bool all = true;

    test_bad_ids();
    for (size_t at = 0; at < resource_count; at++)
        all &= is_found(&resources[at].rpt.ResourceEntity, resources[at].rpt.ResourceId);
    CHECK("saHpiGetIdByEntityPath", "each resource is found by its entity", all);
    if (find(SAHPI_SENSOR_RDR, NULL, &sensor))
        CHECK("saHpiGetIdByEntityPath", "all sensors of an entity, and then LAST_ENTRY",
            found_instruments(&sensor.rdr->Entity, SAHPI_SENSOR_RDR)
                == recorded_instruments(&sensor.rdr->Entity, SAHPI_SENSOR_RDR));
}

/* The entity that contains another. */
static SaHpiEntityPathT parent_of(const SaHpiEntityPathT *path)
{
    SaHpiEntityPathT parent = root();

    memcpy(&parent.Entry[0], &path->Entry[1], sizeof path->Entry - sizeof path->Entry[0]);
    return parent;
}

static bool is_child(const SaHpiEntityPathT *parent, const SaHpiEntityPathT *wanted)
{
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, count;
    SaHpiEntityPathT child;

    for (unsigned turn = 0; turn < ENTITIES_MAX && instance != SAHPI_LAST_ENTRY; turn++) {
        if (saHpiGetChildEntityPath(session, *parent, &instance, &child, &count) != SA_OK)
            return false;
        if (same_path(&child, wanted))
            return true;
    }
    return false;
}

/* How many entities there are below one; all must have it for their parent. */
static size_t descendants(const SaHpiEntityPathT *parent, bool *consistent)
{
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, count;
    size_t found = 0;

    while (instance != SAHPI_LAST_ENTRY && found < ENTITIES_MAX) {
        SaHpiEntityPathT child, above;

        if (saHpiGetChildEntityPath(session, *parent, &instance, &child, &count) != SA_OK)
            break;
        above = parent_of(&child);
        *consistent &= same_path(&above, parent);
        found += 1 + descendants(&child, consistent);
    }
    return found;
}

static void test_children(void)
{
    SaHpiEntityPathT top = root(), nothing = nowhere(), child;
    SaHpiUint32T instance = SAHPI_FIRST_ENTRY, last = SAHPI_LAST_ENTRY, unknown = NO_SUCH, count = 0;
    SaHpiDomainInfoT info;
    bool all = true, consistent = true;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiGetChildEntityPath(NO_SUCH, top, &instance, &child, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the instance",
        saHpiGetChildEntityPath(session, top, NULL, &child, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiGetChildEntityPath(session, top, &last, &child, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the child",
        saHpiGetChildEntityPath(session, top, &instance, NULL, &count));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the count",
        saHpiGetChildEntityPath(session, top, &instance, &child, NULL));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "a parent that is nowhere",
        saHpiGetChildEntityPath(session, nothing, &instance, &child, &count));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such instance",
        saHpiGetChildEntityPath(session, top, &unknown, &child, &count));
    instance = SAHPI_FIRST_ENTRY;
    EXPECT(SA_OK, "children of the root",
        saHpiGetChildEntityPath(session, top, &instance, &child, &count));
    saHpiDomainInfoGet(session, &info);
    CHECK("saHpiGetChildEntityPath", "it tells the count of the table",
        count == info.RptUpdateCount);
    CHECK("saHpiGetChildEntityPath", "the whole tree can be walked",
        descendants(&top, &consistent) > 0 && consistent);
    for (size_t at = 0; at < resource_count; at++) {
        SaHpiEntityPathT parent = parent_of(&resources[at].rpt.ResourceEntity);

        all &= is_child(&parent, &resources[at].rpt.ResourceEntity);
    }
    CHECK("saHpiGetChildEntityPath", "each entity is a child of its parent", all);
}

void test_entities(void)
{
    group("Entities");
    test_my_entity();
    if (resource_count == 0) {
        missing("saHpiGetIdByEntityPath", "resource");
        return;
    }
    test_ids();
    test_children();
}
