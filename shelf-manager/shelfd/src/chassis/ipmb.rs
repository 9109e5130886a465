//! The place on IPMB-0 that the configuration names.

use crate::config;
use ports::ipmb::{Config, Device, Place, shelf_manager};
use std::fs;
use std::path::Path;

/// Most bytes of a shelf FRU image: what 16 bits can address.
const SHELF_FRU_LEN_MAX: u64 = 0xffff;

/// Checks what can be checked without the devices: they may come later, and the port says what is
/// missing until then.
pub(super) fn place(ipmb: &config::Ipmb) -> Result<Place, String> {
    for address in [ipmb.address, ipmb.controllers[0], ipmb.controllers[1]] {
        if address & 1 == 1 || !(0x10..=0xee).contains(&address) {
            return Err(format!(
                "chassis: {address:#04x} is no IPMB address; an even number from 0x10 to 0xee is"
            ));
        }
    }
    let buses = match &ipmb.buses[..] {
        [a] => (device(a), None),
        [a, b] => (device(a), Some(device(b))),
        buses => {
            let count = buses.len();
            return Err(format!(
                "chassis: {count} times [[chassis.bus]]; IPMB-0 has one bus, or two"
            ));
        }
    };
    if let (a, Some(b)) = &buses
        && (a.slave == b.slave || a.master == b.master)
    {
        return Err("chassis: both [[chassis.bus]] name the same device".into());
    }
    let shelf_fru = ipmb.shelf_fru.as_deref().map(image).transpose()?;
    Ok(Place {
        session: Config::new(ipmb.address),
        buses,
        own: shelf_manager(ipmb.address, ipmb.controllers, shelf_fru),
    })
}

/// Where it leads, for people.
pub(super) fn address(place: &Place) -> String {
    let (a, b) = &place.buses;
    let devices = [Some(a), b.as_ref()].into_iter().flatten();
    let devices: Vec<_> = devices.map(|bus| bus.slave.display().to_string()).collect();
    format!("{:02X}h on {}", place.session.address, devices.join(", "))
}

fn device(bus: &config::Bus) -> Device {
    Device {
        slave: bus.slave.clone(),
        master: bus.master.clone(),
    }
}

fn image(path: &Path) -> Result<Vec<u8>, String> {
    let name = path.display();
    let refused = |why: std::io::Error| format!("chassis: shelf_fru {name}: {why}");
    let len = fs::metadata(path).map_err(refused)?.len();
    if len > SHELF_FRU_LEN_MAX {
        return Err(format!(
            "chassis: shelf_fru {name}: {len} bytes; at most {SHELF_FRU_LEN_MAX} can be read"
        ));
    }
    let image = fs::read(path).map_err(refused)?;
    match ipmi::fru::decode(&image) {
        Ok(_) => Ok(image),
        Err(why) => Err(format!(
            "chassis: shelf_fru {name} is no FRU image: {why:?}"
        )),
    }
}

#[cfg(test)]
mod tests;
