//! Bytes that others wrote down: they must come out, and be read, as they are.

use crate::command::app::{
    DeviceId, EnableMessageChannelReceive, GetDeviceId, GetMessage, InfoString, MasterRead,
    MasterWriteRead, MessageChannelReceive, QueuedMessage, SetSystemInfoParameters, SystemInfo,
};
use crate::command::chassis::{
    BootFlags, BootOption, GetSystemBootOptions, SetSystemBootOptions, SystemBootOptions,
};
use crate::command::payload::{ActivatePayload, PayloadActivated, payload_type, sol_activation};
use crate::command::sensor::{GetDeviceSdr, SetSensorThresholds};
use crate::command::session::{
    ChannelAuthenticationCapabilities, ChannelCipherSuites, GetChannelAuthenticationCapabilities,
    GetChannelCipherSuites, GetSessionChallenge, GetSessionInfo, LanConsole, SessionChallenge,
    SessionInfo, THIS_CHANNEL, privilege,
};
use crate::command::storage::{
    AllocationInfo, ClearSdrRepository, GetSdrRepositoryAllocationInfo, PartialAddSdr, RecordId,
    WriteFruData,
};
use crate::command::transport::{
    BmcArpStatus, GetIpStatistics, GetLanConfiguration, LanParameter, SerialParameter,
    SetLanConfiguration, SetSolConfiguration, SolParameter, SuspendBmcArps,
};
use crate::command::user::{
    GetUserAccess, SetUserAccess, SetUserPassword, SetUserPayloadAccess, UserAccess, UserPayloads,
    password,
};
use crate::command::watchdog::{
    DONT_LOG, GetWatchdogTimer, SetWatchdogTimer, WatchdogTimer, pre_timeout, timeout_action,
    timer_use,
};
use crate::command::{Command, Parameters};
use crate::message::Response;
use crate::tests::bytes;
use crate::wire::U24;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

/// The request in hexadecimal digits: network function, command, data.
fn request<C: Command + Debug + PartialEq>(command: &C, hex: &str) {
    let expected = bytes(hex);
    let message = command.request();
    assert_eq!(
        [message.net_fn.0, message.command],
        expected[..2],
        "{command:?}"
    );
    assert_eq!(message.data, expected[2..], "{command:?}");
    assert_eq!(C::read_request(&message).as_ref(), Ok(command));
}

/// The response in hexadecimal digits: completion code, data.
fn response<C: Command>(body: &C::Response, hex: &str)
where
    C::Response: Debug + PartialEq,
{
    let expected = bytes(hex);
    let message = C::respond(body);
    assert_eq!(
        (message.code.0, &message.data[..]),
        (expected[0], &expected[1..])
    );
    let read = C::read_response(&Response {
        code: message.code,
        data: expected[1..].to_vec(),
    });
    assert_eq!(read.as_ref(), Ok(body));
}

/// tests/msgs/test_bmc.py and test_device_messaging.py of kontron/python-ipmi.
#[test]
fn messages_of_python_ipmi() {
    let device = DeviceId {
        device_id: 0x0c,
        revision: 0x89,
        firmware_major: 0,
        firmware_minor: 0,
        ipmi_version: 2,
        support: 0x3d,
        manufacturer: U24::new(15_000),
        product: 5310,
        auxiliary: Some([4, 0, 2, 0]),
    };
    response::<GetDeviceId>(&device, "00 0c 89 00 00 02 3d 983a00 be14 04000200");
    let plain = DeviceId {
        auxiliary: None,
        ..device
    };
    response::<GetDeviceId>(&plain, "00 0c 89 00 00 02 3d 983a00 be14");
    request(
        &EnableMessageChannelReceive {
            channel: 1,
            operation: 1,
        },
        "06 32 01 01",
    );
    let receives = MessageChannelReceive {
        channel: 1,
        enabled: 1,
    };
    response::<EnableMessageChannelReceive>(&receives, "00 01 01");
    let queued = QueuedMessage {
        channel: 0x21,
        message: vec![0xaa, 0xff, 0xff, 0xee],
    };
    response::<GetMessage>(&queued, "00 21 aaffffee");
    let read = MasterWriteRead {
        bus: 0x45,
        address: 0x74,
        read_count: 5,
        write: Vec::new(),
    };
    request(&read, "06 52 45 74 05");
    response::<MasterWriteRead>(
        &MasterRead {
            data: bytes("11223344"),
        },
        "00 11 22 33 44",
    );
}

