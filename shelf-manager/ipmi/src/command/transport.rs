//! Transport commands: LAN, serial/modem and serial-over-LAN configuration.
//!
//! Source: IPMI v2.0 §23, §25 and §26.

#[cfg(doc)]
use super::pef::LanAlertParameter;
use super::{Empty, Parameters, bodies, commands, parameters};
use alloc::vec::Vec;

bodies! {
    /// Set LAN Configuration Parameters. Source: IPMI v2.0 §23.1.
    SetLanConfiguration {
        /// Bits 3–0: channel.
        channel: u8,
        /// What to set.
        parameter: LanParameter,
    }

    /// Get LAN Configuration Parameters; [`LanParameter::decode`] reads the answer.
    /// Source: IPMI v2.0 §23.2.
    GetLanConfiguration {
        /// Bit 7: asks for the revision only; bits 3–0: channel.
        channel: u8,
        /// Which parameter, the selectors of [`LanParameter`].
        parameter: u8,
        /// Which set of it.
        set: u8,
        /// Which block of the set.
        block: u8,
    }

    /// Suspend BMC ARPs. Source: IPMI v2.0 §23.3.
    SuspendBmcArps {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bit 1: suspends ARP responses; 0: suspends gratuitous ARPs.
        suspend: u8,
    }

    /// Answer to Suspend BMC ARPs.
    BmcArpStatus {
        /// Bit 1: ARP responses are sent; 0: gratuitous ARPs are sent.
        active: u8,
    }

    /// Get IP/UDP/RMCP Statistics. Source: IPMI v2.0 §23.4.
    GetIpStatistics {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bit 0: clears them.
        clear: u8,
    }

    /// Answer to Get IP/UDP/RMCP Statistics; every count stays at FFFFh.
    IpStatistics {
        /// IP packets received.
        ip_received: u16,
        /// IP header errors.
        ip_header_errors: u16,
        /// IP address errors.
        ip_address_errors: u16,
        /// Fragmented IP packets received.
        ip_fragments: u16,
        /// IP packets sent.
        ip_sent: u16,
        /// UDP packets received.
        udp_received: u16,
        /// Valid RMCP packets received.
        rmcp_received: u16,
        /// UDP proxy packets received.
        proxy_received: u16,
        /// UDP proxy packets dropped.
        proxy_dropped: u16,
    }

    /// Cipher suites of a channel: LAN parameter 23.
    CipherSuites {
        /// Reserved, 0.
        reserved: u8,
        /// Ids of at most 16 suites.
        ids: Vec<u8>,
    }

    /// Highest privilege level of each cipher suite: LAN parameter 24.
    CipherSuitePrivileges {
        /// Reserved, 0.
        reserved: u8,
        /// Four bits for each suite in the order of parameter 23, the first one lowest.
        levels: [u8; 8],
    }

    /// VLAN of an alert destination: LAN parameter 25.
    LanDestinationVlan {
        /// Bits 3–0: destination; 0 is the volatile one.
        destination: u8,
        /// Bits 7–4: 0 no tag, 1 802.1q tag.
        format: u8,
        /// Bits 15–13: priority; 12: CFI; 11–0: VLAN id.
        tag: Option<u16>,
    }

    /// When a user is locked out: LAN parameter 26.
    BadPasswordThreshold {
        /// Bit 0: an event is sent.
        flags: u8,
        /// Bad passwords in a row; 0 no limit.
        attempts: u8,
        /// After how long the count starts anew, 10 s; 0 never.
        reset_interval: u16,
        /// How long the user is locked out, 10 s; 0 until enabled again.
        lockout_interval: u16,
    }
}

