/*
 * What all functions have in common that address a resource or an instrument of it: unknown
 * sessions and resources, resources that lack the capability, numbers that no instrument has.
 */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <stddef.h>
#include <string.h>

/* Arguments beside those that address something: sound, but for the moment without meaning. */
static union {
    SaHpiRptEntryT rpt;
    SaHpiEventLogInfoT log_info;
    SaHpiEventLogEntryT log_entry;
    SaHpiRdrT rdr;
    SaHpiSensorReadingT reading;
    SaHpiSensorThresholdsT thresholds;
    SaHpiCtrlStateT control;
    SaHpiIdrInfoT idr;
    SaHpiIdrAreaHeaderT area;
    SaHpiIdrFieldT field;
    SaHpiWatchdogT watchdog;
    SaHpiDimiInfoT dimi;
    SaHpiDimiTestT test;
    SaHpiDimiTestResultsT results;
    SaHpiFumiSpecInfoT spec;
    SaHpiFumiServiceImpactDataT impact;
    SaHpiFumiSourceInfoT source;
    SaHpiFumiComponentInfoT component;
    SaHpiFumiBankInfoT bank;
    SaHpiFumiLogicalBankInfoT logical;
    SaHpiFumiLogicalComponentInfoT logical_component;
    SaHpiLoadIdT load;
} out;
static SaHpiUint32T word, next;
static SaHpiBoolT flag;
static SaHpiTimeT when;
static SaHpiEventStateT states, more_states;
static SaHpiSensorTypeT sensor_type;
static SaHpiEventCategoryT category;
static SaHpiCtrlTypeT control_type;
static SaHpiCtrlModeT control_mode;
static SaHpiAnnunciatorModeT mode;
static SaHpiDimiReadyT ready;
static SaHpiDimiTestRunStatusT run;
static SaHpiFumiUpgradeStatusT upgrade;
static SaHpiTimeoutT timeout;
static SaHpiHsStateT hot_swap;
static SaHpiHsIndicatorStateT indicator;
static SaHpiResetActionT reset;
static SaHpiPowerStateT power;
static SaHpiTextBufferT words;
static SaHpiEventT user_event;
static SaHpiAnnouncementT announcement;

enum {
    ANY = 0,
    LOG = SAHPI_CAPABILITY_EVENT_LOG,
    RDR = SAHPI_CAPABILITY_RDR,
    SENSOR = SAHPI_CAPABILITY_SENSOR,
    CONTROL = SAHPI_CAPABILITY_CONTROL,
    INVENTORY = SAHPI_CAPABILITY_INVENTORY_DATA,
    WATCHDOG = SAHPI_CAPABILITY_WATCHDOG,
    ANNUNCIATOR = SAHPI_CAPABILITY_ANNUNCIATOR,
    DIMI = SAHPI_CAPABILITY_DIMI,
    FUMI = SAHPI_CAPABILITY_FUMI,
    FRU = SAHPI_CAPABILITY_FRU,
    MANAGED = SAHPI_CAPABILITY_MANAGED_HOTSWAP,
    CONFIGURATION = SAHPI_CAPABILITY_CONFIGURATION,
    LOAD = SAHPI_CAPABILITY_LOAD_ID,
    RESET = SAHPI_CAPABILITY_RESET,
    POWER = SAHPI_CAPABILITY_POWER,
};