/// tests/msgs/test_device_messaging.py of kontron/python-ipmi.
#[test]
fn sessions_of_python_ipmi() {
    request(
        &GetChannelAuthenticationCapabilities {
            channel: 0x86,
            privilege: 5,
        },
        "06 38 86 05",
    );
    let capabilities = ChannelAuthenticationCapabilities {
        channel: 1,
        types: 0x15,
        status: 0x19,
        extended: 0x44,
        oem: U24::new(0x77_6655),
        oem_auxiliary: 0x88,
    };
    response::<GetChannelAuthenticationCapabilities>(&capabilities, "00 01 15 19 44 556677 88");
    let challenge = GetSessionChallenge {
        authentication_type: 1,
        user_name: *b"0123456789abcdef",
    };
    request(&challenge, "06 39 01 30313233343536373839616263646566");
    let challenge = SessionChallenge {
        session: 0x1112_1314,
        challenge: *b"0123456789abcdef",
    };
    response::<GetSessionChallenge>(&challenge, "00 14131211 30313233343536373839616263646566");
}

/// tests/msgs/test_device_messaging.py of kontron/python-ipmi.
#[test]
fn users_of_python_ipmi() {
    let set = SetUserPassword {
        user: 2,
        operation: password::SET,
        password: b"password\0\0\0\0\0\0\0\0".to_vec(),
    };
    request(&set, "06 47 02 02 70617373776f7264 0000000000000000");
    request(
        &GetUserAccess {
            channel: 1,
            user: 2,
        },
        "06 44 01 02",
    );
    let access = UserAccess {
        users_max: 10,
        enabled: 0x42,
        fixed_names: 1,
        access: 0x13,
    };
    response::<GetUserAccess>(&access, "00 0a 42 01 13");
    let access = SetUserAccess {
        channel: 0x91,
        user: 2,
        privilege: privilege::OPERATOR,
        session_limit: Some(0),
    };
    request(&access, "06 43 91 02 03 00");
}

/// tests/msgs/test_sdr.py, test_sensor.py and test_fru.py of kontron/python-ipmi.
#[test]
fn records_of_python_ipmi() {
    let allocation = AllocationInfo {
        units: 0x2211,
        unit_size: 0x4433,
        free_units: 0x6655,
        largest_free: 0x8877,
        record_max: 0xaa,
    };
    response::<GetSdrRepositoryAllocationInfo>(&allocation, "00 1122 3344 5566 7788 aa");
    let part = PartialAddSdr {
        reservation: 0x2211,
        record: 0x4433,
        offset: 0xaa,
        progress: 0x0a,
        data: vec![0x55, 0x44],
    };
    request(&part, "0a 25 1122 3344 aa 0a 5544");
    response::<PartialAddSdr>(&RecordId { record: 0x2211 }, "00 1122");
    let clear = ClearSdrRepository {
        action: 1,
        ..ClearSdrRepository::start(0x2211)
    };
    request(&clear, "0a 27 1122 434c52 01");
    let sdr = GetDeviceSdr {
        reservation: 0x0123,
        record: 0x4567,
        offset: 0x89,
        count: 0xab,
    };
    request(&sdr, "04 21 2301 6745 89 ab");
    let thresholds = SetSensorThresholds {
        number: 0x55,
        mask: 0x08,
        thresholds: [0, 0, 0, 0xaa, 0, 0],
    };
    request(&thresholds, "04 26 55 08 000000aa0000");
    let write = WriteFruData {
        fru_id: 1,
        offset: 0x302,
        data: vec![4, 5],
    };
    request(&write, "0a 12 01 0203 0405");
}

