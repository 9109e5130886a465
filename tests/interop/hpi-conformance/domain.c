/* The domain, its references to others, its resources. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <string.h>

static SaHpiDomainInfoT domain_info(void)
{
    SaHpiDomainInfoT info;

    memset(&info, 0, sizeof info);
    saHpiDomainInfoGet(session, &info);
    return info;
}

static void test_info(void)
{
    SaHpiDomainInfoT info;
    SaHpiDrtEntryT entry;
    SaHpiEntryIdT next;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiDomainInfoGet(NO_SUCH, &info));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiDomainInfoGet(session, NULL));
    EXPECT(SA_OK, "open session", saHpiDomainInfoGet(session, &info));
    CHECK("saHpiDomainInfoGet", "severities add up",
        info.ActiveAlarms == info.CriticalAlarms + info.MajorAlarms + info.MinorAlarms);
    CHECK("saHpiDomainInfoGet", "the table of resources has changed at some time",
        info.RptUpdateTimestamp != SAHPI_TIME_UNSPECIFIED && info.RptUpdateTimestamp > 0);

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiDrtEntryGet(NO_SUCH, SAHPI_FIRST_ENTRY, &next, &entry));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiDrtEntryGet(session, SAHPI_LAST_ENTRY, &next, &entry));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiDrtEntryGet(session, SAHPI_FIRST_ENTRY, NULL, &entry));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the entry",
        saHpiDrtEntryGet(session, SAHPI_FIRST_ENTRY, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown entry",
        saHpiDrtEntryGet(session, NO_SUCH, &next, &entry));
    /* One domain refers to no other: there is no good argument. */
    expect("saHpiDrtEntryGet", "an empty table has no first entry", SA_OK,
        saHpiDrtEntryGet(session, SAHPI_FIRST_ENTRY, &next, &entry) == SA_ERR_HPI_NOT_PRESENT
            ? SA_OK : SA_ERR_HPI_ERROR);
}

static void test_domain_tag(void)
{
    SaHpiDomainInfoT before = domain_info(), info;
    SaHpiTextBufferT tag = text("conformance");

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiDomainTagSet(NO_SUCH, &tag));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiDomainTagSet(session, NULL));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        SaHpiTextBufferT bad = bad_text(which);

        EXPECT(SA_ERR_HPI_INVALID_PARAMS, bad_text_why(which), saHpiDomainTagSet(session, &bad));
    }
    EXPECT(SA_OK, "a text", saHpiDomainTagSet(session, &tag));
    info = domain_info();
    CHECK("saHpiDomainTagSet", "the tag is read back", same_text(&info.DomainTag, &tag));
    tag = text_of(SAHPI_TL_TYPE_UNICODE, SAHPI_LANG_ZULU, "\x3d\xd8\x00\xde", 4);
    EXPECT(SA_OK, "a surrogate pair, in Zulu", saHpiDomainTagSet(session, &tag));
    tag = text_of(SAHPI_TL_TYPE_BCDPLUS, SAHPI_LANG_UNDEF, "0-9 .:,_", 8);
    EXPECT(SA_OK, "all that BCDPLUS has", saHpiDomainTagSet(session, &tag));
    tag = text_of(SAHPI_TL_TYPE_BINARY, SAHPI_LANG_UNDEF, "\0\xff", 2);
    EXPECT(SA_OK, "any octets", saHpiDomainTagSet(session, &tag));
    tag = text("");
    EXPECT(SA_OK, "no characters", saHpiDomainTagSet(session, &tag));
    EXPECT(SA_OK, "as it was", saHpiDomainTagSet(session, &before.DomainTag));
}

