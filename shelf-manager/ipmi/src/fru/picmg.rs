//! PICMG's records in the multirecord area.
//!
//! Source: PICMG 3.0 R3.0, shelf FRU information and point-to-point connectivity; AMC.0 R2.0 for
//! 16h–1Ah.

use crate::command::{Body, bodies};
use crate::wire::{Counted, Reader, Rest, U24};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// PICMG's manufacturer id, an IANA enterprise number. Source: PICMG 3.0 R3.0, FRU information.
pub const MANUFACTURER: U24 = U24::new(0x00_315a);

bodies! {
    /// Record 04h: how the channels of the slots are wired.
    BackplaneP2p {
        /// One for each slot and channel type.
        slots: Rest<SlotWiring>,
    }

    /// The channels of one slot.
    SlotWiring {
        /// 08h single, 09h double, 0Ah full fabric, 0Bh base, 0Ch update, 0Dh ShMC cross-connect.
        channel_type: u8,
        /// Hardware address of the slot.
        hardware_address: u8,
        /// Bits 7–0: hardware address of the remote slot; 12–8: its channel; 17–13: our channel.
        channels: Counted<U24>,
    }

    /// Record 10h: what sits at which hardware address.
    AddressTable {
        /// Type/length byte of the shelf address.
        address_type: u8,
        /// The shelf address, padded with zeros.
        address: [u8; 20],
        /// The sites.
        sites: Counted<SiteEntry>,
    }

    /// One site of the address table.
    SiteEntry {
        /// Hardware address, 7 bits; twice it is the IPMB-0 address.
        hardware_address: u8,
        /// Site number, from 1.
        number: u8,
        /// Site type.
        kind: u8,
    }

    /// Record 11h: which feed powers what.
    PowerDistribution {
        /// The feeds.
        feeds: Counted<PowerFeed>,
    }

    /// One power feed.
    PowerFeed {
        /// Most that may flow in from outside, 0.1 A.
        external_current_max: u16,
        /// Most that the shelf can carry, 0.1 A; FFFFh is not given.
        internal_current_max: u16,
        /// Lowest expected voltage, 0.5 V; 72–144, anything else is 36 V.
        voltage_min: u8,
        /// What it powers.
        frus: Counted<FedFru>,
    }

    /// One FRU on a feed.
    FedFru {
        /// Hardware address.
        hardware_address: u8,
        /// FRU device id; FEh is every FRU at that address.
        fru_id: u8,
    }

    /// Record 12h: who may be activated, in which order, with how much power.
    Activation {
        /// How long to wait for a FRU to get ready, s.
        allowance_s: u8,
        /// In the order of activation.
        descriptors: Counted<ActivationDescriptor>,
    }

    /// How to activate one FRU.
    ActivationDescriptor {
        /// Hardware address.
        hardware_address: u8,
        /// FRU device id; FEh is every FRU at that address.
        fru_id: u8,
        /// Most power that it may draw, W.
        power_max_w: u16,
        /// Bit 6: the shelf manager activates it; bits 5–0: delay before the next one, 0.1 s.
        properties: u8,
    }

    /// Record 14h: the links that a board has.
    BoardP2p {
        /// GUIDs of OEM link types.
        guids: Counted<[u8; 16]>,
        /// Link descriptors.
        links: Rest<u32>,
    }

    /// Record 16h: what a module draws.
    ModuleCurrent {
        /// 0.1 A at 12 V.
        current: u8,
    }

    /// Record 17h: how a carrier activates its modules.
    CarrierActivation {
        /// Most that all modules may draw, 0.1 A at 12 V.
        current_max: u16,
        /// How long to wait for a module to get ready, s.
        allowance_s: u8,
        /// Each: IPMB-L address, most current in 0.1 A, FFh.
        modules: Counted<[u8; 3]>,
    }

    /// Record 18h: how a carrier wires its modules.
    CarrierP2p {
        /// One for each resource.
        resources: Rest<CarrierResource>,
    }

    /// The ports of one resource.
    CarrierResource {
        /// Bit 7: 1 module, 0 device on the carrier; bits 3–0: its number.
        resource: u8,
        /// Its ports.
        ports: Counted<CarrierPort>,
    }

    /// One port.
    CarrierPort {
        /// Remote resource.
        remote: u8,
        /// Bits 4–0: remote port; 9–5: local port.
        ports: u16,
    }

    /// Record 19h: the links that a module has.
    AmcP2p {
        /// GUIDs of OEM link types.
        guids: Counted<[u8; 16]>,
        /// Bit 7: 1 module, 0 carrier; bits 3–0: device.
        device: u8,
        /// Four ports of five bits each; 1Fh is unused.
        channels: Counted<U24>,
        /// Link descriptors of 40 bits.
        links: Rest<[u8; 5]>,
    }

    /// Record 1Ah: the sites of a carrier.
    CarrierInfo {
        /// AMC.0 version: major in the low nibble, minor in the high one.
        version: u8,
        /// Site numbers.
        sites: Counted<u8>,
    }

    /// Record 1Bh: where the fans are.
    FanGeography {
        /// Which fan tray cools which site.
        entries: Counted<FanEntry>,
    }

    /// One fan tray and a site that it cools.
    FanEntry {
        /// Hardware address of the tray.
        hardware_address: u8,
        /// FRU device id of the tray.
        fru_id: u8,
        /// Site number.
        site_number: u8,
        /// Site type.
        site_kind: u8,
    }
}

