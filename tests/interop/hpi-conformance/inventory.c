/* Inventories, as they are read. Writing is in inventory_writes.c. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

/* More areas and fields than any inventory has. */
enum { ENTRIES_MAX = 1000 };

static const SaHpiIdrAreaTypeT ANY_AREA = SAHPI_IDR_AREATYPE_UNSPECIFIED;
static const SaHpiIdrFieldTypeT ANY_FIELD = SAHPI_IDR_FIELDTYPE_UNSPECIFIED;

/* An inventory with an area that has a field. */
static bool has_fields(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiIdrAreaHeaderT area;
    SaHpiEntryIdT at = SAHPI_FIRST_ENTRY, next;

    for (; at != SAHPI_LAST_ENTRY; at = next) {
        if (saHpiIdrAreaHeaderGet(session, resource->rpt.ResourceId, number_of(rdr), ANY_AREA, at,
                &next, &area) != SA_OK)
            return false;
        if (area.NumFields > 0)
            return true;
    }
    return false;
}

/* How many fields an area has, of those of a type; `last` is the last of them. */
static size_t count_fields(const struct instrument *idr, SaHpiEntryIdT area,
    SaHpiIdrFieldTypeT type, SaHpiIdrFieldT *last)
{
    SaHpiEntryIdT at = SAHPI_FIRST_ENTRY, next;
    size_t count = 0;

    for (; at != SAHPI_LAST_ENTRY && count < ENTRIES_MAX; at = next) {
        SaHpiIdrFieldT field;

        if (saHpiIdrFieldGet(session, idr->id, idr->num, area, type, at, &next, &field) != SA_OK)
            break;
        if (type != ANY_FIELD && field.Type != type)
            return ENTRIES_MAX;
        *last = field;
        count++;
    }
    return count;
}

/* How many areas of a type there are; all must have as many fields as their header says. */
static size_t count_areas(
    const struct instrument *idr, SaHpiIdrAreaTypeT type, SaHpiIdrAreaHeaderT *with_fields)
{
    SaHpiEntryIdT at = SAHPI_FIRST_ENTRY, next;
    size_t count = 0;

    for (; at != SAHPI_LAST_ENTRY && count < ENTRIES_MAX; at = next) {
        SaHpiIdrAreaHeaderT area;
        SaHpiIdrFieldT field;

        if (saHpiIdrAreaHeaderGet(session, idr->id, idr->num, type, at, &next, &area) != SA_OK)
            break;
        if (count_fields(idr, area.AreaId, ANY_FIELD, &field) != area.NumFields)
            return ENTRIES_MAX;
        if (area.NumFields > 0)
            *with_fields = area;
        count++;
    }
    return count;
}

/* A type of areas that this inventory does not have; ANY_AREA when it has all. */
static SaHpiIdrAreaTypeT absent_type(const struct instrument *idr)
{
    static const SaHpiIdrAreaTypeT types[] = {
        SAHPI_IDR_AREATYPE_INTERNAL_USE, SAHPI_IDR_AREATYPE_CHASSIS_INFO,
        SAHPI_IDR_AREATYPE_PRODUCT_INFO, SAHPI_IDR_AREATYPE_BOARD_INFO, SAHPI_IDR_AREATYPE_OEM,
    };
    SaHpiIdrAreaHeaderT area;
    SaHpiEntryIdT next;

    for (size_t at = 0; at < sizeof types / sizeof types[0]; at++)
        if (saHpiIdrAreaHeaderGet(session, idr->id, idr->num, types[at], SAHPI_FIRST_ENTRY, &next,
                &area) == SA_ERR_HPI_NOT_PRESENT)
            return types[at];
    return ANY_AREA;
}

static void test_bad_areas(const struct instrument *idr)
{
    SaHpiIdrAreaHeaderT area;
    SaHpiEntryIdT first = SAHPI_FIRST_ENTRY, next;
    SaHpiIdrAreaTypeT absent = absent_type(idr);

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiIdrInfoGet(session, idr->id, idr->num, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no type",
        saHpiIdrAreaHeaderGet(
            session, idr->id, idr->num, (SaHpiIdrAreaTypeT)7, first, &next, &area));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiIdrAreaHeaderGet(
            session, idr->id, idr->num, ANY_AREA, SAHPI_LAST_ENTRY, &next, &area));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiIdrAreaHeaderGet(session, idr->id, idr->num, ANY_AREA, first, NULL, &area));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the header",
        saHpiIdrAreaHeaderGet(session, idr->id, idr->num, ANY_AREA, first, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown area",
        saHpiIdrAreaHeaderGet(session, idr->id, idr->num, ANY_AREA, NO_SUCH, &next, &area));
    if (absent != ANY_AREA)
        EXPECT(SA_ERR_HPI_NOT_PRESENT, "a type of which there is no area",
            saHpiIdrAreaHeaderGet(session, idr->id, idr->num, absent, first, &next, &area));
}

