//! How a CMM is, and which of two is healthier.
//!
//! Source: Intel MPCMM0001 CMM software TPS (273888-007) §3.6.1, §3.6.2.

use crate::Complaint;
use alloc::collections::BTreeSet;
use serde::{Deserialize, Serialize};

/// How a CMM is. Only its own sensors count, not those of the chassis or of blades.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// At least one of its sensors has a critical event.
    pub has_critical: bool,
    /// Major events of its sensors.
    pub majors: u32,
    /// Minor events of its sensors.
    pub minors: u32,
    /// The switch that belongs to it is not healthy.
    pub switch_unhealthy: bool,
    /// It does not reach the first trap destination; `false` when none is configured.
    pub trap_destination_lost: bool,
    /// It does not reach the management bus.
    pub bus_lost: bool,
    /// Its own hardware says that it is not healthy.
    pub hardware_unhealthy: bool,
    /// What it finds wrong with itself, for people; what that means is in the other fields.
    pub complaints: BTreeSet<Complaint>,
}

/// What keeps a CMM from taking over, unless the active one has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Obstacle {
    /// The switch that belongs to it is not healthy.
    SwitchUnhealthy = 224,
    /// It does not reach the first trap destination.
    TrapDestinationLost = 225,
    /// Its sensors have critical events.
    CriticalEvents = 226,
    /// It does not reach the management bus.
    BusLost = 227,
    /// It does not have all that it needs to run the shelf: it is not in step.
    NotInStep = 228,
    /// Its own hardware says that it is not healthy.
    HardwareUnhealthy = 229,
}

impl Obstacle {
    /// The number of the event that told of it on the predecessors of the MPCMM0001.
    ///
    /// Source: Intel ZT 7102 CMM TPS (273770-017), table 38.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::SwitchUnhealthy => "it has an unhealthy switch",
            Self::TrapDestinationLost => "it does not reach the trap destination",
            Self::CriticalEvents => "it has critical health events",
            Self::BusLost => "it does not reach the management bus",
            Self::NotInStep => "it is not in step",
            Self::HardwareUnhealthy => "it says that its hardware is not healthy",
        }
    }
}

impl Health {
    /// What keeps a CMM that is so from taking over.
    pub fn obstacles(&self) -> BTreeSet<Obstacle> {
        let all = [
            (self.switch_unhealthy, Obstacle::SwitchUnhealthy),
            (self.trap_destination_lost, Obstacle::TrapDestinationLost),
            (self.has_critical, Obstacle::CriticalEvents),
            (self.bus_lost, Obstacle::BusLost),
            (self.hardware_unhealthy, Obstacle::HardwareUnhealthy),
        ];
        let here = all.into_iter().filter(|(is_so, _)| *is_so);
        here.map(|(_, obstacle)| obstacle).collect()
    }

    /// The lower, the healthier.
    pub(crate) fn score(&self) -> (bool, u32, u32) {
        (self.has_critical, self.majors, self.minors)
    }

    /// Whether a standby that is so shall take over, though nobody asked for it.
    ///
    /// Choice: whatever would keep a standby from taking over is reason enough for the active CMM
    /// to give up, when the standby has nothing that the active one has not. No two CMMs are each
    /// better than the other, so that activity cannot go back and forth while nothing changes.
    pub(crate) fn is_better_than(&self, active: &Self) -> bool {
        let (own, its) = (self.obstacles(), active.obstacles());
        if own == its {
            return self.has_critical && self.score() < active.score();
        }
        own.is_subset(&its)
    }
}