static void test_rpt(void)
{
    SaHpiDomainInfoT before = domain_info(), after;
    SaHpiEntryIdT entry = SAHPI_FIRST_ENTRY, next = SAHPI_LAST_ENTRY;
    SaHpiRptEntryT rpt, same;
    size_t count = 0;
    bool consistent = true, capable = true;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiRptEntryGet(NO_SUCH, SAHPI_FIRST_ENTRY, &next, &rpt));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiRptEntryGet(session, SAHPI_LAST_ENTRY, &next, &rpt));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiRptEntryGet(session, SAHPI_FIRST_ENTRY, NULL, &rpt));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the entry",
        saHpiRptEntryGet(session, SAHPI_FIRST_ENTRY, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown entry",
        saHpiRptEntryGet(session, NO_SUCH, &next, &rpt));
    EXPECT(SA_OK, "the first entry", saHpiRptEntryGet(session, SAHPI_FIRST_ENTRY, &next, &rpt));
    while (entry != SAHPI_LAST_ENTRY && count <= resource_count
           && saHpiRptEntryGet(session, entry, &next, &rpt) == SA_OK) {
        SaHpiCapabilitiesT has = rpt.ResourceCapabilities;

        consistent &= saHpiRptEntryGetByResourceId(session, rpt.ResourceId, &same) == SA_OK
                      && same.EntryId == rpt.EntryId && same_text(&same.ResourceTag, &rpt.ResourceTag)
                      && same_path(&same.ResourceEntity, &rpt.ResourceEntity);
        capable &= (has & SAHPI_CAPABILITY_RESOURCE) != 0;
        capable &= !(has & SAHPI_CAPABILITY_MANAGED_HOTSWAP) || (has & SAHPI_CAPABILITY_FRU);
        entry = next;
        count++;
    }
    after = domain_info();
    CHECK("saHpiRptEntryGet", "the walk ends with LAST_ENTRY",
        entry == SAHPI_LAST_ENTRY
            && (count == resource_count || after.RptUpdateCount != before.RptUpdateCount));
    CHECK("saHpiRptEntryGetByResourceId", "the same entries", consistent && count > 0);
    CHECK("saHpiRptEntryGet", "each is a RESOURCE; managed hot swap is of FRUs", capable);
}

static void test_severity(const struct resource *resource)
{
    SaHpiResourceIdT id = resource->rpt.ResourceId;
    SaHpiSeverityT other = resource->rpt.ResourceSeverity == SAHPI_MINOR ? SAHPI_MAJOR : SAHPI_MINOR;
    SaHpiRptEntryT rpt;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "all severities",
        saHpiResourceSeveritySet(session, id, SAHPI_ALL_SEVERITIES));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity",
        saHpiResourceSeveritySet(session, id, (SaHpiSeverityT)7));
    EXPECT(SA_OK, "another severity", saHpiResourceSeveritySet(session, id, other));
    EXPECT(SA_OK, "its resource", saHpiRptEntryGetByResourceId(session, id, &rpt));
    CHECK("saHpiResourceSeveritySet", "the severity is read back", rpt.ResourceSeverity == other);
    EXPECT(SA_OK, "as it was",
        saHpiResourceSeveritySet(session, id, resource->rpt.ResourceSeverity));
}

static SaHpiUint32T record_count(SaHpiResourceIdT id)
{
    SaHpiUint32T count = 0;

    saHpiRdrUpdateCountGet(session, id, &count);
    return count;
}

static void test_tag(const struct resource *resource)
{
    SaHpiResourceIdT id = resource->rpt.ResourceId;
    SaHpiTextBufferT tag = text("conformance"), before = resource->rpt.ResourceTag;
    SaHpiUint32T count = domain_info().RptUpdateCount, records = record_count(id);
    SaHpiRptEntryT rpt;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiResourceTagSet(session, id, NULL));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        SaHpiTextBufferT bad = bad_text(which);

        EXPECT(SA_ERR_HPI_INVALID_PARAMS, bad_text_why(which),
            saHpiResourceTagSet(session, id, &bad));
    }
    EXPECT(SA_OK, "a text", saHpiResourceTagSet(session, id, &tag));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiRptEntryGetByResourceId(session, id, NULL));
    EXPECT(SA_OK, "its resource", saHpiRptEntryGetByResourceId(session, id, &rpt));
    CHECK("saHpiResourceTagSet", "the tag is read back", same_text(&rpt.ResourceTag, &tag));
    CHECK("saHpiResourceTagSet", "the table counts the change",
        domain_info().RptUpdateCount != count);
    CHECK("saHpiRdrUpdateCountGet", "the records are as before", record_count(id) == records);
    EXPECT(SA_OK, "as it was", saHpiResourceTagSet(session, id, &before));
}

