//! Power, reset, saved parameters, and what a resource loads.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiPowerStateT` and the types beside it.

use crate::TextBuffer;
use crate::numbered::numbered;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiPowerStateT`.
    PowerState {
        Off = 0 "POWER_OFF",
        On = 1 "POWER_ON",
        Cycle = 2 "POWER_CYCLE",
    }
}

numbered! {
    /// `SaHpiResetActionT`.
    ResetAction {
        Cold = 0 "COLD_RESET",
        Warm = 1 "WARM_RESET",
        Assert = 2 "RESET_ASSERT",
        Deassert = 3 "RESET_DEASSERT",
    }
}

numbered! {
    /// `SaHpiParmActionT`.
    ParmAction {
        Default = 0 "DEFAULT_PARM",
        Save = 1 "SAVE_PARM",
        Restore = 2 "RESTORE_PARM",
    }
}

/// `SaHpiLoadIdT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadId {
    /// Which load, or [`LoadId::DEFAULT`], or [`LoadId::BY_NAME`].
    pub number: u32,
    /// Its name, where the number says so.
    pub name: TextBuffer,
}

impl LoadId {
    /// `SAHPI_LOAD_ID_DEFAULT`.
    pub const DEFAULT: u32 = 0;
    /// `SAHPI_LOAD_ID_BYNAME`.
    pub const BY_NAME: u32 = 0xffff_ffff;
}
