/* Hot swap: states, requests, policies and their timeouts, the indicator. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

static const SaHpiTimeoutT BLOCK = SAHPI_TIMEOUT_BLOCK, IMMEDIATE = SAHPI_TIMEOUT_IMMEDIATE;
static const SaHpiTimeoutT HOUR_NS = 3600LL * 1000000000;

static SaHpiResourceIdT board;
static SaHpiHsStateT awaited_state;

static bool is_awaited(const SaHpiEventT *event)
{
    const SaHpiHotSwapEventT *told = &event->EventDataUnion.HotSwapEvent;

    return told->HotSwapState == awaited_state && told->PreviousHotSwapState != awaited_state;
}

/* Whether an event tells of a state, and the state is the one that is read. */
static bool enters(SaHpiSessionIdT watch, SaHpiHsStateT state)
{
    SaHpiHsStateT now = (SaHpiHsStateT)99;
    struct seen seen;

    awaited_state = state;
    return watch_for(watch, SAHPI_ET_HOTSWAP, board, is_awaited, &seen)
           && saHpiHotSwapStateGet(session, board, &now) == SA_OK && now == state
           && seen.rpt.ResourceId == board;
}

/* Whether a state holds for a while. */
static bool stays(SaHpiHsStateT state)
{
    SaHpiHsStateT now = (SaHpiHsStateT)99;

    wait_ms(1500);
    return saHpiHotSwapStateGet(session, board, &now) == SA_OK && now == state;
}

static void test_insert_timeout(void)
{
    SaHpiDomainInfoT info;
    SaHpiTimeoutT before = 0, now = 0;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiAutoInsertTimeoutGet(NO_SUCH, &before));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiAutoInsertTimeoutSet(NO_SUCH, IMMEDIATE));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiAutoInsertTimeoutGet(session, NULL));
    EXPECT(SA_OK, "the domain's", saHpiAutoInsertTimeoutGet(session, &before));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "less than BLOCK", saHpiAutoInsertTimeoutSet(session, -2));
    saHpiDomainInfoGet(session, &info);
    if (info.DomainCapabilities & SAHPI_DOMAIN_CAP_AUTOINSERT_READ_ONLY) {
        EXPECT(SA_ERR_HPI_READ_ONLY, "a fixed one", saHpiAutoInsertTimeoutSet(session, HOUR_NS));
        return;
    }
    EXPECT(SA_OK, "an hour", saHpiAutoInsertTimeoutSet(session, HOUR_NS));
    EXPECT(SA_OK, "the domain's", saHpiAutoInsertTimeoutGet(session, &now));
    CHECK("saHpiAutoInsertTimeoutSet", "it is read back", now == HOUR_NS);
    EXPECT(SA_OK, "as it was", saHpiAutoInsertTimeoutSet(session, before));
}

static void test_extract_timeout(const struct resource *resource)
{
    SaHpiTimeoutT before = 0, now = 0;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiAutoExtractTimeoutGet(session, board, NULL));
    EXPECT(SA_OK, "a board's", saHpiAutoExtractTimeoutGet(session, board, &before));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "less than BLOCK",
        saHpiAutoExtractTimeoutSet(session, board, -2));
    if (resource->rpt.HotSwapCapabilities & SAHPI_HS_CAPABILITY_AUTOEXTRACT_READ_ONLY) {
        EXPECT(SA_ERR_HPI_READ_ONLY, "a fixed one",
            saHpiAutoExtractTimeoutSet(session, board, HOUR_NS));
        return;
    }
    EXPECT(SA_OK, "an hour", saHpiAutoExtractTimeoutSet(session, board, HOUR_NS));
    EXPECT(SA_OK, "a board's", saHpiAutoExtractTimeoutGet(session, board, &now));
    CHECK("saHpiAutoExtractTimeoutSet", "it is read back", now == HOUR_NS);
    EXPECT(SA_OK, "as it was", saHpiAutoExtractTimeoutSet(session, board, before));
}

