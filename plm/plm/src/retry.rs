//! Orders to the HPI domain that came to nothing, given again.
//!
//! A refusal is not the last word: the state of the resource may have changed before the order
//! came, its event may be lost, its controller may have been busy with something else. As long as
//! the hardware element is as it was, it waits for the same order.

use crate::{Out, Plm};
use ais::Dn;
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::handover::Action;
use machine::Time;
use serde::{Deserialize, Serialize};

/// How long after the first refusal an order is given again. Choice: longer than a controller is
/// busy with anything that hot swap is about.
pub const RETRY_FIRST: Duration = Duration::from_secs(10);

/// How long at most. Choice: each time the wait is twice as long, up to 320 s, so that a controller
/// that never does as it is told does not fill the log.
pub const RETRY_MAX: Duration = Duration::from_secs(320);

/// An order that a hardware element waits for was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retry {
    /// When it is given again; `None` once it is.
    due: Option<Time>,
    /// How long to wait when it is refused again.
    wait: Duration,
}

impl Retry {
    pub(crate) fn due(&self) -> Option<Time> {
        self.due
    }
}

impl Plm {
    /// An action that a hardware element waits for was not carried out. One that does not answer
    /// at all is given its order again when it does.
    pub(crate) fn retry_later(&mut self, dn: &Dn, action: &Action, out: &Out<'_>) {
        let is_waited_for = match action {
            Action::SetActive(_) | Action::SetInactive(_) | Action::Request(_, false) => true,
            Action::Request(_, true)
            | Action::CancelPolicy(_)
            | Action::SetPower(..)
            | Action::Reset(_) => false,
        };
        if self.is_lost(dn) {
            return;
        }
        let he = self.model.entities.get_mut(dn).and_then(|e| e.he_mut());
        let Some(he) = he.filter(|_| is_waited_for) else {
            return;
        };
        let wait = he.retry.map_or(RETRY_FIRST, |retry| retry.wait);
        he.retry = Some(Retry {
            due: Some(out.at.time.after(wait)),
            wait: RETRY_MAX.min(wait * 2),
        });
    }

    fn is_lost(&self, dn: &Dn) -> bool {
        let he = self.model.entities.get(dn).and_then(|e| e.he());
        let mapping = he.and_then(|he| he.mapping.as_ref());
        let known = mapping.and_then(|mapping| self.resources.get(&mapping.path));
        known.is_some_and(|known| known.lost)
    }

    pub(crate) fn retries_due(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let mut due = Vec::new();
        for (dn, entity) in &mut self.model.entities {
            let retry = entity.he_mut().and_then(|he| he.retry.as_mut());
            let taken = retry.and_then(|retry| retry.due.take_if(|by| *by <= now));
            due.extend(taken.map(|_| dn.clone()));
        }
        for dn in due {
            if !self.is_lost(&dn) {
                self.repeat_hpi_order(&dn, out);
            }
        }
    }
}
