/* Diagnostics: which tests there are, how they are started, what comes of them. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <string.h>

/* A DIMI with more tests than this is not looked through. */
enum { TESTS_MAX = 100 };

static struct instrument dimi;

/* A test that is looked for. */
static SaHpiDimiTestNumT chosen;
static SaHpiDimiTestT chosen_test;
static SaHpiDimiTestRunStatusT awaited_status;

static bool is_there(const SaHpiDimiTestT *test)
{
    return test->TestName.DataLength > 0;
}

static bool is_cancellable(const SaHpiDimiTestT *test)
{
    return test->TestCapabilities & SAHPI_DIMITEST_CAPABILITY_TESTCANCEL;
}

static bool is_not_cancellable(const SaHpiDimiTestT *test)
{
    return !is_cancellable(test);
}

/* The first parameter of a type with limits; -1 when there is none. */
static int int_parameter(const SaHpiDimiTestT *test)
{
    for (int at = 0; at < SAHPI_DIMITEST_MAX_PARAMETERS; at++) {
        const SaHpiDimiTestParamsDefinitionT *parameter = &test->TestParameters[at];

        if (parameter->ParamName[0] && parameter->ParamType == SAHPI_DIMITEST_PARAM_TYPE_INT32)
            return at;
    }
    return -1;
}

static bool has_int_parameter(const SaHpiDimiTestT *test)
{
    return int_parameter(test) >= 0;
}

/* Chooses the first test that is wanted, of those that are ready. */
static bool choose(bool (*wanted)(const SaHpiDimiTestT *))
{
    SaHpiDimiInfoT info;
    SaHpiDimiReadyT ready;

    if (saHpiDimiInfoGet(session, dimi.id, dimi.num, &info) != SA_OK)
        return false;
    for (chosen = 0; chosen < info.NumberOfTests && chosen < TESTS_MAX; chosen++)
        if (saHpiDimiTestInfoGet(session, dimi.id, dimi.num, chosen, &chosen_test) == SA_OK
            && wanted(&chosen_test)
            && saHpiDimiTestReadinessGet(session, dimi.id, dimi.num, chosen, &ready) == SA_OK
            && ready == SAHPI_DIMI_READY)
            return true;
    return false;
}

static SaErrorT start(SaHpiUint8T count, SaHpiDimiTestVariableParamsT *parameters)
{
    return saHpiDimiTestStart(session, dimi.id, dimi.num, chosen, count, parameters);
}

static SaHpiDimiTestRunStatusT status(void)
{
    SaHpiDimiTestRunStatusT run = (SaHpiDimiTestRunStatusT)99;

    saHpiDimiTestStatusGet(session, dimi.id, dimi.num, chosen, NULL, &run);
    return run;
}

static bool is_awaited(const SaHpiEventT *event)
{
    const SaHpiDimiEventT *told = &event->EventDataUnion.DimiEvent;

    return told->DimiNum == dimi.num && told->TestNum == chosen
           && told->DimiTestRunStatus == awaited_status;
}

static bool was_told(SaHpiSessionIdT watch, SaHpiDimiTestRunStatusT of)
{
    struct seen seen;

    awaited_status = of;
    return watch_for(watch, SAHPI_ET_DIMI, dimi.id, is_awaited, &seen)
           && seen.rdr.RdrType == SAHPI_DIMI_RDR && number_of(&seen.rdr) == dimi.num;
}

