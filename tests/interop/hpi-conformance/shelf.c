#include "shelf.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SaHpiSessionIdT session;
struct resource *resources;
size_t resource_count;

static void *grown(void *items, size_t count, size_t size)
{
    void *more = realloc(items, count * size);

    if (!more)
        abort();
    return more;
}

static void read_records(struct resource *resource)
{
    SaHpiEntryIdT entry = SAHPI_FIRST_ENTRY, next;
    SaHpiRdrT rdr;

    while (entry != SAHPI_LAST_ENTRY
           && saHpiRdrGet(session, resource->rpt.ResourceId, entry, &next, &rdr) == SA_OK) {
        size_t count = resource->rdr_count + 1;

        resource->rdrs = grown(resource->rdrs, count, sizeof rdr);
        resource->rdrs[resource->rdr_count] = rdr;
        resource->rdr_count = count;
        entry = next;
    }
}

void shelf_read(void)
{
    SaHpiEntryIdT entry = SAHPI_FIRST_ENTRY, next;
    SaHpiRptEntryT rpt;

    for (size_t at = 0; at < resource_count; at++)
        free(resources[at].rdrs);
    free(resources);
    resources = NULL;
    resource_count = 0;
    while (entry != SAHPI_LAST_ENTRY && saHpiRptEntryGet(session, entry, &next, &rpt) == SA_OK) {
        struct resource *resource;

        resources = grown(resources, resource_count + 1, sizeof *resources);
        resource = &resources[resource_count++];
        *resource = (struct resource){ .rpt = rpt };
        read_records(resource);
        entry = next;
    }
}

const struct resource *resource_with(SaHpiCapabilitiesT capabilities)
{
    for (size_t at = 0; at < resource_count; at++) {
        const struct resource *resource = &resources[at];
        SaHpiCapabilitiesT has = resource->rpt.ResourceCapabilities & capabilities;

        if (has == capabilities && !resource->rpt.ResourceFailed)
            return resource;
    }
    return NULL;
}

const struct resource *resource_without(SaHpiCapabilitiesT capabilities)
{
    for (size_t at = 0; at < resource_count; at++)
        if ((resources[at].rpt.ResourceCapabilities & capabilities) != capabilities)
            return &resources[at];
    return NULL;
}

SaHpiUint32T number_of(const SaHpiRdrT *rdr)
{
    const SaHpiRdrTypeUnionT *is = &rdr->RdrTypeUnion;

    switch (rdr->RdrType) {
    case SAHPI_CTRL_RDR:
        return is->CtrlRec.Num;
    case SAHPI_SENSOR_RDR:
        return is->SensorRec.Num;
    case SAHPI_INVENTORY_RDR:
        return is->InventoryRec.IdrId;
    case SAHPI_WATCHDOG_RDR:
        return is->WatchdogRec.WatchdogNum;
    case SAHPI_ANNUNCIATOR_RDR:
        return is->AnnunciatorRec.AnnunciatorNum;
    case SAHPI_DIMI_RDR:
        return is->DimiRec.DimiNum;
    case SAHPI_FUMI_RDR:
        return is->FumiRec.Num;
    default:
        return NO_SUCH;
    }
}

static enum whose looked_at = ALL;

void look_at(enum whose whose)
{
    looked_at = whose;
}

bool looks_at_boards(void)
{
    return looked_at == BOARDS;
}

static bool is_looked_at(const struct resource *resource)
{
    bool is_board = resource->rpt.ResourceCapabilities & SAHPI_CAPABILITY_FRU;

    return looked_at == ALL || is_board == (looked_at == BOARDS);
}

void lacking(const char *function, const char *what)
{
    if (looked_at != BOARDS)
        missing(function, what);
}

/* The first instrument of one resource that is wanted. */
static bool find_in(const struct resource *resource, SaHpiRdrTypeT type, wanted is_wanted,
    struct instrument *found)
{
    for (size_t record = 0; record < resource->rdr_count; record++) {
        const SaHpiRdrT *rdr = &resource->rdrs[record];

        if (rdr->RdrType != type || (is_wanted && !is_wanted(resource, rdr)))
            continue;
        *found = (struct instrument){
            .resource = resource,
            .rdr = rdr,
            .id = resource->rpt.ResourceId,
            .num = number_of(rdr),
        };
        printf("     # number %u of resource %u: %.*s\n", found->num, found->id,
            rdr->IdString.DataLength, (const char *)rdr->IdString.Data);
        return true;
    }
    return false;
}

