//! How this CMM is, as far as it can know without hardware that watches it.
//!
//! It looks at itself once a second, and tells the log what has changed; when that is worth telling
//! is decided by [`redundancy::Watch`], and what comes of it by all members alike.

use crate::config::{self, Chassis, Config, Role};
use crate::core::Core;
use appliance::Command;
use machine::Time;
use ports::Presence;
use ports::address::{self, SharedAddress};
use redundancy::{Complaint, Watch};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Bytes that are left on a disk which is full: the log still fits, but not for long.
const DISK_FULL: u64 = 16 * 1024 * 1024;

/// Bytes that are left on a disk which is nearly full: room for the largest state and its log.
const DISK_LOW: u64 = 128 * 1024 * 1024;

/// What this CMM looks at.
pub(crate) struct Vitals {
    watch: Watch,
    /// Asks whether the chassis is there while another CMM owns it; `None` where nobody answers
    /// that.
    presence: Option<Presence>,
    /// Ways to the chassis by devices of this CMM; each needs all of its devices.
    ways: Vec<Vec<PathBuf>>,
    shared: Option<SharedAddress>,
    /// Where the journal is.
    run_dir: PathBuf,
    /// When it looks again; `None` on a blade, which never does.
    next: Option<Time>,
}

impl Vitals {
    pub(crate) fn new(config: &Config, shared: Option<SharedAddress>, run_dir: &Path) -> Self {
        let has_others = config.cluster.engine == config::Engine::Corosync;
        let presence = match &config.chassis {
            Chassis::Lan(lan) if has_others => Some(ports::presence(lan.address.to_string())),
            Chassis::Lan(_)
            | Chassis::None
            | Chassis::Vm { .. }
            | Chassis::Ipmb(_)
            | Chassis::Serial(_)
            | Chassis::Kernel { .. }
            | Chassis::Simulated { .. } => None,
        };
        Self {
            watch: Watch::default(),
            presence,
            ways: ways(&config.chassis),
            shared,
            run_dir: run_dir.to_owned(),
            next: (config.cluster.role == Role::Cmm).then(Time::default),
        }
    }

    /// When it is to look again.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.next
    }

    /// A view has begun: what was told before may not be in its log.
    pub(crate) fn forget(&mut self) {
        self.watch.forget();
    }

    /// Whether the management bus is out of reach, for a CMM that does not own the hardware.
    fn lacks_bus(&self) -> Option<bool> {
        if let Some(presence) = &self.presence {
            return presence.answers().map(|it| !it);
        }
        let is_whole = |way: &Vec<PathBuf>| way.iter().all(|device| device.exists());
        // That the devices are there does not say that they lead anywhere.
        let is_lost = !self.ways.is_empty() && !self.ways.iter().any(is_whole);
        is_lost.then_some(true)
    }

    fn bytes_left(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(&self.run_dir).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
}

/// Choice: only what is a device for certain.
fn ways(chassis: &Chassis) -> Vec<Vec<PathBuf>> {
    match chassis {
        Chassis::Ipmb(ipmb) => {
            let buses = ipmb.buses.iter();
            let devices = buses.map(|bus| vec![bus.slave.clone(), bus.master.clone()]);
            devices.collect()
        }
        Chassis::Kernel { device } => vec![vec![device.clone()]],
        Chassis::None
        | Chassis::Lan(_)
        | Chassis::Vm { .. }
        | Chassis::Serial(_)
        | Chassis::Simulated { .. } => Vec::new(),
    }
}

impl Core {
    /// Looks at how this CMM is, once a second, and tells the log what has changed.
    pub(crate) fn check_vitals(&mut self, now: Time) {
        if self.vitals.next.is_none_or(|next| now < next) {
            return;
        }
        self.vitals.next = Some(now.after(INTERVAL));
        let owns = self.member.owns();
        if let Some(presence) = &self.vitals.presence {
            presence.ask(!owns);
        }
        let left = self.vitals.bytes_left();
        let found = [
            (Complaint::NoBus, self.lacks_bus()),
            (Complaint::NoAddress, self.lacks_address()),
            (Complaint::DiskFull, left.map(|it| it < DISK_FULL)),
            (Complaint::DiskLow, left.map(|it| it < DISK_LOW)),
            (Complaint::Stuck, Some(self.is_stopped())),
        ];
        self.vitals.watch.look(now, owns, &found);
        let news = self.vitals.watch.news(now, self.member.health());
        if let Some(health) = news
            && self.try_submit(&Command::Health(health)).is_err()
        {
            self.vitals.forget();
        }
    }

    /// Whether an entry keeps it from applying the log.
    fn is_stopped(&self) -> bool {
        self.member.stuck().or(self.member.spoilt()).is_some()
    }

    fn lacks_bus(&self) -> Option<bool> {
        if self.tenure.is_paused {
            return None;
        }
        match self.member.owns() {
            true => Some(!self.link.is_open()),
            false => self.vitals.lacks_bus(),
        }
    }

    fn lacks_address(&self) -> Option<bool> {
        let shared = self.vitals.shared.as_ref()?;
        let keeper = self.tenure.address.as_ref()?;
        let is_refused = matches!(*keeper.standing().borrow(), address::Standing::NotTaken(_));
        Some(is_refused || !shared.is_possible())
    }
}

#[cfg(test)]
mod tests;
