//! Electronic keying: ports of boards and modules, clocks, bused resources.
//!
//! Source: PICMG 3.0 R3.0, electronic keying; PICMG 3.1 R2.0 for signaling classes; AMC.0 R2.0 for
//! modules and clocks.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};
use crate::wire::{Rest, U24};

bodies! {
    /// Set Port State: an E-key.
    SetPortState {
        /// Link info, see the link descriptors of the point-to-point connectivity records.
        link: u32,
        /// 0 disable, 1 enable.
        state: u8,
    }

    /// Get Port State.
    GetPortState {
        /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
        channel: u8,
    }

    /// Answer to Get Port State.
    PortState {
        /// The links of the channel, at most four.
        links: Rest<PortLink>,
    }

    /// One link and whether it is enabled.
    PortLink {
        /// Link info.
        link: u32,
        /// 0 disabled, 1 enabled.
        state: u8,
    }

    /// Bused Resource Control. What `command` and the answer mean depends on who asks; see
    /// [`bused`].
    BusedResourceControl {
        /// Command type.
        command: u8,
        /// Resource: 0 and 1 metallic test bus pairs, 2–4 synchronization clock groups.
        resource: u8,
    }

    /// Answer to Bused Resource Control.
    BusedResourceStatus {
        /// Status.
        status: u8,
    }

    /// Set AMC Port State: an E-key between a module and its carrier.
    SetAmcPortState {
        /// AMC channel id.
        channel: u8,
        /// Bits 3–0: lanes; 11–4: link type; 15–12: link type extension; 23–16: link grouping id.
        link: U24,
        /// 0 disable, 1 enable.
        state: u8,
        /// Device on the carrier; without it, the channel is the module's.
        device: Option<u8>,
    }

    /// Get AMC Port State.
    GetAmcPortState {
        /// AMC channel id.
        channel: u8,
        /// Device on the carrier; without it, the channel is the module's.
        device: Option<u8>,
    }

    /// Answer to Get AMC Port State.
    AmcPortState {
        /// The links of the channel.
        links: Rest<AmcPortLink>,
    }

    /// One link of a module and whether it is enabled.
    AmcPortLink {
        /// Bits 3–0: lanes; 11–4: link type; 15–12: link type extension; 23–16: link grouping id.
        link: U24,
        /// 0 disabled, 1 enabled.
        state: u8,
    }

    /// Set AMC Clock State.
    SetClockState {
        /// Clock id.
        clock_id: u8,
        /// Index of the descriptor in the clock configuration record.
        index: u8,
        /// Bit 3: enabled; 2: source, otherwise receiver; 1–0: PLL control.
        setting: u8,
        /// Clock family.
        family: u8,
        /// Accuracy level.
        accuracy: u8,
        /// Frequency, Hz.
        frequency_hz: u32,
        /// Clock resource id, to a carrier.
        resource: Option<u8>,
    }

    /// Get AMC Clock State.
    GetClockState {
        /// Clock id.
        clock_id: u8,
        /// Clock resource id, to a carrier.
        resource: Option<u8>,
    }

    /// Answer to Get AMC Clock State.
    ClockState {
        /// Bit 3: enabled; 2: source, otherwise receiver; 1–0: PLL control.
        setting: u8,
        /// How it runs, while it is enabled.
        running: Option<RunningClock>,
    }

    /// How a clock runs.
    RunningClock {
        /// Index of the descriptor in the clock configuration record.
        index: u8,
        /// Clock family.
        family: u8,
        /// Accuracy level.
        accuracy: u8,
        /// Frequency, Hz.
        frequency_hz: u32,
    }

    /// Set Channel Signaling Class.
    SetSignalingClass {
        /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
        channel: u8,
        /// Bits 3–0: class; 0 basic, 3 10.3125 GBd.
        class: u8,
    }

    /// Get Channel Signaling Class.
    GetSignalingClass {
        /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
        channel: u8,
    }

    /// Answer to Get Channel Signaling Class.
    SignalingClass {
        /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
        channel: u8,
        /// Bits 3–0: class; 0 basic, 3 10.3125 GBd.
        class: u8,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x0e SetPortState => Empty;
    0x0f GetPortState => PortState;
    0x17 BusedResourceControl => BusedResourceStatus;
    0x19 SetAmcPortState => Empty;
    0x1a GetAmcPortState => AmcPortState;
    0x2c SetClockState => Empty;
    0x2d GetClockState => ClockState;
    0x3b SetSignalingClass => Empty;
    0x3c GetSignalingClass => SignalingClass;
}

/// Bit 3 of a clock's setting: it is enabled. Source: AMC.0 R2.0, Set AMC Clock State.
pub const CLOCK_ENABLED: u8 = 0b1000;
/// Bit 2 of a clock's setting: it is the source.
pub const CLOCK_SOURCE: u8 = 0b0100;

/// Command types and answers of Bused Resource Control.
///
/// Source: PICMG 3.0 R3.0, Bused Resource Control command status.
pub mod bused {
    /// How many resources there are: 0–4.
    pub const RESOURCES: u8 = 5;

    /// Shelf manager to board: does it control the bus? 0 it does, 1 it does not.
    pub const QUERY: u8 = 0;
    /// Shelf manager to board: release it once it is not used; 0 yes, 1 refused, 2 no control.
    pub const RELEASE: u8 = 1;
    /// Shelf manager to board: release it at once; 0 yes, 1 no control.
    pub const FORCE: u8 = 2;
    /// Shelf manager to board: the bus that was asked for is free; 0 accepted, 1 not needed.
    pub const BUS_FREE: u8 = 3;

    /// Board to shelf manager: gives control; 0 granted, 1 busy, 2 deferred, 3 denied.
    pub const REQUEST: u8 = 0;
    /// Board to shelf manager: gives it back; 0 taken, 1 error.
    pub const RELINQUISH: u8 = 1;
    /// Board to shelf manager: control came from another board; 0 noted, 1 error, 2 denied.
    pub const NOTIFY: u8 = 2;
}

/// What a link descriptor, or the link info of a port state, says.
///
/// Source: PICMG 3.0 R3.0, link descriptor; PICMG 3.1 R2.0 splits the type of an Ethernet link into
/// type and signaling class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkInfo(pub u32);

impl LinkInfo {
    /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
    #[must_use]
    pub const fn channel(self) -> u8 {
        self.0.to_le_bytes()[0]
    }

    /// The ports 0–3 of the channel that the link uses, one bit each.
    #[must_use]
    pub const fn ports(self) -> u8 {
        self.0.to_le_bytes()[1] & 0x0f
    }

    /// Link type: 01h base, 02h Ethernet, 03h InfiniBand, 04h StarFabric, 05h PCI Express, F0h–FEh
    /// OEM. The signaling class of an Ethernet link is its high nibble.
    #[must_use]
    pub const fn kind(self) -> u8 {
        (self.0 >> 12) as u8
    }

    /// Link type extension.
    #[must_use]
    pub const fn extension(self) -> u8 {
        (self.0 >> 20) as u8 & 0x0f
    }

    /// Link grouping id; 0 is a link for itself, equal ones are enabled together.
    #[must_use]
    pub const fn group(self) -> u8 {
        self.0.to_le_bytes()[3]
    }
}
