//! Which privilege level each command needs.
//!
//! Source: IPMI v2.0 Appendix G (command assignments).

use ipmi::message::{NetFn, Request};

/// Privilege level: may end its own session, and little else.
pub(crate) const CALLBACK: u8 = 1;
/// Privilege level: reads.
pub(crate) const USER: u8 = 2;
/// Privilege level: changes everything but how the management is configured.
pub(crate) const OPERATOR: u8 = 3;
/// Privilege level: everything.
pub(crate) const ADMINISTRATOR: u8 = 4;

/// The lowest privilege level that may send this request.
///
/// Choice: what the table does not know needs an administrator, and so does what it allows from the
/// system interface only.
pub(crate) fn required(request: &Request) -> u8 {
    match request.net_fn {
        NetFn::CHASSIS => chassis(request.command),
        NetFn::SENSOR_EVENT => sensor_event(request.command),
        NetFn::APP => app(request.command),
        NetFn::STORAGE => storage(request.command),
        NetFn::TRANSPORT => transport(request.command),
        NetFn::GROUP if request.data.first() == Some(&ipmi::command::PICMG_GROUP) => {
            picmg(request.command)
        }
        _ => ADMINISTRATOR,
    }
}

fn chassis(command: u8) -> u8 {
    match command {
        0x00 | 0x01 | 0x07 | 0x0f => USER,
        0x02..=0x04 | 0x06 | 0x08 | 0x09 => OPERATOR,
        _ => ADMINISTRATOR,
    }
}

fn sensor_event(command: u8) -> u8 {
    match command {
        0x01 | 0x10 | 0x20..=0x23 | 0x25 | 0x27 | 0x29 | 0x2b | 0x2d | 0x2f => USER,
        0x02 | 0x13 | 0x15 | 0x24 | 0x26 | 0x28 | 0x2a | 0x2e | 0x30 => OPERATOR,
        _ => ADMINISTRATOR,
    }
}

fn app(command: u8) -> u8 {
    match command {
        // Set Session Privilege Level and Close Session: anybody's.
        0x37 | 0x38 | 0x3b | 0x3c | 0x54 => CALLBACK,
        0x01
        | 0x04
        | 0x07..=0x0d
        | 0x25
        | 0x2f
        | 0x34
        | 0x36
        | 0x3d
        | 0x41
        | 0x42
        | 0x4a
        | 0x4b
        | 0x4e
        | 0x4f
        | 0x55
        | 0x57
        | 0x59
        | 0x61
        | 0x63 => USER,
        0x22 | 0x24 | 0x3f | 0x44 | 0x46 | 0x48 | 0x49 | 0x4d | 0x52 => OPERATOR,
        _ => ADMINISTRATOR,
    }
}

fn storage(command: u8) -> u8 {
    match command {
        0x10 | 0x11 | 0x20..=0x23 | 0x28 | 0x40..=0x43 | 0x48 | 0x5a | 0x5c => USER,
        0x12 | 0x24..=0x27 | 0x29..=0x2c | 0x44..=0x47 | 0x49 | 0x5d => OPERATOR,
        _ => ADMINISTRATOR,
    }
}

fn transport(command: u8) -> u8 {
    match command {
        0x04 | 0x22 => USER,
        0x02 | 0x11 => OPERATOR,
        _ => ADMINISTRATOR,
    }
}

/// Choice: PICMG's commands as their like in the standard's table: users read, operators act on a
/// FRU, administrators change the shelf's own data and the power and port assignments, and upgrade
/// firmware.
fn picmg(command: u8) -> u8 {
    match command {
        0x00..=0x02
        | 0x05
        | 0x06
        | 0x08
        | 0x0b
        | 0x0d
        | 0x0f
        | 0x12
        | 0x14
        | 0x16
        | 0x18
        | 0x1a
        | 0x1b
        | 0x1d
        | 0x1e
        | 0x21
        | 0x22
        | 0x2d
        | 0x2e
        | 0x2f
        | 0x34
        | 0x36
        | 0x37
        | 0x3e => USER,
        0x04 | 0x07 | 0x0a | 0x0c | 0x13 | 0x15 => OPERATOR,
        _ => ADMINISTRATOR,
    }
}
