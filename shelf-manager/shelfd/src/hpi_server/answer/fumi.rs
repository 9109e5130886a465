//! Firmware upgrade.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, fumi};
use hpi_domain::{FumiCall, ResourceCall};
use openhpi_wire::function::*;

answers! {
    FumiSpecInfoGet(it, call) => it.say(call, {
        fumi::of(it.view, (call.resource, call.fumi)).map(fumi::spec)
    });
    FumiServiceImpactGet(it, call) => it.say(call, {
        fumi::service_impact(it.view, (call.resource, call.fumi))
    });
    FumiSourceSet(it, call) => it.log_resource((call, call.resource), {
        fumi::source_uri(&call.source_uri)
            .map(|uri| ResourceCall::Fumi(call.fumi, FumiCall::SourceSet(call.bank, uri)))
    });
    FumiSourceInfoGet(it, call) => it.say(call, {
        fumi::source(it.view, (call.resource, call.fumi), call.bank).map(fumi::source_info)
    });
    FumiSourceComponentInfoGet(it, call) => it.say(call, {
        fumi::source_component(it.view, (call.resource, call.fumi), (call.bank, call.entry))
    });
    FumiTargetInfoGet(it, call) => it.say(call, {
        fumi::of(it.view, (call.resource, call.fumi))
            .and_then(|found| fumi::bank_info(found, call.bank))
    });
    FumiTargetComponentInfoGet(it, call) => it.say(call, {
        fumi::target_component(it.view, (call.resource, call.fumi), (call.bank, call.entry))
    });
    FumiLogicalTargetInfoGet(it, call) => it.say(call, {
        fumi::of(it.view, (call.resource, call.fumi)).map(fumi::logical_info)
    });
    FumiLogicalTargetComponentInfoGet(it, call) => it.say(call, {
        fumi::logical_component(it.view, (call.resource, call.fumi), call.entry)
    });
    FumiUpgradeStatusGet(it, call) => it.say(call, {
        fumi::of(it.view, (call.resource, call.fumi))
            .and_then(|found| found.bank(call.bank))
            .map(|bank| bank.status.number())
    });
    FumiAutoRollbackDisableGet(it, call) => it.say(call, {
        fumi::of(it.view, (call.resource, call.fumi)).and_then(fumi::auto_rollback_disabled)
    });
}

/// Declares functions that the log must hold, with what is then ordered.
macro_rules! ordered {
    ($($name:ident($call:ident) => $order:expr;)*) => { $(
        impl Answered for $name {
            fn answer(&self, asked: &Asked<'_>) -> Outcome {
                let $call = self;
                let order = ResourceCall::Fumi(self.fumi, $order);
                asked.log_resource((self, self.resource), Ok(order))
            }
        }
    )* };
}

ordered! {
    FumiSourceInfoValidateStart(call) => FumiCall::SourceInfoValidateStart(call.bank);
    FumiBackupStart(_call) => FumiCall::BackupStart;
    FumiBankBootOrderSet(call) => FumiCall::BankBootOrderSet(call.bank, call.position);
    FumiBankCopyStart(call) => FumiCall::BankCopyStart(call.source_bank, call.target_bank);
    FumiInstallStart(call) => FumiCall::InstallStart(call.bank);
    FumiTargetVerifyStart(call) => FumiCall::TargetVerifyStart(call.bank);
    FumiTargetVerifyMainStart(_call) => FumiCall::TargetVerifyMainStart;
    FumiUpgradeCancel(call) => FumiCall::UpgradeCancel(call.bank);
    FumiAutoRollbackDisableSet(call) => FumiCall::AutoRollbackDisableSet(call.disable);
    FumiRollbackStart(_call) => FumiCall::RollbackStart;
    FumiActivate(_call) => FumiCall::Activate;
    FumiActivateStart(call) => FumiCall::ActivateStart(call.logical);
    FumiCleanup(call) => FumiCall::Cleanup(call.bank);
}
