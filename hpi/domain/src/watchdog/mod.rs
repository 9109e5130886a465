//! Watchdog timers: the domain's own, of resources without a controller, and what users order of
//! the shelf manager's.
//!
//! Those of other controllers are asked of these, and tell what they do by events of their own; see
//! [`ipmi`].
//!
//! Source: SAI-HPI-B.03.02, `saHpiWatchdogTimerGet`, `saHpiWatchdogTimerSet`,
//! `saHpiWatchdogTimerReset`, `SaHpiWatchdogT`.

pub mod ipmi;

use crate::resource::Resource;
use crate::{Domain, Effect, FruAddress, Out, SHELF_MANAGER, Told};
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::{
    Capabilities, EventKind, HpiError, Severity, WATCHDOG_EXPIRED_MASK, WATCHDOG_TIMER_INTERRUPT,
    Watchdog, WatchdogAction, WatchdogPretimer, WatchdogUse,
};
use machine::Time;
use serde::{Deserialize, Serialize};

/// The FRU whose watchdog is the shelf manager's own.
const SHELF_FRU: FruAddress = FruAddress {
    address: SHELF_MANAGER,
    fru_id: 0,
};

/// A call that changes a watchdog timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WatchdogCall {
    /// `saHpiWatchdogTimerSet`.
    Set(Watchdog),
    /// `saHpiWatchdogTimerReset`.
    Reset,
}

/// A timer of the domain's own.
///
/// Choice: it takes all uses, actions and interrupts, and counts milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchdogTimer {
    /// As it was set last; `None` before that.
    set: Option<Watchdog>,
    expired: u8,
    /// When it ends; `None` while it does not run.
    ends_at: Option<Time>,
    /// Whether the interrupt came since it was set.
    is_interrupted: bool,
    /// What was left when it stopped, in milliseconds.
    stopped_at_ms: u32,
}

/// What a timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bite {
    Interrupt,
    End(WatchdogAction),
}

impl WatchdogTimer {
    /// A timer that was never set.
    pub(crate) fn new() -> Self {
        Self {
            set: None,
            expired: 0,
            ends_at: None,
            is_interrupted: false,
            stopped_at_ms: 0,
        }
    }

    /// `saHpiWatchdogTimerGet`.
    pub fn shown(&self, now: Time) -> Watchdog {
        let (expired, running) = (self.expired, self.ends_at.is_some());
        let present_ms = self.present_ms(now);
        match &self.set {
            Some(set) => Watchdog {
                running,
                expired,
                present_ms,
                ..set.clone()
            },
            None => Watchdog {
                log: false,
                running,
                timer_use: WatchdogUse::None,
                action: WatchdogAction::NoAction,
                pretimer: WatchdogPretimer::None,
                pre_timeout_ms: 0,
                expired,
                initial_ms: 0,
                present_ms,
            },
        }
    }

    /// Rounded up.
    fn present_ms(&self, now: Time) -> u32 {
        self.ends_at.map_or(self.stopped_at_ms, |at| {
            let left = at.since(now).as_nanos().div_ceil(1_000_000);
            u32::try_from(left).unwrap_or(u32::MAX)
        })
    }

    fn set(&mut self, now: Time, wanted: &Watchdog) -> Result<(), HpiError> {
        if wanted.pre_timeout_ms > wanted.initial_ms {
            return Err(HpiError::InvalidData);
        }
        let goes_on = wanted.running && self.ends_at.is_some();
        self.expired &= !(wanted.expired & WATCHDOG_EXPIRED_MASK);
        self.is_interrupted = false;
        self.stopped_at_ms = wanted.initial_ms;
        self.ends_at = goes_on.then(|| now.after(ms(wanted.initial_ms)));
        self.set = Some(wanted.clone());
        Ok(())
    }

    /// Choice: a timer that was never set has nothing to start from.
    fn reset(&mut self, now: Time) -> Result<(), HpiError> {
        let set = self.set.as_ref().filter(|_| !self.is_interrupted);
        let set = set.ok_or(HpiError::InvalidRequest)?;
        self.ends_at = Some(now.after(ms(set.initial_ms)));
        Ok(())
    }

