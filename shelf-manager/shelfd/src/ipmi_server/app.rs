//! Application commands. Source: IPMI v2.0 §20–§22.

use super::{Outcome, SUB_FUNCTION_DISABLED, View, group, refuse, with};
use ipmi::command::app::{
    AcpiPowerState, ColdReset, DeviceId, GetAcpiPowerState, GetDeviceGuid, GetDeviceId,
    GetSelfTestResults, GetSystemGuid, GetSystemInfoParameters, Guid, InfoString, SelfTestResults,
    SetAcpiPowerState, SetSystemInfoParameters, SystemInfo, WarmReset, support,
};
use ipmi::command::{Body, Command, PARAMETER_REVISION, Parameters, parameter_code};
use ipmi::message::{CompletionCode, Request};
use ipmi::wire::{Reader, U24};

/// Version 2.0. Source: IPMI v2.0 §20.1.
const IPMI_VERSION: u8 = 0x02;
/// Initialization in progress. Source: IPMI v2.0 §20.1.
const INITIALIZING: u8 = 0x80;
/// No error. Source: IPMI v2.0 §20.4.
const SELF_TEST_OK: u8 = 0x55;

/// Answers; `None` when there is no such command here.
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
        WarmReset::COMMAND => with(request, |WarmReset {}| Err(SUB_FUNCTION_DISABLED)),
        GetAcpiPowerState::COMMAND => with(request, |GetAcpiPowerState {}| Ok(WORKING)),
        SetAcpiPowerState::COMMAND => with(request, |SetAcpiPowerState { .. }| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        GetSystemInfoParameters::COMMAND => with(request, |asked| info(view, &asked)),
        SetSystemInfoParameters::COMMAND => set_info(request),
        _ => return None,
    })
}

/// System and device work. Source: IPMI v2.0 §20.7.
const WORKING: AcpiPowerState = AcpiPowerState {
    system: 0,
    device: 0,
};
/// Only the revision is wanted. Source: IPMI v2.0 §22.14b.
const REVISION_ONLY: u8 = 0x80;
/// Encoding of strings: UTF-8. Source: IPMI v2.0 Table 22-16c.
const UTF_8: u8 = 1;
/// Bytes of a string in one set. Source: IPMI v2.0 Table 22-16c.
const SET_LEN: usize = 16;
/// Sets of a string. Source: IPMI v2.0 Table 22-16c: 64 bytes at least.
const SETS: usize = 4;

/// Get System Info Parameters.
fn info(view: View<'_>, asked: &GetSystemInfoParameters) -> Result<Parameters, CompletionCode> {
    let data = if asked.revision_only & REVISION_ONLY == 0 {
        parameter(view, asked)?.data()
    } else {
        Vec::new()
    };
    let revision = PARAMETER_REVISION;
    Ok(Parameters { revision, data })
}

/// Choice: the system is the shelf; the operating systems are those of blades, which we do not
/// know.
fn parameter(
    view: View<'_>,
    asked: &GetSystemInfoParameters,
) -> Result<SystemInfo, CompletionCode> {
    let text = match asked.parameter {
        0 => return Ok(SystemInfo::SetInProgress(0)),
        1 => concat!("OpenShelf ", env!("CARGO_PKG_VERSION")).to_owned(),
        2 => group::shelf_name(view).unwrap_or_else(|| "OpenShelf".into()),
        _ => return Err(parameter_code::NOT_SUPPORTED),
    };
    let length = u8::try_from(text.len()).map_err(|_| CompletionCode::CANNOT_RETURN)?;
    let mut bytes = [&[UTF_8, length], text.as_bytes()].concat();
    // As many sets as each string has room for: tools read on behind the end of a short one.
    bytes.resize(SETS * SET_LEN, 0);
    let data = bytes.chunks(SET_LEN).nth(usize::from(asked.set));
    let data = data.ok_or(CompletionCode::INVALID_FIELD)?.to_vec();
    let set = asked.set;
    let string = InfoString { set, data };
    Ok(match asked.parameter {
        1 => SystemInfo::FirmwareVersion(string),
        _ => SystemInfo::SystemName(string),
    })
}

/// Choice: what the system says about itself comes from the shelf's inventory, and is not set here.
fn set_info(request: &Request) -> Outcome {
    refuse(
        request,
        match request.data[..] {
            [0..=2, _, ..] => parameter_code::READ_ONLY,
            [_, _, ..] => parameter_code::NOT_SUPPORTED,
            _ => CompletionCode::LENGTH_INVALID,
        },
    )
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