/// tests/msgs/test_chassis.py and tests/test_chassis.py of kontron/python-ipmi.
#[test]
fn boot_options_of_python_ipmi() {
    let get = GetSystemBootOptions {
        parameter: 5,
        set: 0,
        block: 0,
    };
    request(&get, "00 09 05 00 00");
    let options = SystemBootOptions {
        version: 1,
        parameter: 0x85,
        data: bytes("0008000000"),
    };
    response::<GetSystemBootOptions>(&options, "00 01 85 0008000000");
    let set = SetSystemBootOptions {
        parameter: 0x85,
        data: bytes("7008000000"),
    };
    request(&set, "00 08 85 7008000000");
    let setup = BootFlags {
        validity: 0b1110_0000,
        device: 0b0001_1000,
        firmware: 0,
        mux: 0,
        instance: 0,
    };
    let setup = BootOption::Flags(setup);
    assert_eq!(setup.data(), [0b1110_0000, 0b0001_1000, 0, 0, 0]);
    assert_eq!(BootOption::decode(5, &setup.data()), Ok(setup));
}

/// What ipmitool sends (lib/ipmi_sol.c, lib/ipmi_lanp.c, src/plugins/lanplus/lanplus.c), and the
/// VLAN data of tests/test_lan.py of kontron/python-ipmi.
#[test]
fn requests_of_ipmitool() {
    let capabilities = GetChannelAuthenticationCapabilities {
        channel: 0x80 | THIS_CHANNEL,
        privilege: privilege::ADMINISTRATOR,
    };
    request(&capabilities, "06 38 8e 04");
    let suites = GetChannelCipherSuites {
        channel: THIS_CHANNEL,
        payload_type: payload_type::IPMI,
        list_index: 0x80,
    };
    request(&suites, "06 54 0e 00 80");
    let suites = ChannelCipherSuites {
        channel: 1,
        records: bytes("c003014181 c011034481"),
    };
    response::<GetChannelCipherSuites>(&suites, "00 01 c003014181 c011034481");
    let get = GetLanConfiguration {
        channel: 1,
        parameter: 3,
        set: 0,
        block: 0,
    };
    request(&get, "0c 02 01 03 00 00");
    let address = Parameters {
        revision: 0x11,
        data: vec![192, 168, 1, 1],
    };
    response::<GetLanConfiguration>(&address, "00 11 c0a80101");
    let parameter = LanParameter::decode(get.parameter, &address.data);
    assert_eq!(parameter, Ok(LanParameter::IpAddress([192, 168, 1, 1])));
    let vlan = SetLanConfiguration {
        channel: 1,
        parameter: LanParameter::VlanId(0x818a),
    };
    request(&vlan, "0c 01 01 14 8a81");
    let enable = SetSolConfiguration {
        channel: 1,
        parameter: SolParameter::Enable(1),
    };
    request(&enable, "0c 21 01 01 01");
    request(
        &GetIpStatistics {
            channel: 1,
            clear: 1,
        },
        "0c 04 01 01",
    );
    let payloads = UserPayloads {
        standard: 2,
        reserved: 0,
        oem: 0,
        reserved_oem: 0,
    };
    let access = SetUserPayloadAccess {
        channel: 1,
        user: 3,
        payloads,
    };
    request(&access, "06 4c 01 03 02 00 00 00");
}

/// SOL: an activation as ipmitool asks for it, its answer in the layout of FreeIPMI's templates.
#[test]
fn payload_activation() {
    let flags = sol_activation::ENCRYPTED | sol_activation::AUTHENTICATED;
    let activate = ActivatePayload {
        payload_type: payload_type::SOL,
        instance: 1,
        auxiliary: [flags, 0, 0, 0],
    };
    request(&activate, "06 48 01 01 c0000000");
    let activated = PayloadActivated {
        auxiliary: [0; 4],
        inbound_size_max: 255,
        outbound_size_max: 255,
        port: 623,
        vlan: 0xffff,
    };
    response::<ActivatePayload>(&activated, "00 00000000 ff00 ff00 6f02 ffff");
}