/* Functions of a resource: name, the capability that they need, and their other arguments. */
#define RESOURCE_FUNCTIONS(ROW) \
    ROW(saHpiRptEntryGetByResourceId, ANY, &out.rpt) \
    ROW(saHpiResourceSeveritySet, ANY, SAHPI_MAJOR) \
    ROW(saHpiResourceTagSet, ANY, &words) \
    ROW(saHpiEventLogInfoGet, LOG, &out.log_info) \
    ROW(saHpiEventLogCapabilitiesGet, LOG, &word) \
    ROW(saHpiEventLogEntryGet, LOG, SAHPI_NEWEST_ENTRY, &word, &next, &out.log_entry, NULL, NULL) \
    ROW(saHpiEventLogEntryAdd, LOG, &user_event) \
    ROW(saHpiEventLogTimeGet, LOG, &when) \
    ROW(saHpiEventLogTimeSet, LOG, 1) \
    ROW(saHpiEventLogStateGet, LOG, &flag) \
    ROW(saHpiEventLogStateSet, LOG, SAHPI_TRUE) \
    ROW(saHpiRdrGet, RDR, SAHPI_FIRST_ENTRY, &next, &out.rdr) \
    ROW(saHpiRdrUpdateCountGet, RDR, &word) \
    ROW(saHpiAutoExtractTimeoutGet, MANAGED, &timeout) \
    ROW(saHpiAutoExtractTimeoutSet, MANAGED, SAHPI_TIMEOUT_IMMEDIATE) \
    ROW(saHpiHotSwapStateGet, FRU, &hot_swap) \
    ROW(saHpiHotSwapActionRequest, MANAGED, SAHPI_HS_ACTION_INSERTION) \
    ROW(saHpiHotSwapIndicatorStateGet, MANAGED, &indicator) \
    ROW(saHpiHotSwapIndicatorStateSet, MANAGED, SAHPI_HS_INDICATOR_OFF) \
    ROW(saHpiParmControl, CONFIGURATION, SAHPI_SAVE_PARM) \
    ROW(saHpiResourceLoadIdGet, LOAD, &out.load) \
    ROW(saHpiResourceLoadIdSet, LOAD, &out.load) \
    ROW(saHpiResourceResetStateGet, RESET, &reset) \
    ROW(saHpiResourceResetStateSet, RESET, SAHPI_RESET_DEASSERT) \
    ROW(saHpiResourcePowerStateGet, POWER, &power) \
    ROW(saHpiResourcePowerStateSet, POWER, SAHPI_POWER_ON)

/* The same, without other arguments. */
#define BARE_RESOURCE_FUNCTIONS(ROW) \
    ROW(saHpiEventLogClear, LOG) \
    ROW(saHpiEventLogOverflowReset, LOG) \
    ROW(saHpiHotSwapPolicyCancel, MANAGED) \
    ROW(saHpiResourceActiveSet, MANAGED) \
    ROW(saHpiResourceInactiveSet, MANAGED)