static void test_active(void)
{
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiHotSwapStateGet(session, board, NULL));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an active board",
        saHpiHotSwapPolicyCancel(session, board));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an active board", saHpiResourceActiveSet(session, board));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an active board",
        saHpiResourceInactiveSet(session, board));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no action",
        saHpiHotSwapActionRequest(session, board, (SaHpiHsActionT)7));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "insertion of an active board",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_INSERTION));
}

static void test_held_extraction(SaHpiSessionIdT watch)
{
    EXPECT(SA_OK, "never by itself", saHpiAutoExtractTimeoutSet(session, board, BLOCK));
    EXPECT(SA_OK, "extraction",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_EXTRACTION));
    CHECK("saHpiHotSwapActionRequest", "extraction is pending",
        enters(watch, SAHPI_HS_STATE_EXTRACTION_PENDING));
    CHECK("saHpiAutoExtractTimeoutSet", "and stays so", stays(SAHPI_HS_STATE_EXTRACTION_PENDING));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "extraction is pending",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_EXTRACTION));
    EXPECT(SA_OK, "extraction is refused", saHpiResourceActiveSet(session, board));
    CHECK("saHpiResourceActiveSet", "the board is active", enters(watch, SAHPI_HS_STATE_ACTIVE));
    EXPECT(SA_OK, "after an hour", saHpiAutoExtractTimeoutSet(session, board, HOUR_NS));
    EXPECT(SA_OK, "extraction",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_EXTRACTION));
    CHECK("saHpiHotSwapActionRequest", "extraction is pending",
        enters(watch, SAHPI_HS_STATE_EXTRACTION_PENDING));
    EXPECT(SA_OK, "extraction is pending", saHpiHotSwapPolicyCancel(session, board));
    EXPECT(SA_OK, "extraction is granted", saHpiResourceInactiveSet(session, board));
    CHECK("saHpiResourceInactiveSet", "the board is inactive",
        enters(watch, SAHPI_HS_STATE_INACTIVE));
}

static void test_inactive(void)
{
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an inactive board",
        saHpiHotSwapPolicyCancel(session, board));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an inactive board",
        saHpiResourceActiveSet(session, board));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "an inactive board",
        saHpiResourceInactiveSet(session, board));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "extraction of an inactive board",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_EXTRACTION));
}

static void test_held_insertion(SaHpiSessionIdT watch)
{
    EXPECT(SA_OK, "never by itself", saHpiAutoInsertTimeoutSet(session, BLOCK));
    EXPECT(SA_OK, "insertion",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_INSERTION));
    CHECK("saHpiHotSwapActionRequest", "insertion is pending",
        enters(watch, SAHPI_HS_STATE_INSERTION_PENDING));
    CHECK("saHpiAutoInsertTimeoutSet", "and stays so", stays(SAHPI_HS_STATE_INSERTION_PENDING));
    EXPECT(SA_OK, "insertion is given up", saHpiResourceInactiveSet(session, board));
    CHECK("saHpiResourceInactiveSet", "the board is inactive",
        enters(watch, SAHPI_HS_STATE_INACTIVE));
    EXPECT(SA_OK, "insertion",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_INSERTION));
    CHECK("saHpiHotSwapActionRequest", "insertion is pending",
        enters(watch, SAHPI_HS_STATE_INSERTION_PENDING));
    EXPECT(SA_OK, "insertion is granted", saHpiResourceActiveSet(session, board));
    CHECK("saHpiResourceActiveSet", "the board is active", enters(watch, SAHPI_HS_STATE_ACTIVE));
}

static void test_policies(SaHpiSessionIdT watch)
{
    EXPECT(SA_OK, "at once", saHpiAutoExtractTimeoutSet(session, board, IMMEDIATE));
    EXPECT(SA_OK, "at once", saHpiAutoInsertTimeoutSet(session, IMMEDIATE));
    EXPECT(SA_OK, "extraction",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_EXTRACTION));
    CHECK("saHpiAutoExtractTimeoutSet", "the board becomes inactive by itself",
        enters(watch, SAHPI_HS_STATE_INACTIVE));
    EXPECT(SA_OK, "insertion",
        saHpiHotSwapActionRequest(session, board, SAHPI_HS_ACTION_INSERTION));
    CHECK("saHpiAutoInsertTimeoutSet", "the board becomes active by itself",
        enters(watch, SAHPI_HS_STATE_ACTIVE));
}

