/* An upgrade from its source to its rollback, in the logical bank. */
#include "fumi.h"
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <string.h>

static const double PATIENCE_S = 30;
/* More components than any firmware has. */
enum { COMPONENTS_MAX = 100 };

static SaHpiFumiUpgradeStatusT awaited_status;

SaHpiFumiUpgradeStatusT fumi_status(SaHpiBankNumT bank)
{
    SaHpiFumiUpgradeStatusT status = (SaHpiFumiUpgradeStatusT)99;

    EXPECT(SA_OK, "a bank",
        saHpiFumiUpgradeStatusGet(session, fumi.id, fumi.num, bank, &status));
    return status;
}

bool fumi_reaches(SaHpiBankNumT bank, SaHpiFumiUpgradeStatusT wanted)
{
    double end = seconds() + PATIENCE_S;
    SaHpiFumiUpgradeStatusT status;

    while (saHpiFumiUpgradeStatusGet(session, fumi.id, fumi.num, bank, &status) == SA_OK) {
        if (status == wanted)
            return true;
        if (seconds() > end)
            break;
        wait_ms(50);
    }
    return false;
}

static bool is_awaited(const SaHpiEventT *event)
{
    const SaHpiFumiEventT *told = &event->EventDataUnion.FumiEvent;

    return told->FumiNum == fumi.num && told->BankNum == 0
           && told->UpgradeStatus == awaited_status;
}

/* Whether an operation that began ends well, and events tell of both. */
static bool goes_well(SaHpiSessionIdT watch, SaHpiFumiUpgradeStatusT first, SaHpiFumiUpgradeStatusT last)
{
    struct seen seen;

    awaited_status = first;
    if (!watch_for(watch, SAHPI_ET_FUMI, fumi.id, is_awaited, &seen))
        return false;
    awaited_status = last;
    return watch_for(watch, SAHPI_ET_FUMI, fumi.id, is_awaited, &seen)
           && fumi_reaches(0, last);
}

static SaHpiFumiLogicalBankInfoT logical(void)
{
    SaHpiFumiLogicalBankInfoT info;

    memset(&info, 0, sizeof info);
    saHpiFumiLogicalTargetInfoGet(session, fumi.id, fumi.num, &info);
    return info;
}

static SaHpiUint32T main_version(void)
{
    SaHpiFumiBankInfoT info;

    memset(&info, 0, sizeof info);
    saHpiFumiTargetInfoGet(session, fumi.id, fumi.num, 0, &info);
    return info.MajorVersion << 16 | info.MinorVersion;
}

