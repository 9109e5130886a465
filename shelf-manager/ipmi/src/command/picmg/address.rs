//! Who and where a controller is, and who the shelf manager is.
//!
//! Source: PICMG 3.0 R3.0, command table.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get PICMG Properties.
    GetPicmgProperties {}

    /// Answer to Get PICMG Properties.
    PicmgProperties {
        /// Extension version: major in the low nibble, minor in the high one; 2.2 is 22h.
        version: u8,
        /// Highest FRU device id.
        fru_id_max: u8,
        /// FRU device id of the controller itself, 0.
        own_fru_id: u8,
    }

    /// Get Address Info. Without fields: about the responder's FRU 0.
    GetAddressInfo {
        /// FRU device id.
        fru_id: Option<u8>,
        /// Kind of `key`: 0 hardware address, 1 IPMB-0 address, 3 physical address.
        key_type: Option<u8>,
        /// The key.
        key: Option<u8>,
        /// Site type, for a physical address.
        site_type: Option<u8>,
    }

    /// Answer to Get Address Info.
    AddressInfo {
        /// Hardware address, 7 bits.
        hardware_address: u8,
        /// IPMB-0 address, 8 bits.
        ipmb_address: u8,
        /// Reserved, FFh.
        reserved: u8,
        /// FRU device id.
        fru_id: u8,
        /// Site number.
        site_number: u8,
        /// Site type.
        site_type: u8,
    }

    /// Get Shelf Address Info.
    GetShelfAddressInfo {}

    /// Answer to Get Shelf Address Info.
    ShelfAddressInfo {
        /// Type/length byte and the address.
        address: Vec<u8>,
    }

    /// Set Shelf Address Info.
    SetShelfAddressInfo {
        /// Type/length byte and the address, at most 20 bytes of it.
        address: Vec<u8>,
    }

    /// Get Device Locator Record ID.
    GetDeviceLocatorRecordId {
        /// FRU device id.
        fru_id: u8,
        /// Where to start to search.
        start: Option<u16>,
    }

    /// Answer to Get Device Locator Record ID.
    DeviceLocatorRecordId {
        /// Record id.
        record: u16,
    }

    /// Get Shelf Manager IPMB Addresses.
    GetShelfManagerIpmbAddresses {}

    /// Answer to Get Shelf Manager IPMB Addresses.
    ShelfManagerIpmbAddresses {
        /// Address of the active shelf manager's own controller.
        active: u8,
        /// Address of the backup's.
        backup: u8,
    }

    /// Get Shelf Manager IP Addresses.
    GetShelfManagerIpAddresses {
        /// Which of the addresses, from 0.
        index: u8,
    }

    /// Answer to Get Shelf Manager IP Addresses.
    ShelfManagerIpAddress {
        /// When the addresses were changed last, s since 1970.
        changed: u32,
        /// How many addresses there are.
        count: u8,
        /// Site type of the controller that has the address.
        site_type: u8,
        /// Its site number.
        site_number: u8,
        /// Longest time that the address is not reachable, in steps of 1 s; 0 is 1 s.
        unavailable_max: u8,
        /// Bit 7: the address of the shelf manager; bits 6–0: 1 IPv4, 60h–7Fh OEM.
        kind: u8,
        /// The address: four bytes and the RMCP port for IPv4, both most significant byte first.
        address: Vec<u8>,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x00 GetPicmgProperties => PicmgProperties;
    0x01 GetAddressInfo => AddressInfo;
    0x02 GetShelfAddressInfo => ShelfAddressInfo;
    0x03 SetShelfAddressInfo => Empty;
    0x0d GetDeviceLocatorRecordId => DeviceLocatorRecordId;
    0x1b GetShelfManagerIpmbAddresses => ShelfManagerIpmbAddresses;
    0x21 GetShelfManagerIpAddresses => ShelfManagerIpAddress;
}

impl GetAddressInfo {
    /// About a FRU of the responder.
    #[must_use]
    pub const fn of_fru(fru_id: u8) -> Self {
        Self {
            fru_id: Some(fru_id),
            key_type: None,
            key: None,
            site_type: None,
        }
    }
}

/// Kind of an IP address: IPv4. Source: PICMG 3.0 R3.0, Get Shelf Manager IP Addresses.
const KIND_IPV4: u8 = 0x01;
/// The address is the shelf manager's own.
const KIND_SHELF_MANAGER: u8 = 0x80;

impl ShelfManagerIpAddress {
    /// The bytes of `kind` and `address` for an IPv4 address of the shelf manager, or of another
    /// controller.
    #[must_use]
    pub fn of_ipv4(is_shelf_manager: bool, address: [u8; 4], port: u16) -> (u8, Vec<u8>) {
        let own = if is_shelf_manager {
            KIND_SHELF_MANAGER
        } else {
            0
        };
        let [high, low] = port.to_be_bytes();
        let [a, b, c, d] = address;
        (own | KIND_IPV4, [a, b, c, d, high, low].to_vec())
    }

    /// IPv4 address and RMCP port; `None` when it is another kind of address.
    #[must_use]
    pub fn ipv4(&self) -> Option<([u8; 4], u16)> {
        let (address, port) = self.address.split_first_chunk::<4>()?;
        let port = port.first_chunk::<2>()?;
        let is_ipv4 = self.kind & !KIND_SHELF_MANAGER == KIND_IPV4;
        is_ipv4.then(|| (*address, u16::from_be_bytes(*port)))
    }
}