    fn interrupts_at(&self) -> Option<Time> {
        let set = self.set.as_ref().filter(|_| !self.is_interrupted)?;
        if set.pretimer == WatchdogPretimer::None {
            return None;
        }
        let before = u64::from(set.pre_timeout_ms) * 1_000_000;
        Some(Time(self.ends_at?.0.saturating_sub(before)))
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let times = [self.interrupts_at(), self.ends_at];
        times.into_iter().flatten().min()
    }

    /// Takes what is due; one thing after the other, the interrupt first.
    fn bite(&mut self, now: Time) -> Option<Bite> {
        if self.interrupts_at().is_some_and(|at| at <= now) {
            self.is_interrupted = true;
            return Some(Bite::Interrupt);
        }
        self.ends_at.take_if(|at| *at <= now)?;
        // It is over, so it may be started again.
        self.is_interrupted = false;
        self.stopped_at_ms = 0;
        let set = self.set.as_ref()?;
        let flag = 1_u8.checked_shl(set.timer_use.number()).unwrap_or(0);
        self.expired |= flag & WATCHDOG_EXPIRED_MASK;
        Some(Bite::End(set.action))
    }

    /// What is told of a bite.
    ///
    /// Choice: an interrupt is a minor matter, the end of the timer a major one.
    fn told(&self, num: u32, bite: Bite) -> Option<(Severity, EventKind)> {
        let set = self.set.as_ref().filter(|set| set.log)?;
        let (severity, action) = match bite {
            Bite::Interrupt => (Severity::Minor, WATCHDOG_TIMER_INTERRUPT),
            Bite::End(action) => (Severity::Major, action.number()),
        };
        let kind = EventKind::Watchdog {
            num,
            action,
            pretimer: set.pretimer.number(),
            timer_use: set.timer_use.number(),
        };
        Some((severity, kind))
    }
}

impl Domain {
    /// Tells of a controller's watchdog what its sensor's event says; whether it was such an event.
    ///
    /// Choice: the sensor notes its state, but the event is told once, as the watchdog's.
    pub(crate) fn watchdog_event(
        &mut self,
        address: u8,
        event: &::ipmi::sel::Event,
        out: &mut Out<'_>,
    ) -> bool {
        let fru = FruAddress { address, fru_id: 0 };
        let Some((severity, kind)) = ipmi::event(event) else {
            return false;
        };
        let id = self.by_fru.get(&fru).copied();
        let Some((id, resource)) = id.and_then(|id| Some((id, self.resources.get_mut(&id)?)))
        else {
            return false;
        };
        if !resource.rpt.capabilities.has(Capabilities::WATCHDOG) {
            return false;
        }
        // Of a sensor that has a record or not: the state that it keeps is all that it is for.
        let _ = resource.sensor_event(event);
        self.say(out.event(id, severity, kind), out);
        true
    }
}

impl Resource {
    /// Carries out what a user orders of a watchdog timer.
    pub(crate) fn watchdog_call(
        &mut self,
        (num, call): (u32, &WatchdogCall),
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        if !self.rpt.capabilities.has(Capabilities::WATCHDOG) {
            return Err(HpiError::Capability);
        }
        if self.has_shelf_watchdog(num) {
            let order = ipmi::order(call)?;
            out.effects.push(Effect::ShelfWatchdog(order));
            return Ok(Told::Done);
        }
        let timer = self.kept.watchdogs.get_mut(&num);
        let timer = timer.ok_or(HpiError::NotPresent)?;
        match call {
            WatchdogCall::Set(wanted) => timer.set(out.at.time, wanted)?,
            WatchdogCall::Reset => timer.reset(out.at.time)?,
        }
        Ok(Told::Done)
    }

    /// Whether its watchdog of this number is the one that the shelf manager has for IPMI's tools.
    pub fn has_shelf_watchdog(&self, num: u32) -> bool {
        self.fru == Some(SHELF_FRU) && num == 0
    }

    /// What its watchdog timers do when it is time.
    pub(crate) fn bites(&mut self, now: Time) -> Vec<(Severity, EventKind)> {
        let mut told = Vec::new();
        for (num, timer) in &mut self.kept.watchdogs {
            while let Some(bite) = timer.bite(now) {
                told.extend(timer.told(*num, bite));
                if bite == Bite::End(WatchdogAction::PowerDown) {
                    self.kept.power_on = false;
                }
            }
        }
        told
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