static void test_bad_gets(SaHpiUint32T beyond)
{
    SaHpiDimiTestT test;
    SaHpiDimiReadyT ready;
    SaHpiDimiTestRunStatusT run;
    SaHpiDimiTestResultsT results;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiDimiInfoGet(session, dimi.id, dimi.num, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiDimiTestInfoGet(session, dimi.id, dimi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestInfoGet(session, dimi.id, dimi.num, beyond, &test));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiDimiTestReadinessGet(session, dimi.id, dimi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestReadinessGet(session, dimi.id, dimi.num, beyond, &ready));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestStart(session, dimi.id, dimi.num, beyond, 0, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "parameters announced, none given",
        saHpiDimiTestStart(session, dimi.id, dimi.num, 0, 1, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestCancel(session, dimi.id, dimi.num, beyond));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the status",
        saHpiDimiTestStatusGet(session, dimi.id, dimi.num, 0, NULL, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestStatusGet(session, dimi.id, dimi.num, beyond, NULL, &run));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiDimiTestResultsGet(session, dimi.id, dimi.num, 0, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "no such test",
        saHpiDimiTestResultsGet(session, dimi.id, dimi.num, beyond, &results));
}

static void test_bad_parameters(void)
{
    const SaHpiDimiTestParamsDefinitionT *defined;
    SaHpiDimiTestVariableParamsT given;

    if (!choose(has_int_parameter)) {
        missing("saHpiDimiTestStart", "test with a number for a parameter");
        return;
    }
    defined = &chosen_test.TestParameters[int_parameter(&chosen_test)];
    memset(&given, 0, sizeof given);
    memcpy(given.ParamName, "no such name", 12);
    given.ParamType = SAHPI_DIMITEST_PARAM_TYPE_INT32;
    expect("saHpiDimiTestStart", "no such parameter", SA_ERR_HPI_INVALID_DATA, start(1, &given));
    memcpy(given.ParamName, defined->ParamName, sizeof given.ParamName);
    given.ParamType = SAHPI_DIMITEST_PARAM_TYPE_BOOLEAN;
    expect("saHpiDimiTestStart", "a parameter of another type", SA_ERR_HPI_INVALID_DATA,
        start(1, &given));
    given.ParamType = SAHPI_DIMITEST_PARAM_TYPE_INT32;
    given.Value.paramint = defined->MaxValue.IntValue + 1;
    expect("saHpiDimiTestStart", "too much", SA_ERR_HPI_INVALID_DATA, start(1, &given));
    given.Value.paramint = defined->MinValue.IntValue - 1;
    expect("saHpiDimiTestStart", "too little", SA_ERR_HPI_INVALID_DATA, start(1, &given));
    CHECK("saHpiDimiTestStart", "none of this starts the test",
        status() != SAHPI_DIMITEST_STATUS_RUNNING);
}

static void test_run(SaHpiSessionIdT watch)
{
    SaHpiDimiTestPercentCompletedT percent = 0xfe;
    SaHpiDimiTestRunStatusT run;
    SaHpiDimiTestResultsT results;
    SaHpiDimiReadyT ready = SAHPI_DIMI_READY;
    /* One place of the standard asks for INVALID_STATE, another one for INVALID_REQUEST. */
    SaErrorT again;

    if (!choose(is_cancellable)) {
        missing("saHpiDimiTestStart", "test that can be cancelled");
        return;
    }
    EXPECT(SA_ERR_HPI_INVALID_STATE, "a test that does not run",
        saHpiDimiTestCancel(session, dimi.id, dimi.num, chosen));
    expect("saHpiDimiTestStart", "with defaults", SA_OK, start(0, NULL));
    CHECK("saHpiDimiTestStart", "an event tells so",
        was_told(watch, SAHPI_DIMITEST_STATUS_RUNNING));
    EXPECT(SA_OK, "a test that runs",
        saHpiDimiTestStatusGet(session, dimi.id, dimi.num, chosen, &percent, &run));
    CHECK("saHpiDimiTestStatusGet", "it runs, and says how far it is, or that it does not know",
        run == SAHPI_DIMITEST_STATUS_RUNNING && (percent <= 100 || percent == 0xff));
    EXPECT(SA_OK, "a test that runs",
        saHpiDimiTestReadinessGet(session, dimi.id, dimi.num, chosen, &ready));
    CHECK("saHpiDimiTestReadinessGet", "it is not ready to run twice", ready != SAHPI_DIMI_READY);
    again = start(0, NULL);
    expect("saHpiDimiTestStart", "a test that runs",
        again == SA_ERR_HPI_INVALID_STATE ? again : SA_ERR_HPI_INVALID_REQUEST, again);
    EXPECT(SA_OK, "a test that runs", saHpiDimiTestCancel(session, dimi.id, dimi.num, chosen));
    CHECK("saHpiDimiTestCancel", "an event tells so",
        was_told(watch, SAHPI_DIMITEST_STATUS_CANCELED));
    CHECK("saHpiDimiTestStatusGet", "cancelled", status() == SAHPI_DIMITEST_STATUS_CANCELED);
    EXPECT(SA_OK, "a test that was cancelled",
        saHpiDimiTestResultsGet(session, dimi.id, dimi.num, chosen, &results));
    CHECK("saHpiDimiTestResultsGet", "cancelled",
        results.LastRunStatus == SAHPI_DIMITEST_STATUS_CANCELED);
    expect("saHpiDimiTestStart", "once more", SA_OK, start(0, NULL));
    CHECK("saHpiDimiTestStart", "an event tells that it is done",
        was_told(watch, SAHPI_DIMITEST_STATUS_FINISHED_NO_ERRORS));
    EXPECT(SA_OK, "a test that is done",
        saHpiDimiTestResultsGet(session, dimi.id, dimi.num, chosen, &results));
    CHECK("saHpiDimiTestResultsGet", "done, without errors, at a known time",
        results.LastRunStatus == SAHPI_DIMITEST_STATUS_FINISHED_NO_ERRORS
            && results.TestErrorCode == SAHPI_DIMITEST_STATUSERR_NOERR
            && results.ResultTimeStamp > 0 && results.RunDuration > 0);
}

static void test_uncancellable(SaHpiSessionIdT watch)
{
    if (!choose(is_not_cancellable))
        return;
    expect("saHpiDimiTestStart", "a test that cannot be cancelled", SA_OK, start(0, NULL));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "a test that cannot be cancelled",
        saHpiDimiTestCancel(session, dimi.id, dimi.num, chosen));
    CHECK("saHpiDimiTestStart", "an event tells that it is done",
        was_told(watch, SAHPI_DIMITEST_STATUS_FINISHED_NO_ERRORS)
            || status() == SAHPI_DIMITEST_STATUS_FINISHED_ERRORS);
}

void test_dimi(void)
{
    SaHpiSessionIdT watch;
    SaHpiDimiInfoT info = { .NumberOfTests = 0 };
    SaHpiDimiTestT test;
    SaHpiDimiReadyT ready;

    group("Diagnostics");
    if (!find(SAHPI_DIMI_RDR, NULL, &dimi)) {
        missing("saHpiDimiTestStart", "DIMI");
        return;
    }
    EXPECT(SA_OK, "a DIMI", saHpiDimiInfoGet(session, dimi.id, dimi.num, &info));
    test_bad_gets(info.NumberOfTests);
    EXPECT(SA_OK, "the first test", saHpiDimiTestInfoGet(session, dimi.id, dimi.num, 0, &test));
    CHECK("saHpiDimiTestInfoGet", "it has a name", is_there(&test));
    EXPECT(SA_OK, "the last test",
        saHpiDimiTestInfoGet(session, dimi.id, dimi.num, info.NumberOfTests - 1, &test));
    EXPECT(SA_OK, "the first test",
        saHpiDimiTestReadinessGet(session, dimi.id, dimi.num, 0, &ready));
    test_bad_parameters();
    watch = watch_begin();
    test_run(watch);
    test_uncancellable(watch);
    watch_end(watch);
}
