//! Hot swap policies: what becomes of a resource that waits for insertion or extraction.
//!
//! Choice: whatever PLM's model names is PLM's: it gives its orders at once, or cancels the policy
//! and orders later. Everything else is inserted and extracted by the default policy once its
//! timeout is over, so that nothing waits for ever for somebody who does not exist. A user who
//! cancels the policy takes that upon itself.
//!
//! Source: SAI-HPI-B.03.02, `saHpiHotSwapPolicyCancel`, `saHpiAutoInsertTimeoutSet`,
//! `saHpiAutoExtractTimeoutSet`.

use crate::kept::Cycle;
use crate::mapping::{SHELF_FRU_ID, SHELF_MANAGER_ADDRESS};
use crate::resource::HotSwap;
use crate::{Domain, Effect, FruAddress, Out, Resource, ShelfAction, Told};
use core::time::Duration;
use hpi_model::{
    Capabilities, EntityPath, EventKind, HotSwapCapabilities, HotSwapCause, HotSwapState, HpiError,
    ResourceId, Severity,
};
use machine::Time;
use serde::{Deserialize, Serialize};

/// How long a resource waits for its default policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTimeout {
    /// `None`: for ever (`SAHPI_TIMEOUT_BLOCK`); zero: not at all (`SAHPI_TIMEOUT_IMMEDIATE`).
    pub after: Option<Duration>,
}

/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;

impl PolicyTimeout {
    /// `SAHPI_TIMEOUT_IMMEDIATE`.
    pub const IMMEDIATE: Self = Self {
        after: Some(Duration::ZERO),
    };

    /// The timeout of `SaHpiTimeoutT`; `None` where there is no such timeout.
    pub fn from_ns(ns: i64) -> Option<Self> {
        let after = match ns {
            BLOCK => None,
            ns => Some(Duration::from_nanos(u64::try_from(ns).ok()?)),
        };
        Some(Self { after })
    }

    /// As `SaHpiTimeoutT`.
    pub fn ns(self) -> i64 {
        let nanos = |after: Duration| i64::try_from(after.as_nanos()).unwrap_or(i64::MAX);
        self.after.map_or(BLOCK, nanos)
    }
}

impl Default for PolicyTimeout {
    /// Choice: three seconds, so that a user who is told that a resource waits can cancel its
    /// policy.
    fn default() -> Self {
        Self {
            after: Some(Duration::from_secs(3)),
        }
    }
}

/// Where the policy of a resource stands that waits for insertion or extraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    /// It does not wait.
    #[default]
    None,
    /// The policy begins when the timeout is over since then.
    Waits(Time),
    /// Somebody decides instead.
    Cancelled,
    /// It is carried out, or what somebody decided is.
    Runs,
    /// It could not be carried out. It begins anew when the controller answers again.
    Failed,
}

impl Policy {
    /// That of a resource which enters an M-state from another state of HPI.
    pub(crate) fn of(m_state: u8, now: Time) -> Self {
        match m_state {
            2 | 5 => Self::Waits(now),
            3 | 6 => Self::Runs,
            _ => Self::None,
        }
    }
}

impl Domain {
    /// `saHpiAutoInsertTimeoutGet`.
    pub fn auto_insert_timeout(&self) -> PolicyTimeout {
        self.auto_insert
    }

    /// When the policy of a resource begins. While it does not answer, never.
    pub(crate) fn policy_due(&self, resource: &Resource) -> Option<Time> {
        let hot_swap = resource.hot_swap.filter(|_| !resource.rpt.failed)?;
        let Policy::Waits(since) = hot_swap.policy else {
            return None;
        };
        let timeout = match hot_swap.state {
            HotSwapState::ExtractionPending => resource.auto_extract_timeout(),
            HotSwapState::InsertionPending if resource.is_inserted_at_once() => {
                PolicyTimeout::IMMEDIATE
            }
            HotSwapState::InsertionPending => self.auto_insert,
            HotSwapState::Inactive | HotSwapState::Active | HotSwapState::NotPresent => {
                return None;
            }
        };
        timeout.after.map(|after| since.after(after))
    }

    /// The default policy begins.
    ///
    /// Choice: a FRU that the shelf's activation record leaves to others waits for them.
    pub(crate) fn run_policy(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get(&id) else {
            return;
        };
        let inserts = resource.hot_swap.map(|it| it.state) == Some(HotSwapState::InsertionPending);
        let Some(fru) = resource.fru else {
            let state = if inserts {
                HotSwapState::Active
            } else {
                HotSwapState::Inactive
            };
            return self.enter_kept(id, (state, HotSwapCause::AutoPolicy), out);
        };
        if inserts && self.is_left_to_others(fru) {
            return self.set_policy(id, Policy::Cancelled);
        }
        self.set_policy(id, Policy::Runs);
        out.effects.push(Effect::Shelf(if inserts {
            ShelfAction::Activate(fru)
        } else {
            ShelfAction::Deactivate(fru)
        }));
    }

    /// Source: PICMG 3.0 R3.0, shelf activation and power management record.
    fn is_left_to_others(&self, fru: FruAddress) -> bool {
        let shelf = self.controllers.get(&SHELF_MANAGER_ADDRESS);
        let mut frus = shelf.into_iter().flat_map(|shelf| &shelf.frus);
        let inventory = frus
            .find(|it| it.fru_id == SHELF_FRU_ID)
            .map(|it| &it.inventory);
        let (address, fru_id) = (fru.address, fru.fru_id);
        let activates = |inventory: &alloc::vec::Vec<u8>| {
            ipmi::fru::picmg::shelf_manager_activates(inventory, address, fru_id)
        };
        inventory.and_then(activates) == Some(false)
    }