parameters! {
    /// A LAN configuration parameter. Addresses have the most significant byte first. Those that
    /// say where alerts go, 16–19, are [`LanAlertParameter`]s. Source: IPMI v2.0 Table 23-4.
    LanParameter {
        /// Set in progress, bits 1–0: 0 complete, 1 in progress, 2 commit.
        0 SetInProgress(u8),
        /// Authentication types there are: bits 5 OEM, 4 password, 2 MD5, 1 MD2, 0 none.
        1 AuthenticationSupport(u8),
        /// Those enabled, the same bits for callback, user, operator, administrator, OEM level.
        2 AuthenticationEnables([u8; 5]),
        /// IP address.
        3 IpAddress([u8; 4]),
        /// Bits 3–0: 0 unspecified, 1 static, 2 DHCP, 3 BIOS or software, 4 other protocol.
        4 IpAddressSource(u8),
        /// MAC address.
        5 MacAddress([u8; 6]),
        /// Subnet mask.
        6 SubnetMask([u8; 4]),
        /// Time to live; flags (bits 7–5); precedence (bits 7–5) and type of service (bits 4–1).
        7 Ipv4Header([u8; 3]),
        /// Primary RMCP port.
        8 PrimaryRmcpPort(u16),
        /// Secondary RMCP port.
        9 SecondaryRmcpPort(u16),
        /// Bit 1: ARP responses; 0: gratuitous ARPs.
        10 ArpControl(u8),
        /// Interval of gratuitous ARPs, 500 ms.
        11 GratuitousArpInterval(u8),
        /// Default gateway.
        12 DefaultGateway([u8; 4]),
        /// MAC address of the default gateway.
        13 DefaultGatewayMac([u8; 6]),
        /// Backup gateway.
        14 BackupGateway([u8; 4]),
        /// MAC address of the backup gateway.
        15 BackupGatewayMac([u8; 6]),
        /// Bit 15: on; bits 11–0: VLAN id.
        20 VlanId(u16),
        /// Bits 2–0: VLAN priority.
        21 VlanPriority(u8),
        /// Bits 4–0: how many cipher suites there are.
        22 CipherSuiteCount(u8),
        /// Which cipher suites there are.
        23 CipherSuites(CipherSuites),
        /// What they allow.
        24 CipherSuitePrivileges(CipherSuitePrivileges),
        /// Destination VLAN tag.
        25 DestinationVlan(LanDestinationVlan),
        /// Bad password threshold.
        26 BadPasswordThreshold(BadPasswordThreshold),
    }

    /// A serial/modem configuration parameter. Source: IPMI v2.0 Table 25-4.
    SerialParameter {
        /// Set in progress, bits 1–0: 0 complete, 1 in progress, 2 commit.
        0 SetInProgress(u8),
        /// Authentication types there are: bits 5 OEM, 4 password, 2 MD5, 1 MD2, 0 none.
        1 AuthenticationSupport(u8),
        /// Those enabled, the same bits for callback, user, operator, administrator, OEM level.
        2 AuthenticationEnables([u8; 5]),
        /// Bit 7: direct, not modem; enabled modes: 2 terminal, 1 PPP, 0 basic.
        3 ConnectionMode(u8),
        /// Bits 3–0: session inactivity timeout, 30 s; 0 none.
        4 InactivityTimeout(u8),
        /// What ends a session: bit 1 inactivity, 0 loss of DCD.
        6 SessionTermination(u8),
        /// Bits 7–6 flow control (0 none, 1 RTS/CTS, 2 XON/XOFF), 5 DTR hang-up; then bits 3–0 bit
        /// rate (6 9600, 7 19200, 8 38400, 9 57600, 10 115200).
        7 CommSettings([u8; 2]),
        /// When the multiplexer switches; sharing and pings.
        8 MuxControl([u8; 2]),
        /// Page blackout interval, min.
        14 PageBlackoutInterval(u8),
        /// Community string of PET traps, filled up with zeros.
        15 CommunityString([u8; 18]),
        /// Bits 3–0: how many non-volatile destinations there are.
        16 DestinationCount(u8),
        /// Call retry interval, s.
        18 CallRetryInterval(u8),
        /// Line editing, delete, echo, handshake; then bits 7–4 output, 3–0 input newline.
        29 TerminalMode([u8; 2]),
    }

    /// A serial-over-LAN configuration parameter. Source: IPMI v2.0 Table 26-5.
    SolParameter {
        /// Set in progress, bits 1–0: 0 complete, 1 in progress, 2 commit.
        0 SetInProgress(u8),
        /// Bit 0: SOL is on.
        1 Enable(u8),
        /// Bit 7: encryption forced; 6: authentication forced; 3–0: lowest privilege level.
        2 Authentication(u8),
        /// When characters are sent.
        3 Characters(SolCharacters),
        /// When packets are sent again.
        4 Retry(SolRetry),
        /// Bits 3–0: non-volatile bit rate, as in [`SerialParameter::CommSettings`]; 0 the same as
        /// for IPMI over serial.
        5 NonVolatileBitRate(u8),
        /// Bits 3–0: volatile bit rate.
        6 VolatileBitRate(u8),
        /// Channel of the payload.
        7 PayloadChannel(u8),
        /// UDP port of the payload.
        8 PayloadPort(u16),
    }
}

