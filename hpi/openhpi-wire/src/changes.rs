//! Which functions change something.

use crate::function::*;

/// Functions that change something, but for `SessionOpen`: who carries one of these out twice has
/// done something else than was asked.
///
/// Source: SAI-HPI-B.03.02, the function's own chapters.
const CHANGES: [u32; 66] = [
    SessionClose::NUMBER,
    DomainTagSet::NUMBER,
    ResourceSeveritySet::NUMBER,
    ResourceTagSet::NUMBER,
    ResourceFailedRemove::NUMBER,
    EventLogEntryAdd::NUMBER,
    EventLogClear::NUMBER,
    EventLogTimeSet::NUMBER,
    EventLogStateSet::NUMBER,
    EventLogOverflowReset::NUMBER,
    Subscribe::NUMBER,
    Unsubscribe::NUMBER,
    EventAdd::NUMBER,
    AlarmAcknowledge::NUMBER,
    AlarmAdd::NUMBER,
    AlarmDelete::NUMBER,
    SensorThresholdsSet::NUMBER,
    SensorEnableSet::NUMBER,
    SensorEventEnableSet::NUMBER,
    SensorEventMasksSet::NUMBER,
    ControlSet::NUMBER,
    IdrAreaAdd::NUMBER,
    IdrAreaAddById::NUMBER,
    IdrAreaDelete::NUMBER,
    IdrFieldAdd::NUMBER,
    IdrFieldAddById::NUMBER,
    IdrFieldSet::NUMBER,
    IdrFieldDelete::NUMBER,
    WatchdogTimerSet::NUMBER,
    WatchdogTimerReset::NUMBER,
    AnnunciatorAcknowledge::NUMBER,
    AnnunciatorAdd::NUMBER,
    AnnunciatorDelete::NUMBER,
    AnnunciatorModeSet::NUMBER,
    DimiTestStart::NUMBER,
    DimiTestCancel::NUMBER,
    FumiSourceSet::NUMBER,
    FumiSourceInfoValidateStart::NUMBER,
    FumiBackupStart::NUMBER,
    FumiBankBootOrderSet::NUMBER,
    FumiBankCopyStart::NUMBER,
    FumiInstallStart::NUMBER,
    FumiTargetVerifyStart::NUMBER,
    FumiUpgradeCancel::NUMBER,
    FumiRollbackStart::NUMBER,
    FumiActivate::NUMBER,
    HotSwapPolicyCancel::NUMBER,
    ResourceActiveSet::NUMBER,
    ResourceInactiveSet::NUMBER,
    AutoInsertTimeoutSet::NUMBER,
    AutoExtractTimeoutSet::NUMBER,
    HotSwapActionRequest::NUMBER,
    HotSwapIndicatorStateSet::NUMBER,
    ParmControl::NUMBER,
    ResourceLoadIdSet::NUMBER,
    ResourceResetStateSet::NUMBER,
    ResourcePowerStateSet::NUMBER,
    HandlerCreate::NUMBER,
    HandlerDestroy::NUMBER,
    HandlerRetry::NUMBER,
    GlobalParamSet::NUMBER,
    InjectEvent::NUMBER,
    FumiTargetVerifyMainStart::NUMBER,
    FumiAutoRollbackDisableSet::NUMBER,
    FumiActivateStart::NUMBER,
    FumiCleanup::NUMBER,
];

/// Whether a function changes something that is to be changed once.
#[must_use]
pub fn changes(function: u32) -> bool {
    CHANGES.contains(&function)
}
