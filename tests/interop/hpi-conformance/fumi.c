/* Firmware upgrade: what is refused, and what is told of banks. Upgrades are in upgrade.c. */
#include "fumi.h"
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <stdlib.h>

struct instrument fumi;

static SaHpiFumiCapabilityT wanted_capabilities;
static SaHpiFumiCapabilityT unwanted_capabilities;

static bool is_able(const struct resource *resource, const SaHpiRdrT *rdr)
{
    SaHpiFumiCapabilityT has = rdr->RdrTypeUnion.FumiRec.Capability;
    bool is_board = resource->rpt.ResourceCapabilities & SAHPI_CAPABILITY_FRU;

    /* Boards keep their firmware. */
    return !is_board && (has & wanted_capabilities) == wanted_capabilities
           && !(has & unwanted_capabilities);
}

static bool has_banks(const struct resource *resource, const SaHpiRdrT *rdr)
{
    return is_able(resource, rdr) && rdr->RdrTypeUnion.FumiRec.NumBanks >= 2;
}

bool choose_fumi(SaHpiFumiCapabilityT with, SaHpiFumiCapabilityT without)
{
    wanted_capabilities = with;
    unwanted_capabilities = without;
    return find(SAHPI_FUMI_RDR, is_able, &fumi);
}

SaHpiTextBufferT fumi_source(void)
{
    const char *uri = getenv("HPI_FUMI_SOURCE");

    return text(uri ? uri : "file:///firmware");
}

static void test_info(void)
{
    SaHpiFumiSpecInfoT spec;
    SaHpiFumiServiceImpactDataT impact = { .NumEntities = NO_SUCH };
    SaHpiFumiBankInfoT bank;
    SaHpiFumiLogicalBankInfoT logical;
    SaHpiFumiUpgradeStatusT status;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiSpecInfoGet(session, fumi.id, fumi.num, NULL));
    EXPECT(SA_OK, "a FUMI", saHpiFumiSpecInfoGet(session, fumi.id, fumi.num, &spec));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiServiceImpactGet(session, fumi.id, fumi.num, NULL));
    EXPECT(SA_OK, "a FUMI", saHpiFumiServiceImpactGet(session, fumi.id, fumi.num, &impact));
    CHECK("saHpiFumiServiceImpactGet", "no more entities than there is room for",
        impact.NumEntities <= SAHPI_FUMI_MAX_ENTITIES_IMPACTED);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiTargetInfoGet(session, fumi.id, fumi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiTargetInfoGet(session, fumi.id, fumi.num, NO_BANK, &bank));
    EXPECT(SA_OK, "the logical bank",
        saHpiFumiTargetInfoGet(session, fumi.id, fumi.num, 0, &bank));
    CHECK("saHpiFumiTargetInfoGet", "it is the bank that was asked for", bank.BankId == 0);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiLogicalTargetInfoGet(session, fumi.id, fumi.num, NULL));
    EXPECT(SA_OK, "a FUMI", saHpiFumiLogicalTargetInfoGet(session, fumi.id, fumi.num, &logical));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiUpgradeStatusGet(session, fumi.id, fumi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiUpgradeStatusGet(session, fumi.id, fumi.num, NO_BANK, &status));
}

static void test_bad_sources(void)
{
    SaHpiTextBufferT source = fumi_source(), bad = text_of(SAHPI_TL_TYPE_BCDPLUS, 0, "12", 2);

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiSourceSet(session, fumi.id, fumi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "not of type TEXT",
        saHpiFumiSourceSet(session, fumi.id, fumi.num, 0, &bad));
    bad = text("no address at all");
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "not a URI",
        saHpiFumiSourceSet(session, fumi.id, fumi.num, 0, &bad));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiSourceSet(session, fumi.id, fumi.num, NO_BANK, &source));
}

