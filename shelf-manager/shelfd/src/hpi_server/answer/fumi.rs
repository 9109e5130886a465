//! Firmware upgrade.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::Capabilities;
use openhpi_wire::function::*;

lacking! {
    FUMI: FumiSpecInfoGet FumiServiceImpactGet FumiSourceSet FumiSourceInfoValidateStart
        FumiSourceInfoGet FumiSourceComponentInfoGet FumiTargetInfoGet FumiTargetComponentInfoGet
        FumiLogicalTargetInfoGet FumiLogicalTargetComponentInfoGet FumiBackupStart
        FumiBankBootOrderSet FumiBankCopyStart FumiInstallStart FumiUpgradeStatusGet
        FumiTargetVerifyStart FumiTargetVerifyMainStart FumiUpgradeCancel
        FumiAutoRollbackDisableGet FumiAutoRollbackDisableSet FumiRollbackStart FumiActivate
        FumiActivateStart FumiCleanup;
}
