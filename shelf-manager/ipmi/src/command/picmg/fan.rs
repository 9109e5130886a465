//! Fan trays and the shelf's fan policy. Source: PICMG 3.0 R3.0, cooling management.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};

bodies! {
    /// Get Fan Speed Properties.
    GetFanSpeedProperties {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Fan Speed Properties.
    FanSpeedProperties {
        /// Lowest level.
        level_min: u8,
        /// Highest level.
        level_max: u8,
        /// Level of normal operation.
        level_normal: u8,
        /// Bit 7: local control is supported.
        properties: u8,
    }

    /// Set Fan Level.
    SetFanLevel {
        /// FRU device id.
        fru_id: u8,
        /// A level, FEh emergency stop, FFh local control.
        level: u8,
        /// Local control: 0 off, 1 on.
        local_enable: Option<u8>,
    }

    /// Get Fan Level.
    GetFanLevel {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Fan Level.
    FanLevel {
        /// Override level; FEh emergency stop, FFh local control.
        override_level: u8,
        /// Local level.
        local_level: Option<u8>,
        /// Whether local control is on.
        local_enable: Option<u8>,
    }

    /// Set Fan Policy: whether the shelf manager minds the fans, or leaves them to their trays.
    SetFanPolicy {
        /// Site number of the fan tray; FFh is all of them.
        tray_site: u8,
        /// 0 disabled, 1 enabled.
        enable: u8,
        /// For how long, in steps of 5 s; 0 is 5 s.
        timeout: u8,
        /// The site that they cool; without it, all.
        site: Option<CooledSite>,
    }

    /// A site that fans cool.
    CooledSite {
        /// Site number.
        number: u8,
        /// Site type.
        kind: u8,
    }

    /// Get Fan Policy.
    GetFanPolicy {
        /// Site number of the fan tray; FFh is all of them.
        tray_site: u8,
        /// The site that they cool; without it, all.
        site: Option<CooledSite>,
    }

    /// Answer to Get Fan Policy.
    FanPolicy {
        /// 0 disabled, 1 enabled, FFh not the same everywhere.
        policy: u8,
        /// Whether the tray cools the site: 0 no, 1 yes.
        covered: Option<u8>,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x14 GetFanSpeedProperties => FanSpeedProperties;
    0x15 SetFanLevel => Empty;
    0x16 GetFanLevel => FanLevel;
    0x1c SetFanPolicy => Empty;
    0x1d GetFanPolicy => FanPolicy;
}

/// Fan level: emergency stop. Source: PICMG 3.0 R3.0, Set Fan Level.
pub const FAN_EMERGENCY_STOP: u8 = 0xfe;
/// Fan level: no override, the tray decides. Source: PICMG 3.0 R3.0, Set Fan Level.
pub const FAN_LOCAL_CONTROL: u8 = 0xff;