static void test_without_source(void)
{
    SaHpiFumiSourceInfoT source;

    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiCleanup(session, fumi.id, fumi.num, NO_BANK));
    EXPECT(SA_OK, "the logical bank", saHpiFumiCleanup(session, fumi.id, fumi.num, 0));
    CHECK("saHpiFumiCleanup", "nothing is under way",
        fumi_status(0) == SAHPI_FUMI_OPERATION_NOTSTARTED);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiSourceInfoGet(session, fumi.id, fumi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiSourceInfoGet(session, fumi.id, fumi.num, NO_BANK, &source));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "no source is set",
        saHpiFumiSourceInfoGet(session, fumi.id, fumi.num, 0, &source));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiSourceInfoValidateStart(session, fumi.id, fumi.num, NO_BANK));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "no source is set",
        saHpiFumiSourceInfoValidateStart(session, fumi.id, fumi.num, 0));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiInstallStart(session, fumi.id, fumi.num, NO_BANK));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "no source is set",
        saHpiFumiInstallStart(session, fumi.id, fumi.num, 0));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiUpgradeCancel(session, fumi.id, fumi.num, NO_BANK));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "nothing is under way",
        saHpiFumiUpgradeCancel(session, fumi.id, fumi.num, 0));
}

/* Functions that need a capability, of a FUMI that lacks it. */
static void test_capabilities(void)
{
    SaHpiFumiComponentInfoT component;
    SaHpiFumiLogicalComponentInfoT logical;
    SaHpiEntryIdT next;
    SaHpiBoolT disabled;

    if (choose_fumi(0, SAHPI_FUMI_CAP_COMPONENTS)) {
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI without components",
            saHpiFumiSourceComponentInfoGet(
                session, fumi.id, fumi.num, 0, SAHPI_FIRST_ENTRY, &next, &component));
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI without components",
            saHpiFumiTargetComponentInfoGet(
                session, fumi.id, fumi.num, 0, SAHPI_FIRST_ENTRY, &next, &component));
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI without components",
            saHpiFumiLogicalTargetComponentInfoGet(
                session, fumi.id, fumi.num, SAHPI_FIRST_ENTRY, &next, &logical));
    }
    if (choose_fumi(0, SAHPI_FUMI_CAP_BACKUP))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that makes no backups",
            saHpiFumiBackupStart(session, fumi.id, fumi.num));
    if (choose_fumi(0, SAHPI_FUMI_CAP_BANKREORDER))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not order banks",
            saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, 1, 1));
    if (choose_fumi(0, SAHPI_FUMI_CAP_BANKCOPY))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not copy banks",
            saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 1, 2));
    if (choose_fumi(0, SAHPI_FUMI_CAP_TARGET_VERIFY))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not verify",
            saHpiFumiTargetVerifyStart(session, fumi.id, fumi.num, 0));
    if (choose_fumi(0, SAHPI_FUMI_CAP_TARGET_VERIFY_MAIN))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not verify what runs",
            saHpiFumiTargetVerifyMainStart(session, fumi.id, fumi.num));
    if (choose_fumi(0, SAHPI_FUMI_CAP_ROLLBACK))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not roll back",
            saHpiFumiRollbackStart(session, fumi.id, fumi.num));
    if (choose_fumi(0, SAHPI_FUMI_CAP_AUTOROLLBACK)) {
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not roll back by itself",
            saHpiFumiAutoRollbackDisableGet(session, fumi.id, fumi.num, &disabled));
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that does not roll back by itself",
            saHpiFumiAutoRollbackDisableSet(session, fumi.id, fumi.num, SAHPI_TRUE));
    }
    if (choose_fumi(
            SAHPI_FUMI_CAP_AUTOROLLBACK, SAHPI_FUMI_CAP_AUTOROLLBACK_CAN_BE_DISABLED))
        EXPECT(SA_ERR_HPI_CAPABILITY, "a FUMI that always rolls back by itself",
            saHpiFumiAutoRollbackDisableSet(session, fumi.id, fumi.num, SAHPI_TRUE));
}