bodies! {
    /// When SOL characters are sent.
    SolCharacters {
        /// How long to wait for more characters, 5 ms; not 0.
        accumulate_interval: u8,
        /// How many characters are sent at once.
        send_threshold: u8,
    }

    /// When SOL packets are sent again.
    SolRetry {
        /// Bits 2–0: how often.
        count: u8,
        /// After how long, 10 ms; 0 at once.
        interval: u8,
    }

    /// Set Serial/Modem Configuration. Source: IPMI v2.0 §25.1.
    SetSerialConfiguration {
        /// Bits 3–0: channel.
        channel: u8,
        /// What to set.
        parameter: SerialParameter,
    }

    /// Get Serial/Modem Configuration; [`SerialParameter::decode`] reads the answer.
    /// Source: IPMI v2.0 §25.2.
    GetSerialConfiguration {
        /// Bit 7: asks for the revision only; bits 3–0: channel.
        channel: u8,
        /// Which parameter, the selectors of [`SerialParameter`].
        parameter: u8,
        /// Which set of it.
        set: u8,
        /// Which block of the set.
        block: u8,
    }

    /// Set Serial/Modem Mux. Source: IPMI v2.0 §25.3.
    SetSerialMux {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bits 3–0: 0 ask; 1 request, 3 force to the system; 2 request, 4 force to the
        /// controller; 5 block, 6 allow requests to the system; 7 block, 8 allow requests to the
        /// controller.
        setting: u8,
    }

    /// Answer to Set Serial/Modem Mux.
    SerialMuxStatus {
        /// Bit 7: requests to switch to the system are blocked; 6: to the controller; 3: an alert
        /// and 2: messages are in progress; 1: the request was accepted; 0: now at the controller.
        status: u8,
    }

    /// Get TAP Response Codes. Source: IPMI v2.0 §25.4.
    GetTapResponseCodes {
        /// Bits 3–0: channel.
        channel: u8,
    }

    /// Answer to Get TAP Response Codes.
    TapResponseCodes {
        /// Five codes of three characters, the latest first.
        codes: [u8; 15],
    }

    /// Set PPP UDP Proxy Transmit Data. Source: IPMI v2.0 §25.5.
    SetPppTransmitData {
        /// Bits 3–0: channel.
        channel: u8,
        /// Which block of 16 bytes, from 0.
        block: u8,
        /// The bytes.
        data: [u8; 16],
    }

    /// Get PPP UDP Proxy Transmit Data. Source: IPMI v2.0 §25.6.
    GetPppTransmitData {
        /// Bits 3–0: channel.
        channel: u8,
        /// Which block of 16 bytes, from 0.
        block: u8,
    }

    /// Answer to Get PPP UDP Proxy Transmit Data.
    PppTransmitData {
        /// The bytes.
        data: [u8; 16],
    }

    /// Send PPP UDP Proxy Packet: sends what Set PPP UDP Proxy Transmit Data brought.
    /// Source: IPMI v2.0 §25.7.
    SendPppPacket {
        /// Bits 3–0: channel.
        channel: u8,
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Source IP address, most significant byte first.
        source_address: [u8; 4],
        /// Destination IP address, most significant byte first.
        destination_address: [u8; 4],
        /// How many bytes to send.
        length: u16,
    }

    /// Get PPP UDP Proxy Receive Data. Source: IPMI v2.0 §25.8.
    GetPppReceiveData {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bit 7: clears the buffer; 6–0: which block of 16 bytes from 1, 0 asks for the length.
        block: u8,
    }

    /// Answer to Get PPP UDP Proxy Receive Data.
    PppReceiveData {
        /// Two bytes of length for block 0, else at most 16 bytes.
        data: Vec<u8>,
    }

    /// Serial/Modem Connection Active: the controller tells the remote console.
    /// Source: IPMI v2.0 §25.9.
    SerialConnectionActive {
        /// Bit 0: 1 the connection becomes active, 0 a mux switch follows.
        state: u8,
        /// IPMI version, as in Get Device ID.
        ipmi_version: u8,
    }

    /// Callback. Source: IPMI v2.0 §25.10.
    Callback {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bits 3–0: destination.
        destination: u8,
    }

    /// Set User Callback Options. Source: IPMI v2.0 §25.11.
    SetUserCallbackOptions {
        /// Bits 5–0: user id.
        user: u8,
        /// Bits 3–0: channel.
        channel: u8,
        /// The options.
        options: UserCallbackOptions,
    }

    /// Get User Callback Options. Source: IPMI v2.0 §25.12.
    GetUserCallbackOptions {
        /// Bits 5–0: user id.
        user: u8,
        /// Bits 3–0: channel.
        channel: u8,
    }

    /// Callback options of a user; answers Get User Callback Options.
    UserCallbackOptions {
        /// Bit 1: CBCP callback; 0: IPMI callback.
        capabilities: u8,
        /// Bits: 3 from a list, 2 number of the user's, 1 number set in advance, 0 none.
        negotiation: u8,
        /// Destinations; FFh none.
        destinations: [u8; 3],
    }

    /// SOL Activating: the controller tells the remote console of a serial session.
    /// Source: IPMI v2.0 §26.1.
    SolActivating {
        /// Bits 3–0: session state.
        state: u8,
        /// Payload instance.
        instance: u8,
        /// Major format version, 1.
        version_major: u8,
        /// Minor format version, 0.
        version_minor: u8,
    }

    /// Set SOL Configuration Parameters. Source: IPMI v2.0 §26.2.
    SetSolConfiguration {
        /// Bits 3–0: channel.
        channel: u8,
        /// What to set.
        parameter: SolParameter,
    }

    /// Get SOL Configuration Parameters; [`SolParameter::decode`] reads the answer.
    /// Source: IPMI v2.0 §26.3.
    GetSolConfiguration {
        /// Bit 7: asks for the revision only; bits 3–0: channel.
        channel: u8,
        /// Which parameter, the selectors of [`SolParameter`].
        parameter: u8,
        /// Which set of it.
        set: u8,
        /// Which block of the set.
        block: u8,
    }
}

commands! { TRANSPORT, None;
    0x01 SetLanConfiguration => Empty;
    0x02 GetLanConfiguration => Parameters;
    0x03 SuspendBmcArps => BmcArpStatus;
    0x04 GetIpStatistics => IpStatistics;
    0x10 SetSerialConfiguration => Empty;
    0x11 GetSerialConfiguration => Parameters;
    0x12 SetSerialMux => SerialMuxStatus;
    0x13 GetTapResponseCodes => TapResponseCodes;
    0x14 SetPppTransmitData => Empty;
    0x15 GetPppTransmitData => PppTransmitData;
    0x16 SendPppPacket => Empty;
    0x17 GetPppReceiveData => PppReceiveData;
    0x18 SerialConnectionActive => Empty;
    0x19 Callback => Empty;
    0x1a SetUserCallbackOptions => Empty;
    0x1b GetUserCallbackOptions => UserCallbackOptions;
    0x20 SolActivating => Empty;
    0x21 SetSolConfiguration => Empty;
    0x22 GetSolConfiguration => Parameters;
}