    fn set_policy(&mut self, id: ResourceId, policy: Policy) {
        let resource = self.resources.get_mut(&id);
        if let Some(hot_swap) = resource.and_then(|it| it.hot_swap.as_mut()) {
            hot_swap.policy = policy;
        }
    }

    /// PLM decides what becomes of a resource, later.
    pub(crate) fn hold(&mut self, path: &EntityPath) {
        let id = self.ids.get(path);
        let resource = id.and_then(|id| self.resources.get_mut(id));
        if let Some(hot_swap) = resource.and_then(|it| it.hot_swap.as_mut())
            && matches!(hot_swap.policy, Policy::Waits(_))
        {
            hot_swap.policy = Policy::Cancelled;
        }
    }

    /// A resource without a controller is in another hot swap state.
    ///
    /// Choice: it has power while it is active, and shows its indicator while it is inactive.
    pub(crate) fn enter_kept(
        &mut self,
        id: ResourceId,
        (state, cause): (HotSwapState, HotSwapCause),
        out: &mut Out<'_>,
    ) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let previous = resource.enter_kept(state, out.at.time);
        let Some(previous) = previous.filter(|previous| *previous != state) else {
            return;
        };
        let kind = EventKind::HotSwap {
            state,
            previous,
            cause,
        };
        self.say(out.event(id, Severity::Informational, kind), out);
        let on = matches!(
            state,
            HotSwapState::Active | HotSwapState::ExtractionPending
        );
        self.power_kept(id, on, out);
    }
}

impl Resource {
    /// `saHpiAutoExtractTimeoutGet`.
    pub fn auto_extract_timeout(&self) -> PolicyTimeout {
        self.settings.auto_extract
    }

    fn is_inserted_at_once(&self) -> bool {
        let capabilities = self.rpt.hot_swap_capabilities;
        capabilities.has(HotSwapCapabilities::AUTOINSERT_IMMEDIATE)
    }

    fn managed(&mut self) -> Result<&mut HotSwap, HpiError> {
        let is_managed = self.rpt.capabilities.has(Capabilities::MANAGED_HOTSWAP);
        let hot_swap = self.hot_swap.as_mut().filter(|_| is_managed);
        hot_swap.ok_or(HpiError::Capability)
    }

    /// `saHpiHotSwapPolicyCancel`. To cancel it again changes nothing.
    pub(crate) fn cancel_policy(&mut self) -> Result<Told, HpiError> {
        let hot_swap = self.managed()?;
        match hot_swap.policy {
            Policy::None | Policy::Runs => return Err(HpiError::InvalidRequest),
            Policy::Waits(_) | Policy::Cancelled | Policy::Failed => {}
        }
        hot_swap.policy = Policy::Cancelled;
        Ok(Told::Done)
    }

    /// `saHpiAutoExtractTimeoutSet`.
    pub(crate) fn set_auto_extract(&mut self, timeout: PolicyTimeout) -> Result<Told, HpiError> {
        self.managed()?;
        let capabilities = self.rpt.hot_swap_capabilities;
        if capabilities.has(HotSwapCapabilities::AUTOEXTRACT_READ_ONLY) {
            return Err(HpiError::ReadOnly);
        }
        self.settings.auto_extract = timeout;
        Ok(Told::Done)
    }

    /// What is ordered is the end of the wait.
    pub(crate) fn ordered(&mut self, order: ShelfAction) {
        let moves = matches!(order, ShelfAction::Activate(_) | ShelfAction::Deactivate(_));
        if let Some(hot_swap) = &mut self.hot_swap
            && moves
            && hot_swap.policy != Policy::None
        {
            hot_swap.policy = Policy::Runs;
        }
    }

    /// What was ordered is not carried out: power that stays on is not switched on again.
    pub(crate) fn order_failed(&mut self, order: ShelfAction) {
        if matches!(order, ShelfAction::Power { on: false, .. }) {
            self.kept.cycle = Cycle::None;
        }
        let moves = matches!(order, ShelfAction::Activate(_) | ShelfAction::Deactivate(_));
        if let Some(hot_swap) = &mut self.hot_swap
            && moves
            && hot_swap.policy == Policy::Runs
            && matches!(hot_swap.m_state, 2 | 5)
        {
            hot_swap.policy = Policy::Failed;
        }
    }

    /// It answers again.
    pub(crate) fn begin_policy_anew(&mut self, now: Time) {
        if let Some(hot_swap) = &mut self.hot_swap
            && hot_swap.policy == Policy::Failed
        {
            hot_swap.policy = Policy::Waits(now);
        }
    }

    /// The state before; `None` without hot swap.
    fn enter_kept(&mut self, state: HotSwapState, now: Time) -> Option<HotSwapState> {
        let hot_swap = self.hot_swap.as_mut()?;
        let m_state = match state {
            HotSwapState::NotPresent => 0,
            HotSwapState::Inactive => 1,
            HotSwapState::InsertionPending => 2,
            HotSwapState::Active => 4,
            HotSwapState::ExtractionPending => 5,
        };
        let previous = core::mem::replace(&mut hot_swap.state, state);
        (hot_swap.m_state, hot_swap.policy) = (m_state, Policy::of(m_state, now));
        self.kept.indicator_on = state == HotSwapState::Inactive;
        Some(previous)
    }
}
