//! Faults of the bus and of controllers, injected on demand.
//!
//! What a fault hits is decided by a generator that starts with the configured seed, so that one
//! seed gives one run.
//!
//! Invariant: without a fault, no number is drawn.

use crate::operator::OperatorError;
use machine::Time;
use std::time::Duration;

/// Most faults at once.
pub const FAULTS_MAX: usize = 64;
/// Most events of a storm, each second.
pub const STORM_MAX: u16 = 1000;
/// Longest delay of a slow controller.
pub const DELAY_MAX: Duration = Duration::from_secs(60);
/// Most events of a storm that one tick makes up for; older ones are left out.
const BURST_MAX: usize = 100;

/// One of the two buses of IPMB-0. Source: PICMG 3.0 R3.0, IPMB-0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpmbBus {
    /// IPMB-A.
    A,
    /// IPMB-B.
    B,
}

impl IpmbBus {
    /// The bus that takes over.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// As controllers name it.
    pub(crate) const fn driver(self) -> ipmc::Bus {
        match self {
            Self::A => ipmc::Bus::A,
            Self::B => ipmc::Bus::B,
        }
    }
}

/// The bus that a controller names.
pub(crate) const fn bus_of(driver: ipmc::Bus) -> IpmbBus {
    match driver {
        ipmc::Bus::A => IpmbBus::A,
        ipmc::Bus::B => IpmbBus::B,
    }
}

/// Whom a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody on IPMB-0.
    All,
    /// One controller, by its IPMB-0 address.
    Controller(u8),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// This bus is held low: nothing crosses it.
    Stuck(IpmbBus),
    /// The controller does not acknowledge its address, in this share of the cases, %.
    Nak(u8),
    /// Requests to the controller, and its event messages, get lost, %.
    LostRequest(u8),
    /// Answers of the controller, and those to its event messages, get lost, %.
    LostResponse(u8),
    /// Requests to the controller, and its event messages, arrive twice, %.
    Repeated(u8),
    /// A bit of a message to or from the controller is inverted, %.
    BadChecksum(u8),
    /// The controller answers only after this time.
    Slow(Duration),
    /// The controller's firmware stands still; what happens meanwhile it notices afterwards.
    Dead,
    /// The controller sends so many events each second, 1 to [`STORM_MAX`].
    EventStorm(u16),
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Whom it hits.
    pub scope: Scope,
    /// For how long; `None` until it is repaired.
    pub lasts: Option<Duration>,
}

/// The faults that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Injector {
    generator: u64,
    faults: Vec<Active>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Active {
    fault: Fault,
    until: Option<Time>,
    /// When its storm sends next, and whether that event asserts.
    next: Option<(Time, bool)>,
}

/// An event of a storm: from whom, and whether it asserts.
pub(crate) type StormEvent = (Scope, bool);