static SaHpiUint32T test_source(SaHpiSessionIdT watch)
{
    SaHpiTextBufferT uri = fumi_source();
    SaHpiFumiSourceInfoT source;

    EXPECT(SA_OK, "a source", saHpiFumiSourceSet(session, fumi.id, fumi.num, 0, &uri));
    EXPECT(SA_OK, "the source", saHpiFumiSourceInfoGet(session, fumi.id, fumi.num, 0, &source));
    CHECK("saHpiFumiSourceSet", "it is read back, and not validated yet",
        same_text(&source.SourceUri, &uri)
            && source.SourceStatus == SAHPI_FUMI_SRC_VALIDATION_NOT_STARTED);
    EXPECT(SA_OK, "a source", saHpiFumiSourceInfoValidateStart(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiSourceInfoValidateStart", "it is done",
        goes_well(watch, SAHPI_FUMI_SOURCE_VALIDATION_INITIATED,
            SAHPI_FUMI_SOURCE_VALIDATION_DONE));
    EXPECT(SA_OK, "the source", saHpiFumiSourceInfoGet(session, fumi.id, fumi.num, 0, &source));
    CHECK("saHpiFumiSourceInfoGet", "it is valid", source.SourceStatus == SAHPI_FUMI_SRC_VALID);
    return source.MajorVersion << 16 | source.MinorVersion;
}

static void test_bad_components(void)
{
    SaHpiEntryIdT first = SAHPI_FIRST_ENTRY, last = SAHPI_LAST_ENTRY, next;
    SaHpiFumiComponentInfoT one;
    SaHpiFumiLogicalComponentInfoT logical_one;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiFumiSourceComponentInfoGet(session, fumi.id, fumi.num, 0, last, &next, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiFumiSourceComponentInfoGet(session, fumi.id, fumi.num, 0, first, NULL, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the component",
        saHpiFumiSourceComponentInfoGet(session, fumi.id, fumi.num, 0, first, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown component",
        saHpiFumiSourceComponentInfoGet(session, fumi.id, fumi.num, 0, NO_SUCH, &next, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, last, &next, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, first, NULL, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the component",
        saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, first, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown component",
        saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, NO_SUCH, &next, &one));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiTargetComponentInfoGet(
            session, fumi.id, fumi.num, NO_BANK, first, &next, &one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiFumiLogicalTargetComponentInfoGet(
            session, fumi.id, fumi.num, last, &next, &logical_one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the next",
        saHpiFumiLogicalTargetComponentInfoGet(
            session, fumi.id, fumi.num, first, NULL, &logical_one));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the component",
        saHpiFumiLogicalTargetComponentInfoGet(session, fumi.id, fumi.num, first, &next, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown component",
        saHpiFumiLogicalTargetComponentInfoGet(
            session, fumi.id, fumi.num, NO_SUCH, &next, &logical_one));
}

static void test_components(void)
{
    SaHpiEntryIdT at = SAHPI_FIRST_ENTRY, next;
    SaHpiFumiComponentInfoT one;
    SaHpiFumiLogicalComponentInfoT logical_one;
    size_t count = 0;

    test_bad_components();
    EXPECT(SA_OK, "the first component",
        saHpiFumiSourceComponentInfoGet(session, fumi.id, fumi.num, 0, at, &next, &one));
    EXPECT(SA_OK, "the first component",
        saHpiFumiLogicalTargetComponentInfoGet(
            session, fumi.id, fumi.num, at, &next, &logical_one));
    EXPECT(SA_OK, "the first component",
        saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, at, &next, &one));
    while (at != SAHPI_LAST_ENTRY && count < COMPONENTS_MAX
           && saHpiFumiTargetComponentInfoGet(session, fumi.id, fumi.num, 0, at, &next, &one)
                  == SA_OK) {
        at = next;
        count++;
    }
    CHECK("saHpiFumiTargetComponentInfoGet", "the walk ends with LAST_ENTRY",
        at == SAHPI_LAST_ENTRY && count > 0);
}

static void test_install(SaHpiSessionIdT watch)
{
    EXPECT(SA_OK, "what runs", saHpiFumiBackupStart(session, fumi.id, fumi.num));
    CHECK("saHpiFumiBackupStart", "it is done",
        goes_well(watch, SAHPI_FUMI_BACKUP_INITIATED, SAHPI_FUMI_BACKUP_DONE)
            && logical().RollbackFwInstance.InstancePresent);
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiTargetVerifyStart(session, fumi.id, fumi.num, NO_BANK));
    if (!logical().PendingFwInstance.InstancePresent)
        EXPECT(SA_ERR_HPI_INVALID_REQUEST, "nothing is installed",
            saHpiFumiTargetVerifyStart(session, fumi.id, fumi.num, 0));
    EXPECT(SA_OK, "a valid source", saHpiFumiInstallStart(session, fumi.id, fumi.num, 0));
    EXPECT(SA_OK, "an installation", saHpiFumiUpgradeCancel(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiUpgradeCancel", "it is cancelled",
        goes_well(watch, SAHPI_FUMI_INSTALL_INITIATED, SAHPI_FUMI_INSTALL_CANCELLED));
    EXPECT(SA_OK, "a valid source", saHpiFumiInstallStart(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiInstallStart", "it is done",
        goes_well(watch, SAHPI_FUMI_INSTALL_INITIATED, SAHPI_FUMI_INSTALL_DONE)
            && logical().PendingFwInstance.InstancePresent);
    EXPECT(SA_OK, "what is installed",
        saHpiFumiTargetVerifyStart(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiTargetVerifyStart", "it is done",
        goes_well(watch, SAHPI_FUMI_TARGET_VERIFY_INITIATED, SAHPI_FUMI_TARGET_VERIFY_DONE));
}

static void test_activation(SaHpiSessionIdT watch, SaHpiUint32T version)
{
    SaHpiUint32T before = main_version();

    EXPECT(SA_OK, "what is installed",
        saHpiFumiActivateStart(session, fumi.id, fumi.num, SAHPI_TRUE));
    CHECK("saHpiFumiActivateStart", "it is done",
        goes_well(watch, SAHPI_FUMI_ACTIVATE_INITIATED, SAHPI_FUMI_ACTIVATE_DONE));
    CHECK("saHpiFumiActivateStart", "the new version runs, and nothing waits",
        main_version() == version && !logical().PendingFwInstance.InstancePresent);
    EXPECT(SA_OK, "what runs", saHpiFumiTargetVerifyMainStart(session, fumi.id, fumi.num));
    CHECK("saHpiFumiTargetVerifyMainStart", "it is done",
        goes_well(watch, SAHPI_FUMI_TARGET_VERIFY_INITIATED, SAHPI_FUMI_TARGET_VERIFY_DONE));
    EXPECT(SA_OK, "the backup", saHpiFumiRollbackStart(session, fumi.id, fumi.num));
    CHECK("saHpiFumiRollbackStart", "it is done",
        goes_well(watch, SAHPI_FUMI_ROLLBACK_INITIATED, SAHPI_FUMI_ROLLBACK_DONE));
    CHECK("saHpiFumiRollbackStart", "the old version runs", main_version() == before);
    EXPECT(SA_OK, "what runs already", saHpiFumiActivate(session, fumi.id, fumi.num));
    if (!logical().RollbackFwInstance.InstancePresent)
        EXPECT(SA_ERR_HPI_INVALID_REQUEST, "there is no backup",
            saHpiFumiRollbackStart(session, fumi.id, fumi.num));
    EXPECT(SA_OK, "the logical bank", saHpiFumiCleanup(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiCleanup", "nothing is under way",
        fumi_status(0) == SAHPI_FUMI_OPERATION_NOTSTARTED);
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "the source is forgotten",
        saHpiFumiTargetVerifyMainStart(session, fumi.id, fumi.num));
}

static bool has_no_banks(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.FumiRec.NumBanks == 0;
}

void test_upgrade(void)
{
    static const SaHpiFumiCapabilityT all = SAHPI_FUMI_CAP_ROLLBACK | SAHPI_FUMI_CAP_BACKUP
                                            | SAHPI_FUMI_CAP_TARGET_VERIFY
                                            | SAHPI_FUMI_CAP_TARGET_VERIFY_MAIN;
    SaHpiSessionIdT watch;
    SaHpiUint32T version;

    group("An upgrade");
    if (find(SAHPI_FUMI_RDR, has_no_banks, &fumi))
        EXPECT(SA_ERR_HPI_INVALID_REQUEST, "a FUMI without banks",
            saHpiFumiActivateStart(session, fumi.id, fumi.num, SAHPI_FALSE));
    if (!choose_fumi(all | SAHPI_FUMI_CAP_COMPONENTS, 0)) {
        missing("saHpiFumiInstallStart", "FUMI that can do everything");
        return;
    }
    watch = watch_begin();
    version = test_source(watch);
    test_components();
    test_install(watch);
    test_activation(watch, version);
    watch_end(watch);
}
