//! The hand-over between the HPI domain and PLM: notices up, actions down.

use crate::{EntityPath, HotSwapState};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What identifies a piece of hardware, from its inventory (IDR); an unset field is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Chassis area: part number.
    pub chassis_part_number: Option<String>,
    /// Chassis area: serial number.
    pub chassis_serial_number: Option<String>,
    /// Board area: manufacturer.
    pub board_manufacturer: Option<String>,
    /// Board area: product name.
    pub board_product_name: Option<String>,
    /// Board area: part number.
    pub board_part_number: Option<String>,
    /// Board area: serial number.
    pub board_serial_number: Option<String>,
    /// Product area: manufacturer.
    pub product_manufacturer: Option<String>,
    /// Product area: product name.
    pub product_name: Option<String>,
    /// Product area: part number.
    pub product_part_number: Option<String>,
    /// Product area: version.
    pub product_version: Option<String>,
    /// Product area: serial number.
    pub product_serial_number: Option<String>,
    /// Product area: asset tag.
    pub product_asset_tag: Option<String>,
}

/// What the domain tells PLM.
#[expect(
    clippy::large_enum_variant,
    reason = "few notices exist at a time, and none is kept"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A resource is there, in this state.
    Added {
        /// Where it is.
        path: EntityPath,
        /// What it is.
        identity: Identity,
        /// Its hot swap state; `None` when it has no managed hot swap.
        state: Option<HotSwapState>,
    },
    /// A resource went away: extracted in order when it was inactive, by surprise otherwise.
    Removed(EntityPath),
    /// The hot swap state of a resource changed.
    HotSwap {
        /// Where it is.
        path: EntityPath,
        /// State before.
        previous: HotSwapState,
        /// State now.
        current: HotSwapState,
    },
    /// The resource does not answer any more (`SAHPI_RESE_RESOURCE_FAILURE`).
    Failed(EntityPath),
    /// The resource answers again (`SAHPI_RESE_RESOURCE_RESTORED`).
    Restored(EntityPath),
}

/// Why an action could not be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionError {
    /// No resource with this path.
    NoSuchResource,
    /// The resource cannot do it.
    NotCapable,
    /// Not in its present hot swap state.
    InvalidState,
    /// The controller refused or did not answer.
    NoResponse,
}

/// What PLM asks of the domain. Each is answered by the notices that it causes, or by an
/// [`ActionError`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// `saHpiResourceActiveSet`: let a resource that waits for insertion become active.
    SetActive(EntityPath),
    /// `saHpiResourceInactiveSet`: let a resource that waits for extraction become inactive.
    SetInactive(EntityPath),
    /// `saHpiHotSwapActionRequest`: ask a resource to become active (`true`) or inactive.
    Request(EntityPath, bool),
    /// `saHpiHotSwapPolicyCancel`: a resource that waits for insertion or extraction waits until it
    /// is told what becomes of it.
    CancelPolicy(EntityPath),
    /// `saHpiResourcePowerStateSet`: power on (`true`) or off.
    SetPower(EntityPath, bool),
    /// `saHpiResourceResetStateSet`: cold reset.
    Reset(EntityPath),
}
