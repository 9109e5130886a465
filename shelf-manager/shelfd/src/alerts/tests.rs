//! The datagram, byte for byte.

use super::Alerts;
use ipmi::pet::{self, Pet, SpecificTrap};
use pef::Trap;
use std::net::UdpSocket;
use std::time::Duration;

/// Longest wait for a datagram on the loopback.
const LIMIT: Duration = Duration::from_secs(10);

fn trap(to: &UdpSocket) -> Trap {
    let to = to.local_addr().unwrap();
    Trap {
        destination: 1,
        address: to.ip(),
        port: to.port(),
        community: b"public".to_vec(),
        pet: Pet {
            trap: SpecificTrap {
                sensor_type: 0xf0,
                event_type: 0x6f,
                assertion: true,
                offset: 4,
            },
            guid: [0x11; 16],
            sequence: 0x2233,
            local_time: 0x4455_6677,
            utc_offset_min: Some(0),
            trap_source: pet::SOURCE_IPMI,
            event_source: pet::SOURCE_IPMI,
            severity: 0x02,
            sensor_device: 0x41,
            number: 0x05,
            entity: 0xa0,
            entity_instance: 0x60,
            data: [0xa4, 0x03, 0x00, 0, 0, 0, 0, 0],
            language: 0xff,
            manufacturer: 0x315a,
            system: 0x0102,
            oem: Vec::new(),
        },
    }
}

/// What stands in front of the octets, after RFC 1157 §4.1.6 by hand: SNMPv1, community, the trap
/// PDU with its enterprise, 127.0.0.1, generic trap 6, specific trap F06F04h.
const FRONT: &[&[u8]] = &[
    b"\x02\x01\x00\x04\x06public\xa4",
    b"\x06\x09\x2b\x06\x01\x04\x01\x98\x6f\x01\x01\x40\x04\x7f\x00\x00\x01",
    b"\x02\x01\x06\x02\x04\x00\xf0\x6f\x04\x43",
    b"\x06\x0a\x2b\x06\x01\x04\x01\x98\x6f\x01\x01\x01\x04\x2f",
];

#[tokio::test]
async fn a_trap_on_the_wire() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(LIMIT)).unwrap();
    let trap = trap(&receiver);
    let octets = trap.pet.encode();
    let alerts = Alerts::start();
    alerts.send(trap);
    let received = tokio::task::spawn_blocking(move || {
        let mut buffer = [0; 512];
        let count = receiver.recv(&mut buffer).unwrap();
        buffer[..count].to_vec()
    });
    let received = received.await.unwrap();
    let mut rest = received.as_slice();
    for part in FRONT {
        let mut windows = rest.windows(part.len());
        let at = windows.position(|window| window == *part);
        let at = at.unwrap_or_else(|| panic!("{part:02x?} is missing in {received:02x?}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(rest, octets);
}
