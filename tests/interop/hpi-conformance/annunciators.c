/* Annunciators: announcements of users, and modes. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* A set with more room than this is not filled. */
enum { FILL_MAX = 500 };

static struct instrument panel;

static bool is_settable(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return !rdr->RdrTypeUnion.AnnunciatorRec.ModeReadOnly;
}

static bool is_fixed(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.AnnunciatorRec.ModeReadOnly;
}

static SaHpiAnnouncementT announcement(SaHpiSeverityT severity, const char *words)
{
    SaHpiAnnouncementT made;

    memset(&made, 0, sizeof made);
    made.Severity = severity;
    made.StatusCond.Type = SAHPI_STATUS_COND_TYPE_USER;
    made.StatusCond.Entity.Entry[0].EntityType = SAHPI_ENT_ROOT;
    made.StatusCond.Data = text(words);
    return made;
}

static SaErrorT add(SaHpiAnnouncementT *made)
{
    return saHpiAnnunciatorAdd(session, panel.id, panel.num, made);
}

static SaErrorT get(SaHpiEntryIdT id, SaHpiAnnouncementT *found)
{
    return saHpiAnnunciatorGet(session, panel.id, panel.num, id, found);
}

static SaErrorT get_next(SaHpiSeverityT severity, SaHpiBoolT only, SaHpiAnnouncementT *at)
{
    return saHpiAnnunciatorGetNext(session, panel.id, panel.num, severity, only, at);
}

static SaErrorT acknowledge(SaHpiEntryIdT id, SaHpiSeverityT severity)
{
    return saHpiAnnunciatorAcknowledge(session, panel.id, panel.num, id, severity);
}

static SaErrorT delete(SaHpiEntryIdT id, SaHpiSeverityT severity)
{
    return saHpiAnnunciatorDelete(session, panel.id, panel.num, id, severity);
}

static SaErrorT set_mode(SaHpiAnnunciatorModeT mode)
{
    return saHpiAnnunciatorModeSet(session, panel.id, panel.num, mode);
}

static SaHpiAnnouncementT before_all(void)
{
    SaHpiAnnouncementT first = announcement(SAHPI_MINOR, "");

    first.EntryId = SAHPI_FIRST_ENTRY;
    return first;
}

static void test_bad_announcements(void)
{
    SaHpiAnnouncementT made;

    expect("saHpiAnnunciatorAdd", "NULL", SA_ERR_HPI_INVALID_PARAMS, add(NULL));
    made = announcement(SAHPI_ALL_SEVERITIES, "bad");
    expect("saHpiAnnunciatorAdd", "all severities", SA_ERR_HPI_INVALID_PARAMS, add(&made));
    made = announcement((SaHpiSeverityT)7, "bad");
    expect("saHpiAnnunciatorAdd", "no severity", SA_ERR_HPI_INVALID_PARAMS, add(&made));
    made = announcement(SAHPI_MINOR, "bad");
    made.StatusCond.Type = (SaHpiStatusCondTypeT)7;
    expect("saHpiAnnunciatorAdd", "no condition", SA_ERR_HPI_INVALID_PARAMS, add(&made));
    made = announcement(SAHPI_MINOR, "bad");
    made.StatusCond.Name.Length = SA_HPI_MAX_NAME_LENGTH + 1;
    expect("saHpiAnnunciatorAdd", "too long a name", SA_ERR_HPI_INVALID_PARAMS, add(&made));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        made = announcement(SAHPI_MINOR, "");
        made.StatusCond.Data = bad_text(which);
        expect("saHpiAnnunciatorAdd", bad_text_why(which), SA_ERR_HPI_INVALID_PARAMS, add(&made));
    }
}

static void test_bad_gets(void)
{
    SaHpiAnnouncementT found = before_all();

    expect("saHpiAnnunciatorGetNext", "no severity", SA_ERR_HPI_INVALID_PARAMS,
        get_next((SaHpiSeverityT)7, SAHPI_FALSE, &found));
    expect("saHpiAnnunciatorGetNext", "NULL", SA_ERR_HPI_INVALID_PARAMS,
        get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, NULL));
    expect("saHpiAnnunciatorGetNext", "a severity that none has", SA_ERR_HPI_NOT_PRESENT,
        get_next(SAHPI_DEBUG, SAHPI_FALSE, &found));
    expect("saHpiAnnunciatorGet", "NULL", SA_ERR_HPI_INVALID_PARAMS, get(1, NULL));
    expect("saHpiAnnunciatorGet", "FIRST_ENTRY", SA_ERR_HPI_INVALID_PARAMS,
        get(SAHPI_FIRST_ENTRY, &found));
    expect("saHpiAnnunciatorGet", "LAST_ENTRY", SA_ERR_HPI_INVALID_PARAMS,
        get(SAHPI_LAST_ENTRY, &found));
    expect("saHpiAnnunciatorGet", "unknown entry", SA_ERR_HPI_NOT_PRESENT, get(NO_SUCH, &found));
}