bool find(SaHpiRdrTypeT type, wanted is_wanted, struct instrument *found)
{
    for (size_t at = 0; at < resource_count; at++) {
        /* Boards come first, what has no controller comes last. */
        size_t place = looked_at == OTHERS ? resource_count - 1 - at : at;
        const struct resource *resource = &resources[place];

        if (!resource->rpt.ResourceFailed && is_looked_at(resource)
            && find_in(resource, type, is_wanted, found))
            return true;
    }
    return false;
}

SaHpiTextBufferT text_of(
    SaHpiTextTypeT type, SaHpiLanguageT language, const void *data, size_t length)
{
    SaHpiTextBufferT made;

    memset(&made, 0, sizeof made);
    made.DataType = type;
    made.Language = language;
    made.DataLength = (SaHpiUint8T)length;
    memcpy(made.Data, data, length);
    return made;
}

SaHpiTextBufferT text(const char *words)
{
    return text_of(SAHPI_TL_TYPE_TEXT, SAHPI_LANG_ENGLISH, words, strlen(words));
}

double value_of(const SaHpiSensorReadingT *reading)
{
    switch (reading->Type) {
    case SAHPI_SENSOR_READING_TYPE_INT64:
        return (double)reading->Value.SensorInt64;
    case SAHPI_SENSOR_READING_TYPE_UINT64:
        return (double)reading->Value.SensorUint64;
    default:
        return reading->Value.SensorFloat64;
    }
}

SaHpiSensorReadingT reading_of(SaHpiSensorReadingTypeT type, double value)
{
    SaHpiSensorReadingT reading;

    memset(&reading, 0, sizeof reading);
    reading.IsSupported = SAHPI_TRUE;
    reading.Type = type;
    if (type == SAHPI_SENSOR_READING_TYPE_INT64)
        reading.Value.SensorInt64 = (SaHpiInt64T)value;
    else if (type == SAHPI_SENSOR_READING_TYPE_UINT64)
        reading.Value.SensorUint64 = value < 0 ? 0 : (SaHpiUint64T)value;
    else
        reading.Value.SensorFloat64 = value;
    return reading;
}

bool same_text(const SaHpiTextBufferT *one, const SaHpiTextBufferT *other)
{
    return one->DataType == other->DataType && one->DataLength == other->DataLength
           && one->Language == other->Language
           && memcmp(one->Data, other->Data, one->DataLength) == 0;
}

bool same_path(const SaHpiEntityPathT *one, const SaHpiEntityPathT *other)
{
    for (size_t at = 0; at < SAHPI_MAX_ENTITY_PATH; at++) {
        const SaHpiEntityT *here = &one->Entry[at], *there = &other->Entry[at];

        if (here->EntityType != there->EntityType)
            return false;
        if (here->EntityType == SAHPI_ENT_ROOT)
            return true;
        if (here->EntityLocation != there->EntityLocation)
            return false;
    }
    return true;
}

SaHpiTextBufferT bad_text(unsigned which)
{
    switch (which) {
    case 0:
        return text_of((SaHpiTextTypeT)5, SAHPI_LANG_ENGLISH, "A", 1);
    case 1:
        return text_of(SAHPI_TL_TYPE_TEXT, (SaHpiLanguageT)(SAHPI_LANG_MAX_VALID + 1), "A", 1);
    case 2:
        return text_of(
            SAHPI_TL_TYPE_UNICODE, (SaHpiLanguageT)(SAHPI_LANG_MAX_VALID + 1), "A\0", 2);
    case 3:
        return text_of(SAHPI_TL_TYPE_BCDPLUS, SAHPI_LANG_UNDEF, "12A", 3);
    case 4:
        return text_of(SAHPI_TL_TYPE_ASCII6, SAHPI_LANG_UNDEF, "abc", 3);
    case 5:
        return text_of(SAHPI_TL_TYPE_UNICODE, SAHPI_LANG_ENGLISH, "A\0B", 3);
    default:
        return text_of(SAHPI_TL_TYPE_UNICODE, SAHPI_LANG_ENGLISH, "\x00\xd8" "A\0", 4);
    }
}

const char *bad_text_why(unsigned which)
{
    static const char *const why[BAD_TEXTS] = {
        "a text of no type",
        "a TEXT in no language",
        "a UNICODE text in no language",
        "BCDPLUS with a letter",
        "ASCII6 with small letters",
        "half a UTF-16 character",
        "half a surrogate pair",
    };

    return why[which];
}