static void test_bad_fields(const struct instrument *idr, SaHpiEntryIdT area)
{
    SaHpiEntryIdT first = SAHPI_FIRST_ENTRY, last = SAHPI_LAST_ENTRY, next;
    SaHpiIdrFieldT field;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no type",
        saHpiIdrFieldGet(
            session, idr->id, idr->num, area, (SaHpiIdrFieldTypeT)77, first, &next, &field));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the area",
        saHpiIdrFieldGet(session, idr->id, idr->num, last, ANY_FIELD, first, &next, &field));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the field",
        saHpiIdrFieldGet(session, idr->id, idr->num, area, ANY_FIELD, last, &next, &field));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiIdrFieldGet(session, idr->id, idr->num, area, ANY_FIELD, first, NULL, &field));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the field",
        saHpiIdrFieldGet(session, idr->id, idr->num, area, ANY_FIELD, first, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown area",
        saHpiIdrFieldGet(session, idr->id, idr->num, NO_SUCH, ANY_FIELD, first, &next, &field));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown field",
        saHpiIdrFieldGet(session, idr->id, idr->num, area, ANY_FIELD, NO_SUCH, &next, &field));
}

void test_inventory(void)
{
    struct instrument idr;
    SaHpiIdrAreaHeaderT area = { .AreaId = NO_SUCH }, header;
    SaHpiIdrInfoT info, again;
    SaHpiIdrFieldT field, same;
    SaHpiEntryIdT next;

    group("Inventories");
    if (!find(SAHPI_INVENTORY_RDR, has_fields, &idr)) {
        lacking("saHpiIdrFieldGet", "inventory with a field");
        return;
    }
    test_bad_areas(&idr);
    EXPECT(SA_OK, "an inventory", saHpiIdrInfoGet(session, idr.id, idr.num, &info));
    CHECK("saHpiIdrInfoGet", "its own number", info.IdrId == idr.num);
    CHECK("saHpiIdrInfoGet", "as many areas as the walk finds, with as many fields as they say",
        count_areas(&idr, ANY_AREA, &area) == info.NumAreas);
    EXPECT(SA_OK, "an area by its type",
        saHpiIdrAreaHeaderGet(
            session, idr.id, idr.num, area.Type, SAHPI_FIRST_ENTRY, &next, &header));
    CHECK("saHpiIdrAreaHeaderGet", "of that type", header.Type == area.Type);
    EXPECT(SA_OK, "an area by its id",
        saHpiIdrAreaHeaderGet(session, idr.id, idr.num, ANY_AREA, area.AreaId, &next, &header));
    CHECK("saHpiIdrAreaHeaderGet", "with that id", header.AreaId == area.AreaId);
    test_bad_fields(&idr, area.AreaId);
    CHECK("saHpiIdrFieldGet", "the walk finds a field",
        count_fields(&idr, area.AreaId, ANY_FIELD, &field) > 0);
    EXPECT(SA_OK, "a field by its id",
        saHpiIdrFieldGet(session, idr.id, idr.num, area.AreaId, ANY_FIELD, field.FieldId, &next,
            &same));
    CHECK("saHpiIdrFieldGet", "the same field",
        same.FieldId == field.FieldId && same.AreaId == area.AreaId && same.Type == field.Type
            && same_text(&same.Field, &field.Field));
    CHECK("saHpiIdrFieldGet", "the walk over one type finds only such fields",
        count_fields(&idr, area.AreaId, field.Type, &same) - 1 < ENTRIES_MAX - 1);
    EXPECT(SA_OK, "the same inventory", saHpiIdrInfoGet(session, idr.id, idr.num, &again));
    CHECK("saHpiIdrInfoGet", "nothing has changed", info.UpdateCount == again.UpdateCount);
}