static void test_order(const SaHpiAnnouncementT *made)
{
    SaHpiAnnouncementT at = before_all();
    bool ordered = true;

    for (unsigned which = 0; which < 3; which++)
        ordered &= get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &at) == SA_OK
                   && at.EntryId == made[which].EntryId && at.AddedByUser;
    CHECK("saHpiAnnunciatorGetNext", "in the order in which they were added", ordered);
    expect("saHpiAnnunciatorGetNext", "after the last", SA_ERR_HPI_NOT_PRESENT,
        get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &at));
    at = before_all();
    expect("saHpiAnnunciatorGetNext", "of one severity", SA_OK,
        get_next(SAHPI_MAJOR, SAHPI_FALSE, &at));
    CHECK("saHpiAnnunciatorGetNext", "it is the second", at.EntryId == made[1].EntryId);
    at = made[0];
    at.Timestamp++;
    expect("saHpiAnnunciatorGetNext", "the time of the one before is another",
        SA_ERR_HPI_INVALID_DATA, get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &at));
}

static void test_acknowledge(const SaHpiAnnouncementT *made)
{
    SaHpiAnnouncementT found;

    expect("saHpiAnnunciatorAcknowledge", "unknown entry", SA_ERR_HPI_NOT_PRESENT,
        acknowledge(NO_SUCH, SAHPI_MINOR));
    expect("saHpiAnnunciatorAcknowledge", "no severity", SA_ERR_HPI_INVALID_PARAMS,
        acknowledge(SAHPI_ENTRY_UNSPECIFIED, (SaHpiSeverityT)7));
    expect("saHpiAnnunciatorAcknowledge", "a severity that none has", SA_OK,
        acknowledge(SAHPI_ENTRY_UNSPECIFIED, SAHPI_DEBUG));
    expect("saHpiAnnunciatorAcknowledge", "an entry", SA_OK,
        acknowledge(made[0].EntryId, SAHPI_MINOR));
    expect("saHpiAnnunciatorAcknowledge", "the same again", SA_OK,
        acknowledge(made[0].EntryId, SAHPI_MINOR));
    expect("saHpiAnnunciatorGet", "the entry", SA_OK, get(made[0].EntryId, &found));
    CHECK("saHpiAnnunciatorAcknowledge", "it is acknowledged", found.Acknowledged);
    found = before_all();
    expect("saHpiAnnunciatorGetNext", "the first that is not acknowledged", SA_OK,
        get_next(SAHPI_ALL_SEVERITIES, SAHPI_TRUE, &found));
    CHECK("saHpiAnnunciatorGetNext", "it is the second", found.EntryId == made[1].EntryId);
    expect("saHpiAnnunciatorAcknowledge", "all", SA_OK,
        acknowledge(SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    found = before_all();
    expect("saHpiAnnunciatorGetNext", "none is left that is not acknowledged",
        SA_ERR_HPI_NOT_PRESENT, get_next(SAHPI_ALL_SEVERITIES, SAHPI_TRUE, &found));
}

static void test_delete(const SaHpiAnnouncementT *made)
{
    SaHpiAnnouncementT at;

    expect("saHpiAnnunciatorDelete", "unknown entry", SA_ERR_HPI_NOT_PRESENT,
        delete(NO_SUCH, SAHPI_MINOR));
    expect("saHpiAnnunciatorDelete", "no severity", SA_ERR_HPI_INVALID_PARAMS,
        delete(SAHPI_ENTRY_UNSPECIFIED, (SaHpiSeverityT)7));
    expect("saHpiAnnunciatorDelete", "a severity that none has", SA_OK,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_DEBUG));
    expect("saHpiAnnunciatorDelete", "an entry", SA_OK, delete(made[1].EntryId, SAHPI_MINOR));
    expect("saHpiAnnunciatorDelete", "the same again", SA_ERR_HPI_NOT_PRESENT,
        delete(made[1].EntryId, SAHPI_MINOR));
    at = made[1];
    expect("saHpiAnnunciatorGetNext", "after one that is gone", SA_OK,
        get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &at));
    CHECK("saHpiAnnunciatorGetNext", "comes the third", at.EntryId == made[2].EntryId);
    expect("saHpiAnnunciatorDelete", "all of a severity", SA_OK,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_MINOR));
    expect("saHpiAnnunciatorGet", "one of them", SA_ERR_HPI_NOT_PRESENT,
        get(made[0].EntryId, &at));
    expect("saHpiAnnunciatorDelete", "all", SA_OK,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    at = before_all();
    expect("saHpiAnnunciatorGetNext", "none is left", SA_ERR_HPI_NOT_PRESENT,
        get_next(SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &at));
}

