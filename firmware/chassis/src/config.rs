//! What the shelf is like.

use crate::guid::guid;
use ipmc::SHELF_MANAGER;
use std::time::Duration;

/// Blade slots of the usual shelf.
pub const SLOTS: u8 = 14;
/// Most blade slots. Source: PICMG 3.0 R3.0: logical slots 1–16.
pub const SLOTS_MAX: u8 = 16;
/// Sensors of the usual blade beside those of its controller; no blade has fewer.
pub const SENSORS_PER_BLADE: u8 = 4;
/// Most sensors of a blade beside those of its controller.
///
/// Choice: leaves sensor numbers to the controller itself.
pub const SENSORS_PER_BLADE_MAX: u8 = 200;
/// Sensors of a blade's controller: hot swap, IPMB-0, watchdog.
const SENSORS_OF_CONTROLLER: u16 = 3;
/// Sensors of what is no blade: 1 of the shelf manager; 3 of each CMM, 7 of each fan tray, 5 of
/// each power module with their hot swap and IPMB-0 sensors.
const SENSORS_ELSEWHERE: u16 =
    1 + 3 * CMMS as u16 + 7 * FAN_TRAYS as u16 + 5 * POWER_MODULES as u16;
/// Fan trays of a shelf.
pub const FAN_TRAYS: u8 = 3;
/// Power modules of a shelf.
pub const POWER_MODULES: u8 = 2;
/// Shelf management controllers of a shelf.
pub const CMMS: u8 = 2;

/// IPMB-0 address of the controller in a blade slot, 1–16.
///
/// Choice: logical slot n has the hardware address 40h + n.
#[must_use]
pub const fn blade_address(slot: u8) -> u8 {
    (0x40 + slot) << 1
}

/// What the shelf is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Blade slots, 1–16; more are not built.
    pub slots: u8,
    /// Slots with a blade in them.
    pub populated: Vec<u8>,
    /// Sensors of each blade beside those of its controller, [`SENSORS_PER_BLADE`] to
    /// [`SENSORS_PER_BLADE_MAX`]; the nearest that is possible is built.
    pub sensors_per_blade: u8,
    /// Whether the blades ask to be activated at the start; otherwise they work already.
    pub is_cold: bool,
    /// Whether payload power waits for Set Power Level after the activation.
    pub waits_for_power_level: bool,
    /// How long payload power takes to come up.
    pub payload_up: Duration,
    /// How long payload power takes to go down.
    pub payload_down: Duration,
    /// Whether the repository at 20h has the records of all controllers, as tools want it that know
    /// 20h only.
    pub collects_records: bool,
    /// What decides which messages a fault hits: the same seed gives the same run.
    pub seed: u64,
}

impl Config {
    /// Blades that work, in these slots.
    #[must_use]
    pub fn with_blades(slots: impl IntoIterator<Item = u8>) -> Self {
        Self {
            populated: slots.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The same shelf with at least so many sensors in all, those of the controllers counted;
    /// `None` where its blades cannot have that many.
    #[must_use]
    pub fn with_sensors(self, count: u16) -> Option<Self> {
        let blades = self.slots().filter(|slot| self.populated.contains(slot));
        let blades = u16::try_from(blades.count())
            .ok()
            .filter(|blades| *blades > 0)?;
        let wanted = count.saturating_sub(SENSORS_ELSEWHERE);
        let each = wanted.div_ceil(blades);
        let each = each.saturating_sub(SENSORS_OF_CONTROLLER);
        let each = u8::try_from(each).ok()?;
        (each <= SENSORS_PER_BLADE_MAX).then(|| Self {
            sensors_per_blade: each.max(SENSORS_PER_BLADE),
            ..self
        })
    }

    /// GUID of the shelf manager, least significant byte first.
    #[must_use]
    pub fn guid(&self) -> [u8; 16] {
        guid(self.seed, (SHELF_MANAGER, 0))
    }

    /// The slots that are built.
    pub(crate) fn slots(&self) -> std::ops::RangeInclusive<u8> {
        1..=self.slots.clamp(1, SLOTS_MAX)
    }

    /// The sensors that each blade gets.
    pub(crate) fn blade_sensors(&self) -> u8 {
        self.sensors_per_blade
            .clamp(SENSORS_PER_BLADE, SENSORS_PER_BLADE_MAX)
    }
}

impl Default for Config {
    /// 14 slots, four blades that work.
    fn default() -> Self {
        Self {
            slots: SLOTS,
            populated: vec![1, 2, 3, 4],
            sensors_per_blade: SENSORS_PER_BLADE,
            is_cold: false,
            waits_for_power_level: false,
            payload_up: Duration::from_millis(100),
            payload_down: Duration::from_millis(100),
            collects_records: false,
            seed: 1,
        }
    }
}