static void test_auto_rollback(void)
{
    SaHpiBoolT before, now = SAHPI_FALSE;

    if (!choose_fumi(
            SAHPI_FUMI_CAP_AUTOROLLBACK | SAHPI_FUMI_CAP_AUTOROLLBACK_CAN_BE_DISABLED, 0)) {
        missing("saHpiFumiAutoRollbackDisableSet", "FUMI whose rollback can be disabled");
        return;
    }
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiFumiAutoRollbackDisableGet(session, fumi.id, fumi.num, NULL));
    EXPECT(SA_OK, "a FUMI",
        saHpiFumiAutoRollbackDisableGet(session, fumi.id, fumi.num, &before));
    CHECK("saHpiFumiAutoRollbackDisableGet", "enabled, unless somebody disabled it", !before);
    EXPECT(SA_OK, "disable",
        saHpiFumiAutoRollbackDisableSet(session, fumi.id, fumi.num, SAHPI_TRUE));
    EXPECT(SA_OK, "a FUMI", saHpiFumiAutoRollbackDisableGet(session, fumi.id, fumi.num, &now));
    CHECK("saHpiFumiAutoRollbackDisableSet", "it is read back", now);
    EXPECT(SA_OK, "as it was",
        saHpiFumiAutoRollbackDisableSet(session, fumi.id, fumi.num, before));
}

static SaHpiUint32T position_of(SaHpiBankNumT bank)
{
    SaHpiFumiBankInfoT info = { .Position = 0 };

    saHpiFumiTargetInfoGet(session, fumi.id, fumi.num, bank, &info);
    return info.Position;
}

static void test_banks(void)
{
    SaHpiUint8T banks;

    wanted_capabilities = SAHPI_FUMI_CAP_BANKREORDER | SAHPI_FUMI_CAP_BANKCOPY;
    unwanted_capabilities = 0;
    if (!find(SAHPI_FUMI_RDR, has_banks, &fumi)) {
        missing("saHpiFumiBankBootOrderSet", "FUMI with two banks");
        missing("saHpiFumiBankCopyStart", "FUMI with two banks");
        return;
    }
    banks = fumi.rdr->RdrTypeUnion.FumiRec.NumBanks;
    CHECK("saHpiFumiTargetInfoGet", "each bank has its place",
        position_of(1) >= 1 && position_of(1) <= banks && position_of(1) != position_of(2));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "the logical bank",
        saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, 0, 1));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such bank",
        saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, NO_BANK, 1));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "behind the last",
        saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, 1, banks + 1u));
    EXPECT(SA_OK, "the second as the first",
        saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, 2, 1));
    CHECK("saHpiFumiBankBootOrderSet", "others move", position_of(2) == 1 && position_of(1) == 2);
    EXPECT(SA_OK, "as it was", saHpiFumiBankBootOrderSet(session, fumi.id, fumi.num, 1, 1));
    CHECK("saHpiFumiBankBootOrderSet", "others move", position_of(1) == 1 && position_of(2) == 2);
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "to itself",
        saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 1, 1));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "from the logical bank",
        saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 0, 1));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "to the logical bank",
        saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 1, 0));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "to no bank",
        saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 1, NO_BANK));
    EXPECT(SA_OK, "from the first to the second",
        saHpiFumiBankCopyStart(session, fumi.id, fumi.num, 1, 2));
    CHECK("saHpiFumiBankCopyStart", "it is done",
        fumi_reaches(1, SAHPI_FUMI_BANK_COPY_DONE));
}

void test_fumi(void)
{
    group("Firmware upgrade");
    if (!choose_fumi(0, 0)) {
        missing("saHpiFumiSourceSet", "FUMI");
        return;
    }
    test_info();
    test_bad_sources();
    test_without_source();
    test_capabilities();
    test_auto_rollback();
    test_banks();
}