/// A session of a remote console as ipmitool's get_session_info_rsp lays it out; without one the
/// answer ends behind the counts.
#[test]
fn session_info() {
    request(&GetSessionInfo::by_index(0), "06 3d 00");
    request(&GetSessionInfo::by_handle(3), "06 3d fe 03");
    request(&GetSessionInfo::by_id(0x0200_0018), "06 3d ff 18000002");
    let console = SessionInfo {
        handle: 3,
        possible: 64,
        active: 1,
        user: Some(2),
        privilege: Some(privilege::ADMINISTRATOR),
        channel: Some(0x11),
        medium: bytes("0a000001 525400123456 e8fd"),
    };
    response::<GetSessionInfo>(&console, "00 03 40 01 02 04 11 0a000001 525400123456 e8fd");
    let lan = LanConsole {
        address: [10, 0, 0, 1],
        mac_address: [0x52, 0x54, 0x00, 0x12, 0x34, 0x56],
        port: 65_000,
    };
    assert_eq!(console.lan(), Some(lan));
    let none = SessionInfo {
        handle: 0,
        active: 0,
        user: None,
        privilege: None,
        channel: None,
        medium: Vec::new(),
        ..console
    };
    response::<GetSessionInfo>(&none, "00 00 40 00");
    assert_eq!(none.lan(), None);
}

/// The watchdog and the strings of the system in the layout of FreeIPMI's templates.
#[test]
fn layouts_of_freeipmi() {
    let set = SetWatchdogTimer {
        timer_use: DONT_LOG | timer_use::SMS_OS,
        actions: pre_timeout::NMI | timeout_action::HARD_RESET,
        pre_timeout_s: 5,
        expired: 1 << timer_use::SMS_OS,
        initial: 600,
    };
    request(&set, "06 24 84 21 05 10 5802");
    let timer = WatchdogTimer {
        timer_use: 0x44,
        actions: 0x21,
        pre_timeout_s: 5,
        expired: 0,
        initial: 600,
        present: 599,
    };
    response::<GetWatchdogTimer>(&timer, "00 44 21 05 00 5802 5702");
    let name = InfoString {
        set: 0,
        data: bytes("00 03 636d6d"),
    };
    let name = SetSystemInfoParameters {
        parameter: SystemInfo::SystemName(name),
    };
    request(&name, "06 58 02 00 00 03 636d6d");
    request(
        &SuspendBmcArps {
            channel: 1,
            suspend: 3,
        },
        "0c 03 01 03",
    );
    response::<SuspendBmcArps>(&BmcArpStatus { active: 0 }, "00 00");
}

/// How many bytes of `data` a parameter of each selector takes.
macro_rules! widths {
    ($parameter:ident, $data:expr) => {
        $parameter::SELECTORS
            .iter()
            .map(|selector| {
                let parameter = $parameter::decode(*selector, $data).unwrap();
                (*selector, parameter.data().len())
            })
            .collect::<Vec<_>>()
    };
}

/// The widths of the parameters that end with a field, as FreeIPMI's templates and wireshark's
/// packet-ipmi-transport.c and packet-ipmi-chassis.c have them; 32 takes all that there is.
#[test]
fn widths_of_parameters() {
    let data: Vec<u8> = (0..32).collect();
    let lan = [1, 1, 5, 4, 1, 6, 4, 3, 2, 2, 1, 1, 4, 6, 4, 6];
    // Those between say where alerts go: they are event filtering's.
    let lan = (0..).zip(lan).chain((20..).zip([2, 1, 1, 32, 9, 4, 6]));
    assert_eq!(widths!(LanParameter, &data), lan.collect::<Vec<_>>());
    let sol = [1, 1, 1, 2, 2, 1, 1, 1, 2];
    assert_eq!(
        widths!(SolParameter, &data),
        (0..).zip(sol).collect::<Vec<_>>()
    );
    let boot = [1, 1, 1, 1, 2, 5, 9, 32];
    assert_eq!(
        widths!(BootOption, &data),
        (0..).zip(boot).collect::<Vec<_>>()
    );
    let selectors = [0, 1, 2, 3, 4, 6, 7, 8, 14, 15, 16, 18, 29];
    let serial = selectors
        .into_iter()
        .zip([1, 1, 5, 1, 1, 1, 2, 2, 1, 18, 1, 1, 2]);
    assert_eq!(widths!(SerialParameter, &data), serial.collect::<Vec<_>>());
}
