//! Application commands. Source: IPMI v2.0 §20–§22.

use super::{Outcome, SUB_FUNCTION_DISABLED, View, with};
use ipmi::command::app::{
    BmcGlobalEnables, ColdReset, DeviceId, GetBmcGlobalEnables, GetDeviceGuid, GetDeviceId,
    GetSelfTestResults, GetSystemGuid, Guid, SelfTestResults, enables, support,
};
use ipmi::command::{Body, Command};
use ipmi::message::Request;
use ipmi::wire::{Reader, U24};

/// Version 2.0. Source: IPMI v2.0 §20.1.
const IPMI_VERSION: u8 = 0x02;
/// Initialization in progress. Source: IPMI v2.0 §20.1.
const INITIALIZING: u8 = 0x80;
/// No error. Source: IPMI v2.0 §20.4.
const SELF_TEST_OK: u8 = 0x55;

/// Answers; `None` when there is no such command here. There is no watchdog timer: it would watch
/// over the host that we run on.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        GetDeviceId::COMMAND => with(request, |GetDeviceId {}| Ok(device_id(view))),
        ColdReset::COMMAND => with(request, |ColdReset {}| Err(SUB_FUNCTION_DISABLED)),
        GetSelfTestResults::COMMAND => with(request, |GetSelfTestResults {}| {
            let (result, detail) = (SELF_TEST_OK, 0);
            Ok(SelfTestResults { result, detail })
        }),
        GetDeviceGuid::COMMAND => with(request, |GetDeviceGuid {}| Ok(Guid { guid: view.guid })),
        GetSystemGuid::COMMAND => with(request, |GetSystemGuid {}| Ok(Guid { guid: view.guid })),
        GetBmcGlobalEnables::COMMAND => with(request, |GetBmcGlobalEnables {}| {
            let enables = enables::SYSTEM_EVENT_LOG;
            Ok(BmcGlobalEnables { enables })
        }),
        _ => return None,
    })
}

/// Choice: manufacturer and product are those of the hardware at 20h, the firmware version is ours,
/// and so is what the device supports.
fn device_id(view: View<'_>) -> DeviceId {
    let own = view.manager().map(|entry| &entry.description.device_id);
    let own = own.and_then(|bytes| DeviceId::read(&mut Reader::new(bytes)).ok());
    let (major, minor) = version();
    let initializing = if own.is_some() { 0 } else { INITIALIZING };
    DeviceId {
        device_id: own.as_ref().map_or(0, |own| own.device_id),
        revision: own.as_ref().map_or(0, |own| own.revision & 0x0f),
        firmware_major: initializing | major,
        firmware_minor: minor,
        ipmi_version: IPMI_VERSION,
        support: support::SENSOR
            | support::SDR_REPOSITORY
            | support::SEL
            | support::FRU_INVENTORY
            | support::EVENT_RECEIVER
            | support::BRIDGE
            | support::CHASSIS,
        manufacturer: own.as_ref().map_or(U24([0; 3]), |own| own.manufacturer),
        product: own.as_ref().map_or(0, |own| own.product),
        auxiliary: Some([0; 4]),
    }
}

/// Version of this program: 7 bits, and two BCD digits.
fn version() -> (u8, u8) {
    let part = |text: &str| text.parse::<u8>().unwrap_or(0);
    let (major, minor) = (
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")) % 100,
    );
    (major & 0x7f, ((minor / 10) << 4) | (minor % 10))
}
