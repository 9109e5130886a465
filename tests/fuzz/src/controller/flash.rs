//! The flash memory of a controller, as its orders leave it.
//!
//! A bank that is damaged must never be the active one.

use ipmc::firmware::{Firmware, HEADER_LEN};
use ipmc::hpm::FlashOrder;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::wire::U24;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(super) struct Flash {
    /// Banks for uploads; absent until they are erased.
    uploads: BTreeMap<u8, Vec<u8>>,
}

impl Flash {
    pub(super) fn order(&mut self, order: &FlashOrder) {
        match order {
            FlashOrder::Erase { component } => drop(self.uploads.insert(*component, Vec::new())),
            FlashOrder::Write {
                component,
                offset,
                data,
            } => {
                let bank = self.uploads.get_mut(component);
                let bank = bank.expect("a bank is erased before it is written");
                assert_eq!(bank.len(), *offset as usize, "a gap in the bank");
                bank.extend_from_slice(data);
            }
            FlashOrder::Activate { components } => {
                for component in (0..8).filter(|bit| components >> bit & 1 == 1) {
                    let bank = self.uploads.remove(&component);
                    let bank = bank.expect("something was uploaded");
                    assert!(is_whole(&bank), "damaged firmware is booted: {bank:02x?}");
                }
            }
            FlashOrder::Backup { .. } | FlashOrder::Rollback { .. } => (),
        }
    }
}

/// Whether these bytes are what their header says, as whoever made it computes it.
fn is_whole(bytes: &[u8]) -> bool {
    let Some((header, program)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return false;
    };
    let [
        _,
        _,
        _,
        _,
        _,
        component,
        m0,
        m1,
        m2,
        p0,
        p1,
        major,
        minor,
        auxiliary @ ..,
    ] = *header;
    let [a0, a1, a2, a3, ..] = auxiliary;
    let version = FirmwareVersion {
        major,
        minor,
        auxiliary: [a0, a1, a2, a3],
    };
    let product = (U24([m0, m1, m2]), u16::from_le_bytes([p0, p1]));
    Firmware::of(component, product, version, program).with(program) == bytes
}