static void test_limit(void)
{
    SaHpiUint32T limit = panel.rdr->RdrTypeUnion.AnnunciatorRec.MaxConditions, added = 0;
    SaHpiAnnouncementT made = announcement(SAHPI_MINOR, "many");

    if (limit == 0 || limit > FILL_MAX)
        return;
    while (added <= limit && add(&made) == SA_OK)
        added++;
    CHECK("saHpiAnnunciatorAdd", "as many as the record says", added == limit);
    expect("saHpiAnnunciatorAdd", "one more", SA_ERR_HPI_OUT_OF_SPACE, add(&made));
    expect("saHpiAnnunciatorDelete", "all", SA_OK,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
}

static void test_announcements(void)
{
    SaHpiAnnouncementT made[] = {
        announcement(SAHPI_MINOR, "one"),
        announcement(SAHPI_MAJOR, "two"),
        announcement(SAHPI_OK, "three"),
    };
    SaHpiAnnouncementT found;

    /* What these say is not looked at. */
    made[0].StatusCond.DomainId = NO_SUCH;
    made[0].StatusCond.ResourceId = NO_SUCH;
    made[0].StatusCond.SensorNum = NO_SUCH;
    made[0].StatusCond.Mid = NO_SUCH;
    expect("saHpiAnnunciatorDelete", "what there is", SA_OK,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    test_bad_announcements();
    test_bad_gets();
    for (unsigned which = 0; which < 3; which++)
        if (!expect("saHpiAnnunciatorAdd", "a user's", SA_OK, add(&made[which])))
            return;
    CHECK("saHpiAnnunciatorAdd", "it gets an id and a time, and is known as a user's",
        made[0].EntryId != SAHPI_FIRST_ENTRY && made[0].EntryId != made[1].EntryId
            && made[0].Timestamp > 0 && made[0].AddedByUser);
    expect("saHpiAnnunciatorGet", "the first", SA_OK, get(made[0].EntryId, &found));
    CHECK("saHpiAnnunciatorGet", "it is as it was added",
        found.Severity == SAHPI_MINOR && !found.Acknowledged
            && found.StatusCond.ResourceId == NO_SUCH && found.StatusCond.SensorNum == NO_SUCH
            && same_text(&found.StatusCond.Data, &made[0].StatusCond.Data));
    test_order(made);
    test_acknowledge(made);
    test_delete(made);
    test_limit();
}

static void test_modes(void)
{
    static const SaHpiAnnunciatorModeT modes[] = {
        SAHPI_ANNUNCIATOR_MODE_SHARED, SAHPI_ANNUNCIATOR_MODE_AUTO, SAHPI_ANNUNCIATOR_MODE_USER,
    };
    SaHpiAnnouncementT made = announcement(SAHPI_MINOR, "x");

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiAnnunciatorModeGet(session, panel.id, panel.num, NULL));
    expect("saHpiAnnunciatorModeSet", "no mode", SA_ERR_HPI_INVALID_PARAMS,
        set_mode((SaHpiAnnunciatorModeT)7));
    for (size_t at = 0; at < sizeof modes / sizeof modes[0]; at++) {
        SaHpiAnnunciatorModeT mode = (SaHpiAnnunciatorModeT)7;

        expect("saHpiAnnunciatorModeSet", "a mode", SA_OK, set_mode(modes[at]));
        EXPECT(SA_OK, "the mode", saHpiAnnunciatorModeGet(session, panel.id, panel.num, &mode));
        CHECK("saHpiAnnunciatorModeGet", "it is read back", mode == modes[at]);
    }
    expect("saHpiAnnunciatorModeSet", "automatic", SA_OK, set_mode(SAHPI_ANNUNCIATOR_MODE_AUTO));
    expect("saHpiAnnunciatorAdd", "in automatic mode", SA_ERR_HPI_READ_ONLY, add(&made));
    expect("saHpiAnnunciatorDelete", "in automatic mode", SA_ERR_HPI_READ_ONLY,
        delete(SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
}

void test_annunciators(void)
{
    SaHpiAnnunciatorModeT before = SAHPI_ANNUNCIATOR_MODE_USER;

    group("Annunciators");
    if (!find(SAHPI_ANNUNCIATOR_RDR, is_settable, &panel)) {
        missing("saHpiAnnunciatorAdd", "annunciator whose mode can be set");
        return;
    }
    EXPECT(SA_OK, "the mode", saHpiAnnunciatorModeGet(session, panel.id, panel.num, &before));
    test_modes();
    expect("saHpiAnnunciatorModeSet", "the user's", SA_OK, set_mode(SAHPI_ANNUNCIATOR_MODE_USER));
    test_announcements();
    expect("saHpiAnnunciatorModeSet", "as it was", SA_OK, set_mode(before));
    if (find(SAHPI_ANNUNCIATOR_RDR, is_fixed, &panel))
        expect("saHpiAnnunciatorModeSet", "a mode that cannot be set", SA_ERR_HPI_READ_ONLY,
            set_mode(SAHPI_ANNUNCIATOR_MODE_USER));
}