/* Functions of an instrument: the same. */
#define INSTRUMENT_FUNCTIONS(ROW) \
    ROW(saHpiSensorReadingGet, SENSOR, &out.reading, &states) \
    ROW(saHpiSensorThresholdsGet, SENSOR, &out.thresholds) \
    ROW(saHpiSensorThresholdsSet, SENSOR, &out.thresholds) \
    ROW(saHpiSensorTypeGet, SENSOR, &sensor_type, &category) \
    ROW(saHpiSensorEnableGet, SENSOR, &flag) \
    ROW(saHpiSensorEnableSet, SENSOR, SAHPI_TRUE) \
    ROW(saHpiSensorEventEnableGet, SENSOR, &flag) \
    ROW(saHpiSensorEventEnableSet, SENSOR, SAHPI_TRUE) \
    ROW(saHpiSensorEventMasksGet, SENSOR, &states, &more_states) \
    ROW(saHpiSensorEventMasksSet, SENSOR, SAHPI_SENS_ADD_EVENTS_TO_MASKS, 0, 0) \
    ROW(saHpiControlTypeGet, CONTROL, &control_type) \
    ROW(saHpiControlGet, CONTROL, &control_mode, NULL) \
    ROW(saHpiControlSet, CONTROL, SAHPI_CTRL_MODE_AUTO, NULL) \
    ROW(saHpiIdrInfoGet, INVENTORY, &out.idr) \
    ROW(saHpiIdrAreaHeaderGet, INVENTORY, SAHPI_IDR_AREATYPE_UNSPECIFIED, SAHPI_FIRST_ENTRY, \
        &next, &out.area) \
    ROW(saHpiIdrAreaAdd, INVENTORY, SAHPI_IDR_AREATYPE_BOARD_INFO, &word) \
    ROW(saHpiIdrAreaAddById, INVENTORY, SAHPI_IDR_AREATYPE_BOARD_INFO, NO_SUCH) \
    ROW(saHpiIdrAreaDelete, INVENTORY, NO_SUCH) \
    ROW(saHpiIdrFieldGet, INVENTORY, SAHPI_FIRST_ENTRY, SAHPI_IDR_FIELDTYPE_UNSPECIFIED, \
        SAHPI_FIRST_ENTRY, &next, &out.field) \
    ROW(saHpiIdrFieldAdd, INVENTORY, &out.field) \
    ROW(saHpiIdrFieldAddById, INVENTORY, &out.field) \
    ROW(saHpiIdrFieldSet, INVENTORY, &out.field) \
    ROW(saHpiIdrFieldDelete, INVENTORY, NO_SUCH, NO_SUCH) \
    ROW(saHpiWatchdogTimerGet, WATCHDOG, &out.watchdog) \
    ROW(saHpiWatchdogTimerSet, WATCHDOG, &out.watchdog) \
    ROW(saHpiAnnunciatorGetNext, ANNUNCIATOR, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &announcement) \
    ROW(saHpiAnnunciatorGet, ANNUNCIATOR, NO_SUCH, &announcement) \
    ROW(saHpiAnnunciatorAcknowledge, ANNUNCIATOR, NO_SUCH, SAHPI_MAJOR) \
    ROW(saHpiAnnunciatorAdd, ANNUNCIATOR, &announcement) \
    ROW(saHpiAnnunciatorDelete, ANNUNCIATOR, NO_SUCH, SAHPI_MAJOR) \
    ROW(saHpiAnnunciatorModeGet, ANNUNCIATOR, &mode) \
    ROW(saHpiAnnunciatorModeSet, ANNUNCIATOR, SAHPI_ANNUNCIATOR_MODE_SHARED) \
    ROW(saHpiDimiInfoGet, DIMI, &out.dimi) \
    ROW(saHpiDimiTestInfoGet, DIMI, 0, &out.test) \
    ROW(saHpiDimiTestReadinessGet, DIMI, 0, &ready) \
    ROW(saHpiDimiTestStart, DIMI, 0, 0, NULL) \
    ROW(saHpiDimiTestCancel, DIMI, 0) \
    ROW(saHpiDimiTestStatusGet, DIMI, 0, NULL, &run) \
    ROW(saHpiDimiTestResultsGet, DIMI, 0, &out.results) \
    ROW(saHpiFumiSpecInfoGet, FUMI, &out.spec) \
    ROW(saHpiFumiServiceImpactGet, FUMI, &out.impact) \
    ROW(saHpiFumiSourceSet, FUMI, 0, &words) \
    ROW(saHpiFumiSourceInfoValidateStart, FUMI, 0) \
    ROW(saHpiFumiSourceInfoGet, FUMI, 0, &out.source) \
    ROW(saHpiFumiSourceComponentInfoGet, FUMI, 0, SAHPI_FIRST_ENTRY, &next, &out.component) \
    ROW(saHpiFumiTargetInfoGet, FUMI, 0, &out.bank) \
    ROW(saHpiFumiTargetComponentInfoGet, FUMI, 0, SAHPI_FIRST_ENTRY, &next, &out.component) \
    ROW(saHpiFumiLogicalTargetInfoGet, FUMI, &out.logical) \
    ROW(saHpiFumiLogicalTargetComponentInfoGet, FUMI, SAHPI_FIRST_ENTRY, &next, \
        &out.logical_component) \
    ROW(saHpiFumiBankBootOrderSet, FUMI, 1, 1) \
    ROW(saHpiFumiBankCopyStart, FUMI, 1, 2) \
    ROW(saHpiFumiInstallStart, FUMI, 0) \
    ROW(saHpiFumiUpgradeStatusGet, FUMI, 0, &upgrade) \
    ROW(saHpiFumiTargetVerifyStart, FUMI, 0) \
    ROW(saHpiFumiUpgradeCancel, FUMI, 0) \
    ROW(saHpiFumiAutoRollbackDisableGet, FUMI, &flag) \
    ROW(saHpiFumiAutoRollbackDisableSet, FUMI, SAHPI_FALSE) \
    ROW(saHpiFumiActivateStart, FUMI, SAHPI_TRUE) \
    ROW(saHpiFumiCleanup, FUMI, 0)

/* The same, without other arguments. */
#define BARE_INSTRUMENT_FUNCTIONS(ROW) \
    ROW(saHpiWatchdogTimerReset, WATCHDOG) \
    ROW(saHpiFumiBackupStart, FUMI) \
    ROW(saHpiFumiTargetVerifyMainStart, FUMI) \
    ROW(saHpiFumiRollbackStart, FUMI) \
    ROW(saHpiFumiActivate, FUMI)

typedef SaErrorT (*addressed)(SaHpiSessionIdT, SaHpiResourceIdT, SaHpiUint32T);

