/* Inventories, as they are written: areas and fields come and go; and those that are read-only. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* Ids that a user chooses. */
enum { OUR_AREA = 1077, OUR_FIELD = 1088 };

static const SaHpiIdrFieldTypeT ANY_FIELD = SAHPI_IDR_FIELDTYPE_UNSPECIFIED;
static struct instrument idr;

static bool is_writable(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiIdrInfoT info;

    return saHpiIdrInfoGet(session, resource->rpt.ResourceId, number_of(rdr), &info) == SA_OK
           && !info.ReadOnly;
}

static bool is_read_only(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiIdrInfoT info;

    return saHpiIdrInfoGet(session, resource->rpt.ResourceId, number_of(rdr), &info) == SA_OK
           && info.ReadOnly && info.NumAreas > 0;
}

static SaHpiIdrFieldT field_of(SaHpiEntryIdT area, const char *words)
{
    SaHpiIdrFieldT field;

    memset(&field, 0, sizeof field);
    field.AreaId = area;
    field.Type = SAHPI_IDR_FIELDTYPE_CUSTOM;
    /* What is asked for does not matter: new fields are never read-only. */
    field.ReadOnly = SAHPI_TRUE;
    field.Field = text(words);
    return field;
}

static SaHpiUint32T update_count(void)
{
    SaHpiIdrInfoT info = { .UpdateCount = 0 };

    saHpiIdrInfoGet(session, idr.id, idr.num, &info);
    return info.UpdateCount;
}

static bool area_is_there(SaHpiEntryIdT id, SaHpiIdrAreaHeaderT *area)
{
    SaHpiEntryIdT next;

    return saHpiIdrAreaHeaderGet(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_UNSPECIFIED, id,
               &next, area) == SA_OK
           && area->AreaId == id;
}

static bool field_is(SaHpiEntryIdT area, SaHpiEntryIdT id, const char *words)
{
    SaHpiTextBufferT wanted = text(words);
    SaHpiIdrFieldT field;
    SaHpiEntryIdT next;

    return saHpiIdrFieldGet(
               session, idr.id, idr.num, area, ANY_FIELD, id, &next, &field) == SA_OK
           && field.FieldId == id && !field.ReadOnly
           && field.Field.DataLength == wanted.DataLength
           && memcmp(field.Field.Data, wanted.Data, wanted.DataLength) == 0;
}

static void test_bad_areas(SaHpiEntryIdT area)
{
    SaHpiEntryIdT id;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no type",
        saHpiIdrAreaAdd(session, idr.id, idr.num, (SaHpiIdrAreaTypeT)7, &id));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "the unspecified type",
        saHpiIdrAreaAdd(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_UNSPECIFIED, &id));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiIdrAreaAdd(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no type",
        saHpiIdrAreaAddById(session, idr.id, idr.num, (SaHpiIdrAreaTypeT)7, OUR_AREA));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "the unspecified type",
        saHpiIdrAreaAddById(
            session, idr.id, idr.num, SAHPI_IDR_AREATYPE_UNSPECIFIED, OUR_AREA));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiIdrAreaAddById(
            session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, SAHPI_LAST_ENTRY));
    EXPECT(SA_ERR_HPI_DUPLICATE, "an area that is there",
        saHpiIdrAreaAddById(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, area));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiIdrAreaDelete(session, idr.id, idr.num, SAHPI_LAST_ENTRY));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown area",
        saHpiIdrAreaDelete(session, idr.id, idr.num, NO_SUCH));
}

typedef SaErrorT (*field_function)(
    SaHpiSessionIdT, SaHpiResourceIdT, SaHpiIdrIdT, SaHpiIdrFieldT *);