impl ActivationDescriptor {
    /// Whether the shelf manager activates the FRU on its own.
    #[must_use]
    pub fn shelf_manager_activates(&self) -> bool {
        self.properties & 0x40 != 0
    }
}

/// A record with its format version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicmgRecord {
    /// Format version, 0 unless the record says otherwise.
    pub version: u8,
    /// What it says.
    pub body: PicmgBody,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PicmgBody {
    /// Record 04h.
    BackplaneP2p(BackplaneP2p),
    /// Record 10h.
    AddressTable(AddressTable),
    /// Record 11h.
    PowerDistribution(PowerDistribution),
    /// Record 12h.
    Activation(Activation),
    /// Record 14h.
    BoardP2p(BoardP2p),
    /// Record 16h.
    ModuleCurrent(ModuleCurrent),
    /// Record 17h.
    CarrierActivation(CarrierActivation),
    /// Record 18h.
    CarrierP2p(CarrierP2p),
    /// Record 19h.
    AmcP2p(AmcP2p),
    /// Record 1Ah.
    CarrierInfo(CarrierInfo),
    /// Record 1Bh.
    FanGeography(FanGeography),
    /// Any other record, and one of the above that ends too early.
    Other {
        /// PICMG record id.
        id: u8,
        /// The bytes behind the format version.
        bytes: Vec<u8>,
    },
}

/// One record id with its body.
macro_rules! kinds {
    ($($id:literal $name:ident,)*) => {
        fn read_body(id: u8, bytes: &[u8]) -> PicmgBody {
            let body = match id {
                $($id => $name::read(&mut Reader::new(bytes)).map(PicmgBody::$name).ok(),)*
                _ => None,
            };
            body.unwrap_or_else(|| PicmgBody::Other { id, bytes: bytes.to_vec() })
        }

        fn write_body(body: &PicmgBody) -> (u8, Vec<u8>) {
            let mut out = Vec::new();
            let id = match body {
                $(PicmgBody::$name(body) => {
                    Body::write(body, &mut out);
                    $id
                })*
                PicmgBody::Other { id, bytes } => {
                    out.extend_from_slice(bytes);
                    *id
                }
            };
            (id, out)
        }
    };
}

kinds! {
    0x04 BackplaneP2p,
    0x10 AddressTable,
    0x11 PowerDistribution,
    0x12 Activation,
    0x14 BoardP2p,
    0x16 ModuleCurrent,
    0x17 CarrierActivation,
    0x18 CarrierP2p,
    0x19 AmcP2p,
    0x1a CarrierInfo,
    0x1b FanGeography,
}

/// Reads the data of a multirecord; `None` when it is not PICMG's.
pub(super) fn decode(data: &[u8]) -> Option<PicmgRecord> {
    let (manufacturer, rest) = data.split_first_chunk::<3>()?;
    let [id, version, bytes @ ..] = rest else {
        return None;
    };
    let is_picmg = U24(*manufacturer) == MANUFACTURER;
    is_picmg.then(|| PicmgRecord {
        version: *version,
        body: read_body(*id, bytes),
    })
}

/// Writes the data of a multirecord.
pub(super) fn encode(record: &PicmgRecord) -> Vec<u8> {
    let (id, mut bytes) = write_body(&record.body);
    let mut out = MANUFACTURER.0.to_vec();
    out.extend_from_slice(&[id, record.version]);
    out.append(&mut bytes);
    out
}