#define OF_RESOURCE(function, capability, ...) \
    static SaErrorT call_##function(SaHpiSessionIdT in, SaHpiResourceIdT id, SaHpiUint32T num) \
    { \
        (void)num; \
        return function(in, id, __VA_ARGS__); \
    }
#define OF_RESOURCE_ONLY(function, capability) \
    static SaErrorT call_##function(SaHpiSessionIdT in, SaHpiResourceIdT id, SaHpiUint32T num) \
    { \
        (void)num; \
        return function(in, id); \
    }
#define OF_INSTRUMENT(function, capability, ...) \
    static SaErrorT call_##function(SaHpiSessionIdT in, SaHpiResourceIdT id, SaHpiUint32T num) \
    { \
        return function(in, id, num, __VA_ARGS__); \
    }
#define OF_INSTRUMENT_ONLY(function, capability) \
    static SaErrorT call_##function(SaHpiSessionIdT in, SaHpiResourceIdT id, SaHpiUint32T num) \
    { \
        return function(in, id, num); \
    }

RESOURCE_FUNCTIONS(OF_RESOURCE)
BARE_RESOURCE_FUNCTIONS(OF_RESOURCE_ONLY)
INSTRUMENT_FUNCTIONS(OF_INSTRUMENT)
BARE_INSTRUMENT_FUNCTIONS(OF_INSTRUMENT_ONLY)

static const struct {
    const char *name;
    addressed call;
    SaHpiCapabilitiesT capability;
    bool has_number;
} rows[] = {
#define RESOURCE_ROW(function, capability, ...) { #function, call_##function, capability, false },
#define BARE_RESOURCE_ROW(function, capability) { #function, call_##function, capability, false },
#define INSTRUMENT_ROW(function, capability, ...) { #function, call_##function, capability, true },
#define BARE_INSTRUMENT_ROW(function, capability) { #function, call_##function, capability, true },
    RESOURCE_FUNCTIONS(RESOURCE_ROW)
    BARE_RESOURCE_FUNCTIONS(BARE_RESOURCE_ROW)
    INSTRUMENT_FUNCTIONS(INSTRUMENT_ROW)
    BARE_INSTRUMENT_FUNCTIONS(BARE_INSTRUMENT_ROW)
};

/* Arguments that each function takes, were it not for the address. */
static void prepare(void)
{
    memset(&out, 0, sizeof out);
    memset(&announcement, 0, sizeof announcement);
    memset(&user_event, 0, sizeof user_event);
    out.field.Field = text("x");
    out.field.Type = SAHPI_IDR_FIELDTYPE_CUSTOM;
    words = text("file:///nowhere");
    announcement.Severity = SAHPI_MAJOR;
    announcement.StatusCond.Type = SAHPI_STATUS_COND_TYPE_USER;
    announcement.StatusCond.Data = text("x");
    user_event.Source = SAHPI_UNSPECIFIED_RESOURCE_ID;
    user_event.EventType = SAHPI_ET_USER;
    user_event.Severity = SAHPI_MAJOR;
    user_event.EventDataUnion.UserEvent.UserEventData = text("x");
}

/* `out` is one for all, so what else is sound differs. */
static void prepare_for(const char *function)
{
    prepare();
    if (strncmp(function, "saHpiIdr", 8) != 0)
        memset(&out, 0, sizeof out);
}

void test_addressing(void)
{
    group("Sessions, resources, capabilities, numbers");
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        const char *name = rows[at].name;
        const struct resource *having = resource_with(rows[at].capability);
        const struct resource *lacking = resource_without(rows[at].capability);
        SaHpiResourceIdT id = having ? having->rpt.ResourceId : NO_SUCH;

        prepare_for(name);
        expect(name, "unknown session", SA_ERR_HPI_INVALID_SESSION,
            rows[at].call(NO_SUCH, id, 0));
        expect(name, "unknown resource", SA_ERR_HPI_INVALID_RESOURCE,
            rows[at].call(session, NO_SUCH, 0));
        if (rows[at].capability == ANY)
            continue;
        if (lacking)
            expect(name, "resource without the capability", SA_ERR_HPI_CAPABILITY,
                rows[at].call(session, lacking->rpt.ResourceId, 0));
        if (rows[at].has_number && having)
            expect(name, "unknown number", SA_ERR_HPI_NOT_PRESENT,
                rows[at].call(session, id, NO_SUCH));
        else if (!having)
            missing(name, "resource with the capability");
    }
}