/* Fields that neither Add, nor AddById, nor Set takes. `id` is that of a field to set. */
static void test_bad_field(
    const char *name, field_function function, SaHpiEntryIdT area, SaHpiEntryIdT id)
{
    SaHpiIdrFieldT field = field_of(area, "bad");

    expect(name, "NULL", SA_ERR_HPI_INVALID_PARAMS, function(session, idr.id, idr.num, NULL));
    field.FieldId = id;
    field.Type = (SaHpiIdrFieldTypeT)77;
    expect(name, "no type", SA_ERR_HPI_INVALID_PARAMS,
        function(session, idr.id, idr.num, &field));
    field.Type = ANY_FIELD;
    expect(name, "the unspecified type", SA_ERR_HPI_INVALID_PARAMS,
        function(session, idr.id, idr.num, &field));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        field = field_of(area, "");
        field.FieldId = id;
        field.Field = bad_text(which);
        expect(name, bad_text_why(which), SA_ERR_HPI_INVALID_PARAMS,
            function(session, idr.id, idr.num, &field));
    }
    field = field_of(NO_SUCH, "bad");
    field.FieldId = id;
    expect(name, "unknown area", SA_ERR_HPI_NOT_PRESENT,
        function(session, idr.id, idr.num, &field));
}

static void test_bad_fields(SaHpiEntryIdT area, SaHpiEntryIdT id)
{
    SaHpiIdrFieldT field = field_of(area, "bad");

    test_bad_field("saHpiIdrFieldAdd", saHpiIdrFieldAdd, area, id);
    test_bad_field("saHpiIdrFieldAddById", saHpiIdrFieldAddById, area, OUR_FIELD);
    test_bad_field("saHpiIdrFieldSet", saHpiIdrFieldSet, area, id);
    field.FieldId = SAHPI_LAST_ENTRY;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the field",
        saHpiIdrFieldAddById(session, idr.id, idr.num, &field));
    field.FieldId = OUR_FIELD;
    field.AreaId = SAHPI_LAST_ENTRY;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the area",
        saHpiIdrFieldAddById(session, idr.id, idr.num, &field));
    field = field_of(area, "bad");
    field.FieldId = id;
    EXPECT(SA_ERR_HPI_DUPLICATE, "a field that is there",
        saHpiIdrFieldAddById(session, idr.id, idr.num, &field));
    field.FieldId = NO_SUCH;
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown field",
        saHpiIdrFieldSet(session, idr.id, idr.num, &field));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the area",
        saHpiIdrFieldDelete(session, idr.id, idr.num, SAHPI_LAST_ENTRY, id));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY for the field",
        saHpiIdrFieldDelete(session, idr.id, idr.num, area, SAHPI_LAST_ENTRY));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown area",
        saHpiIdrFieldDelete(session, idr.id, idr.num, NO_SUCH, id));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown field",
        saHpiIdrFieldDelete(session, idr.id, idr.num, area, NO_SUCH));
    CHECK("saHpiIdrFieldSet", "none of this changes anything", field_is(area, id, "one"));
}

static void test_fields(SaHpiEntryIdT area)
{
    SaHpiIdrFieldT field = field_of(area, "one");
    SaHpiIdrAreaHeaderT header;
    SaHpiUint32T count = update_count();

    EXPECT(SA_OK, "a field", saHpiIdrFieldAdd(session, idr.id, idr.num, &field));
    CHECK("saHpiIdrFieldAdd", "it is read back, and not read-only",
        field_is(area, field.FieldId, "one"));
    CHECK("saHpiIdrFieldAdd", "the inventory counts the change", update_count() != count);
    test_bad_fields(area, field.FieldId);
    count = update_count();
    field.Field = text("two");
    EXPECT(SA_OK, "another text", saHpiIdrFieldSet(session, idr.id, idr.num, &field));
    CHECK("saHpiIdrFieldSet", "it is read back", field_is(area, field.FieldId, "two"));
    CHECK("saHpiIdrFieldSet", "the inventory counts the change", update_count() != count);
    count = update_count();
    EXPECT(SA_OK, "a field",
        saHpiIdrFieldDelete(session, idr.id, idr.num, area, field.FieldId));
    CHECK("saHpiIdrFieldDelete", "it is gone", !field_is(area, field.FieldId, "two"));
    CHECK("saHpiIdrFieldDelete", "the inventory counts the change", update_count() != count);
    field = field_of(area, "three");
    field.FieldId = OUR_FIELD;
    EXPECT(SA_OK, "a field with an id", saHpiIdrFieldAddById(session, idr.id, idr.num, &field));
    CHECK("saHpiIdrFieldAddById", "it is read back", field_is(area, OUR_FIELD, "three"));
    CHECK("saHpiIdrFieldAddById", "the area counts it",
        area_is_there(area, &header) && header.NumFields == 1);
}