static void test_failed_remove(const struct resource *resource)
{
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiResourceFailedRemove(NO_SUCH, resource->rpt.ResourceId));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown resource",
        saHpiResourceFailedRemove(session, NO_SUCH));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "a resource that did not fail",
        saHpiResourceFailedRemove(session, resource->rpt.ResourceId));
}

/* A resource with which contact was lost, and that is a FRU, or is none. */
static const struct resource *lost(bool is_fru)
{
    for (size_t at = 0; at < resource_count; at++) {
        bool is_this = resources[at].rpt.ResourceCapabilities & SAHPI_CAPABILITY_FRU;

        if (resources[at].rpt.ResourceFailed && is_this == is_fru)
            return &resources[at];
    }
    return NULL;
}

static bool is_removed(const SaHpiEventT *event)
{
    return event->EventDataUnion.ResourceEvent.ResourceEventType == SAHPI_RESE_RESOURCE_REMOVED;
}

static bool is_not_present(const SaHpiEventT *event)
{
    const SaHpiHotSwapEventT *told = &event->EventDataUnion.HotSwapEvent;

    return told->HotSwapState == SAHPI_HS_STATE_NOT_PRESENT
           && told->CauseOfStateChange == SAHPI_HS_CAUSE_USER_UPDATE;
}

/* Whether an entity is in another, at any depth. */
static bool is_inside(const SaHpiEntityPathT *path, const SaHpiEntityPathT *outer)
{
    for (size_t at = 1; at < SAHPI_MAX_ENTITY_PATH; at++) {
        SaHpiEntityPathT above;

        memset(&above, 0, sizeof above);
        above.Entry[SAHPI_MAX_ENTITY_PATH - 1].EntityType = SAHPI_ENT_ROOT;
        memcpy(above.Entry, &path->Entry[at],
            (SAHPI_MAX_ENTITY_PATH - at) * sizeof above.Entry[0]);
        if (same_path(&above, outer))
            return true;
        if (path->Entry[at].EntityType == SAHPI_ENT_ROOT)
            return false;
    }
    return false;
}

/* What is in a FRU goes with it. */
static void test_nested(const struct resource *outer)
{
    SaHpiRptEntryT rpt;

    for (size_t at = 0; at < resource_count; at++)
        if (is_inside(&resources[at].rpt.ResourceEntity, &outer->rpt.ResourceEntity))
            EXPECT(SA_ERR_HPI_INVALID_RESOURCE, "what was in it is gone too",
                saHpiRptEntryGetByResourceId(session, resources[at].rpt.ResourceId, &rpt));
}

void test_failed_resources(void)
{
    SaHpiSessionIdT watch = watch_begin();
    bool found = false;

    group("Resources with which contact was lost");
    for (unsigned turn = 0; turn < 2; turn++) {
        const struct resource *resource = lost(turn == 1);
        SaHpiEventTypeT type = turn == 1 ? SAHPI_ET_HOTSWAP : SAHPI_ET_RESOURCE;
        SaHpiResourceIdT id;
        SaHpiRptEntryT rpt;
        struct seen seen;

        if (!resource)
            continue;
        found = true;
        id = resource->rpt.ResourceId;
        EXPECT(SA_OK, "contact was lost", saHpiResourceFailedRemove(session, id));
        CHECK("saHpiResourceFailedRemove", "an event tells so",
            watch_for(watch, type, id, turn == 1 ? is_not_present : is_removed, &seen));
        EXPECT(SA_ERR_HPI_INVALID_RESOURCE, "it is gone",
            saHpiRptEntryGetByResourceId(session, id, &rpt));
        EXPECT(SA_ERR_HPI_NOT_PRESENT, "it is gone", saHpiResourceFailedRemove(session, id));
        test_nested(resource);
    }
    if (!found)
        missing("saHpiResourceFailedRemove", "resource with which contact was lost");
    watch_end(watch);
}

void test_domain(void)
{
    const struct resource *resource = resource_with(SAHPI_CAPABILITY_RESOURCE);

    group("Domain");
    test_info();
    test_domain_tag();
    test_rpt();
    if (!resource) {
        missing("saHpiRptEntryGetByResourceId", "resource");
        return;
    }
    test_severity(resource);
    test_tag(resource);
    test_failed_remove(resource);
}