static void test_indicator(void)
{
    static const SaHpiHsIndicatorStateT states[] = { SAHPI_HS_INDICATOR_ON,
        SAHPI_HS_INDICATOR_OFF };
    const struct resource *resource = NULL;

    for (size_t at = 0; at < resource_count && !resource; at++)
        if (resources[at].rpt.HotSwapCapabilities & SAHPI_HS_CAPABILITY_INDICATOR_SUPPORTED)
            resource = &resources[at];
    if (!resource) {
        missing("saHpiHotSwapIndicatorStateSet", "board with an indicator");
        return;
    }
    board = resource->rpt.ResourceId;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiHotSwapIndicatorStateGet(session, board, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no state",
        saHpiHotSwapIndicatorStateSet(session, board, (SaHpiHsIndicatorStateT)7));
    for (unsigned at = 0; at < 2; at++) {
        SaHpiHsIndicatorStateT now = (SaHpiHsIndicatorStateT)99;

        EXPECT(SA_OK, "a state", saHpiHotSwapIndicatorStateSet(session, board, states[at]));
        for (unsigned turn = 0; turn < 20 && now != states[at]; turn++) {
            saHpiHotSwapIndicatorStateGet(session, board, &now);
            wait_ms(50);
        }
        EXPECT(SA_OK, "the state", saHpiHotSwapIndicatorStateGet(session, board, &now));
        CHECK("saHpiHotSwapIndicatorStateSet", "it is read back", now == states[at]);
    }
}

/* The last active board with these hot swap capabilities, and without those. */
static const struct resource *active_board(
    SaHpiHsCapabilitiesT with, SaHpiHsCapabilitiesT without)
{
    const struct resource *found = NULL;

    for (size_t at = 0; at < resource_count; at++) {
        const SaHpiRptEntryT *rpt = &resources[at].rpt;
        SaHpiHsStateT state;

        if (rpt->ResourceCapabilities & SAHPI_CAPABILITY_MANAGED_HOTSWAP && !rpt->ResourceFailed
            && (rpt->HotSwapCapabilities & with) == with && !(rpt->HotSwapCapabilities & without)
            && saHpiHotSwapStateGet(session, rpt->ResourceId, &state) == SA_OK
            && state == SAHPI_HS_STATE_ACTIVE)
            found = &resources[at];
    }
    return found;
}

void test_hot_swap(void)
{
    SaHpiHsCapabilitiesT fixed =
        SAHPI_HS_CAPABILITY_AUTOEXTRACT_READ_ONLY | SAHPI_HS_CAPABILITY_AUTOINSERT_IMMEDIATE;
    const struct resource *bound = active_board(SAHPI_HS_CAPABILITY_AUTOEXTRACT_READ_ONLY, 0);
    const struct resource *resource = active_board(0, fixed);
    SaHpiHsStateT state = (SaHpiHsStateT)99;
    SaHpiTimeoutT insert = 0, extract = 0;
    SaHpiSessionIdT watch;

    group("Hot swap");
    test_insert_timeout();
    test_indicator();
    if (bound) {
        board = bound->rpt.ResourceId;
        test_extract_timeout(bound);
    }
    if (!resource) {
        missing("saHpiHotSwapActionRequest", "active board");
        return;
    }
    board = resource->rpt.ResourceId;
    EXPECT(SA_OK, "an active board", saHpiHotSwapStateGet(session, board, &state));
    test_extract_timeout(resource);
    test_active();
    saHpiAutoInsertTimeoutGet(session, &insert);
    saHpiAutoExtractTimeoutGet(session, board, &extract);
    watch = watch_begin();
    test_held_extraction(watch);
    test_inactive();
    test_held_insertion(watch);
    test_policies(watch);
    watch_end(watch);
    EXPECT(SA_OK, "as it was", saHpiAutoInsertTimeoutSet(session, insert));
    EXPECT(SA_OK, "as it was", saHpiAutoExtractTimeoutSet(session, board, extract));
}