impl Injector {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            generator: seed,
            faults: Vec::new(),
        }
    }

    pub(crate) fn inject(&mut self, now: Time, fault: Fault) -> Result<(), OperatorError> {
        fault.check()?;
        if self.faults.len() >= FAULTS_MAX {
            return Err(OperatorError::TooManyFaults);
        }
        let storms = matches!(fault.kind, FaultKind::EventStorm(_));
        self.faults.push(Active {
            fault,
            until: fault.lasts.map(|lasts| now.after(lasts)),
            next: storms.then_some((now, true)),
        });
        Ok(())
    }

    pub(crate) fn repair(&mut self, scope: Scope) {
        self.faults
            .retain(|active| scope != Scope::All && active.fault.scope != scope);
    }

    /// The faults that there are, in the order in which they came.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Fault> {
        self.faults.iter().map(|active| active.fault)
    }

    /// Ends what has lasted long enough.
    pub(crate) fn expire(&mut self, now: Time) {
        self.faults
            .retain(|active| active.until.is_none_or(|until| now < until));
    }

    /// The events of storms that are due.
    pub(crate) fn storm(&mut self, now: Time) -> Vec<StormEvent> {
        let mut due = Vec::new();
        for active in &mut self.faults {
            let FaultKind::EventStorm(per_second) = active.fault.kind else {
                continue;
            };
            let pause = Duration::from_secs(1) / u32::from(per_second.max(1));
            let Some((mut at, mut asserts)) = active.next else {
                continue;
            };
            let mut count = 0;
            while at <= now && count < BURST_MAX {
                due.push((active.fault.scope, asserts));
                asserts = !asserts;
                at = at.after(pause);
                count += 1;
            }
            if at <= now {
                at = now.after(pause);
            }
            active.next = Some((at, asserts));
        }
        due
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let times = self.faults.iter();
        times
            .flat_map(|active| [active.until, active.next.map(|(at, _)| at)])
            .flatten()
            .min()
    }

    pub(crate) fn is_stuck(&self, bus: IpmbBus, ends: [u8; 2]) -> bool {
        self.kinds(&ends).any(|kind| kind == FaultKind::Stuck(bus))
    }

    pub(crate) fn is_dead(&self, address: u8) -> bool {
        self.kinds(&[address]).any(|kind| kind == FaultKind::Dead)
    }

    /// How late the controller answers.
    pub(crate) fn delay(&self, address: u8) -> Option<Duration> {
        self.kinds(&[address])
            .filter_map(|kind| {
                if let FaultKind::Slow(delay) = kind {
                    Some(delay)
                } else {
                    None
                }
            })
            .max()
    }

    pub(crate) fn naks(&mut self, address: u8) -> bool {
        self.strikes(address, |kind| {
            if let FaultKind::Nak(percent) = kind {
                Some(percent)
            } else {
                None
            }
        })
    }

    pub(crate) fn loses_request(&mut self, address: u8) -> bool {
        self.strikes(address, |kind| {
            if let FaultKind::LostRequest(percent) = kind {
                Some(percent)
            } else {
                None
            }
        })
    }

    pub(crate) fn loses_response(&mut self, address: u8) -> bool {
        self.strikes(address, |kind| {
            if let FaultKind::LostResponse(percent) = kind {
                Some(percent)
            } else {
                None
            }
        })
    }

    pub(crate) fn repeats(&mut self, address: u8) -> bool {
        self.strikes(address, |kind| {
            if let FaultKind::Repeated(percent) = kind {
                Some(percent)
            } else {
                None
            }
        })
    }

    /// Perhaps inverts a bit of the frame.
    pub(crate) fn corrupt(&mut self, address: u8, frame: &mut [u8]) {
        let strikes = self.strikes(address, |kind| {
            if let FaultKind::BadChecksum(percent) = kind {
                Some(percent)
            } else {
                None
            }
        });
        if strikes && !frame.is_empty() {
            let bit = self.draw() % (frame.len() as u64 * 8);
            if let Some(byte) = frame.get_mut((bit / 8) as usize) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }

    fn kinds(&self, ends: &[u8]) -> impl Iterator<Item = FaultKind> {
        let hits = move |scope| match scope {
            Scope::All => true,
            Scope::Controller(address) => ends.contains(&address),
        };
        let active = self.faults.iter();
        active
            .filter(move |active| hits(active.fault.scope))
            .map(|active| active.fault.kind)
    }

    /// Whether one of the faults of a kind hits this message.
    fn strikes(&mut self, address: u8, percent: impl Fn(FaultKind) -> Option<u8>) -> bool {
        let chances: Vec<u8> = self.kinds(&[address]).filter_map(percent).collect();
        let mut strikes = false;
        for chance in chances {
            strikes |= self.draw() % 100 < u64::from(chance);
        }
        strikes
    }

    /// The next number of SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom
    /// number generators", 2014.
    fn draw(&mut self) -> u64 {
        self.generator = self.generator.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.generator;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

impl Fault {
    fn check(&self) -> Result<(), OperatorError> {
        use FaultKind as K;
        let in_range = match self.kind {
            K::Nak(percent)
            | K::LostRequest(percent)
            | K::LostResponse(percent)
            | K::Repeated(percent)
            | K::BadChecksum(percent) => (1..=100).contains(&percent),
            K::Slow(delay) => delay <= DELAY_MAX,
            K::EventStorm(per_second) => (1..=STORM_MAX).contains(&per_second),
            K::Stuck(_) | K::Dead => true,
        };
        in_range.then_some(()).ok_or(OperatorError::OutOfRange)
    }
}

#[cfg(test)]
mod tests;