static void test_writable(void)
{
    SaHpiUint32T count = update_count();
    SaHpiEntryIdT area = SAHPI_LAST_ENTRY;
    SaHpiIdrAreaHeaderT header;

    if (!EXPECT(SA_OK, "an area",
            saHpiIdrAreaAdd(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, &area)))
        return;
    CHECK("saHpiIdrAreaAdd", "it is there, empty and not read-only",
        area_is_there(area, &header) && header.Type == SAHPI_IDR_AREATYPE_OEM
            && header.NumFields == 0 && !header.ReadOnly);
    CHECK("saHpiIdrAreaAdd", "the inventory counts the change", update_count() != count);
    test_bad_areas(area);
    test_fields(area);
    EXPECT(SA_OK, "an area with an id",
        saHpiIdrAreaAddById(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, OUR_AREA));
    CHECK("saHpiIdrAreaAddById", "it is there", area_is_there(OUR_AREA, &header));
    EXPECT(SA_OK, "an area", saHpiIdrAreaDelete(session, idr.id, idr.num, OUR_AREA));
    CHECK("saHpiIdrAreaDelete", "it is gone", !area_is_there(OUR_AREA, &header));
    EXPECT(SA_OK, "an area with a field", saHpiIdrAreaDelete(session, idr.id, idr.num, area));
    CHECK("saHpiIdrAreaDelete", "it is gone", !area_is_there(area, &header));
}

static void test_read_only(void)
{
    SaHpiIdrAreaHeaderT header;
    SaHpiEntryIdT next, id;
    SaHpiIdrFieldT field;

    saHpiIdrAreaHeaderGet(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_UNSPECIFIED,
        SAHPI_FIRST_ENTRY, &next, &header);
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only inventory",
        saHpiIdrAreaAdd(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, &id));
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only inventory",
        saHpiIdrAreaAddById(session, idr.id, idr.num, SAHPI_IDR_AREATYPE_OEM, OUR_AREA));
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only inventory",
        saHpiIdrAreaDelete(session, idr.id, idr.num, header.AreaId));
    field = field_of(header.AreaId, "x");
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only area",
        saHpiIdrFieldAdd(session, idr.id, idr.num, &field));
    field.FieldId = OUR_FIELD;
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only area",
        saHpiIdrFieldAddById(session, idr.id, idr.num, &field));
    if (saHpiIdrFieldGet(session, idr.id, idr.num, header.AreaId, ANY_FIELD, SAHPI_FIRST_ENTRY,
            &next, &field) != SA_OK)
        return;
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only field",
        saHpiIdrFieldSet(session, idr.id, idr.num, &field));
    EXPECT(SA_ERR_HPI_READ_ONLY, "a read-only field",
        saHpiIdrFieldDelete(session, idr.id, idr.num, header.AreaId, field.FieldId));
}

void test_inventory_writes(void)
{
    group("A writable inventory");
    if (find(SAHPI_INVENTORY_RDR, is_writable, &idr))
        test_writable();
    else
        missing("saHpiIdrFieldSet", "writable inventory");
    group("A read-only inventory");
    if (find(SAHPI_INVENTORY_RDR, is_read_only, &idr))
        test_read_only();
    else
        missing("saHpiIdrFieldSet", "read-only inventory");
}
