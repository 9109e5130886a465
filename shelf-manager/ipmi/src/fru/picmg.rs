//! PICMG's records in the multirecord area.
//!
//! Source: PICMG 3.0 R3.0, shelf FRU information and point-to-point connectivity; AMC.0 R2.0 for
//! 16h–1Ah, 2Ch and 2Dh.

use super::multirecord::records;
use crate::command::{Body, bodies};
use crate::wire::{Counted, Field, Reader, Rest, Truncated, U24};
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

    /// Record 13h: where the shelf manager is on the network. Addresses have the most significant
    /// byte first.
    ShelfManagerIp {
        /// IP address.
        address: [u8; 4],
        /// Default gateway; from format version 1.
        gateway: Option<[u8; 4]>,
        /// Subnet mask; from format version 1.
        subnet_mask: Option<[u8; 4]>,
    }

    /// Record 14h: the links that a board has.
    BoardP2p {
        /// GUIDs of OEM link types.
        guids: Counted<[u8; 16]>,
        /// Link descriptors.
        links: Rest<u32>,
    }

    /// Record 15h: how the links of radial IPMB-0 are wired.
    RadialIpmb {
        /// Who defined the connector, an IANA enterprise number.
        connector_definer: U24,
        /// Version of the connector's definition.
        connector_version: u16,
        /// The hubs.
        hubs: Counted<IpmbHub>,
    }

    /// One hub of radial IPMB-0.
    IpmbHub {
        /// Hardware address.
        hardware_address: u8,
        /// Bits 1–0: 1 IPMB-A, 2 IPMB-B, 3 both.
        coverage: u8,
        /// Its links.
        links: Counted<IpmbLink>,
    }

    /// One link of radial IPMB-0.
    IpmbLink {
        /// Hardware address of the controller at its end.
        hardware_address: u8,
        /// Link number, from 1.
        link: u8,
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

    /// Record 2Ch: how the clocks of a carrier are wired.
    ClockCarrierP2p {
        /// One for each clock resource.
        resources: Counted<ClockResource>,
    }

    /// The clocks of one resource.
    ClockResource {
        /// Bits 7–6: 0 device on the carrier, 1 module, 2 backplane; 3–0: its number.
        resource: u8,
        /// Its clocks.
        clocks: Counted<ClockConnection>,
    }

    /// One clock connection.
    ClockConnection {
        /// Local clock id.
        local: u8,
        /// Remote clock id.
        remote: u8,
        /// Remote resource, as in [`ClockResource`].
        remote_resource: u8,
    }

    /// Record 2Dh: which clocks a module or carrier sends and receives.
    ClockConfiguration {
        /// Resource, as in [`ClockResource`].
        resource: u8,
        /// Its clocks.
        clocks: Counted<ClockDescriptor>,
    }

    /// One clock.
    ClockDescriptor {
        /// Clock id.
        clock: u8,
        /// Bit 0: 0 the carrier's controller, 1 the application activates it.
        control: u8,
        /// How it can be set.
        settings: ClockSettings,
    }

    /// A setting that follows another clock.
    IndirectClock {
        /// Bit 1: through a PLL; 0: source, not receiver.
        features: u8,
        /// Clock id that it follows.
        depends_on: u8,
    }

    /// A setting of its own.
    DirectClock {
        /// Bit 1: through a PLL; 0: source, not receiver.
        features: u8,
        /// Family.
        family: u8,
        /// Accuracy level.
        accuracy: u8,
        /// Frequency, Hz.
        frequency_hz: u32,
        /// Lowest frequency, Hz.
        frequency_hz_min: u32,
        /// Highest frequency, Hz.
        frequency_hz_max: u32,
    }
}

/// The settings of a clock: both counts come before both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSettings {
    /// Those that follow another clock.
    pub indirect: Vec<IndirectClock>,
    /// Those of its own.
    pub direct: Vec<DirectClock>,
}

impl Field for ClockSettings {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        let indirect = reader.u8("indirect clock count")?;
        let direct = reader.u8("direct clock count")?;
        Ok(Self {
            indirect: read_each(reader, indirect, field)?,
            direct: read_each(reader, direct, field)?,
        })
    }

    /// Settings behind the 255th do not fit the count and are left out.
    fn write(&self, out: &mut Vec<u8>) {
        let indirect = u8::try_from(self.indirect.len()).unwrap_or(u8::MAX);
        let direct = u8::try_from(self.direct.len()).unwrap_or(u8::MAX);
        out.extend_from_slice(&[indirect, direct]);
        let indirect = self.indirect.iter().take(usize::from(indirect));
        indirect.for_each(|clock| Body::write(clock, out));
        let direct = self.direct.iter().take(usize::from(direct));
        direct.for_each(|clock| Body::write(clock, out));
    }
}

fn read_each<T: Field>(
    reader: &mut Reader<'_>,
    count: u8,
    field: &'static str,
) -> Result<Vec<T>, Truncated> {
    (0..count).map(|_| T::read(reader, field)).collect()
}

impl ActivationDescriptor {
    /// Whether the shelf manager activates the FRU on its own.
    #[must_use]
    pub fn shelf_manager_activates(&self) -> bool {
        self.properties & 0x40 != 0
    }
}

/// Whether the shelf manager activates a FRU on its own, as the inventory of its shelf says:
/// the address has 8 bits. `None` where the inventory does not say.
#[must_use]
pub fn shelf_manager_activates(shelf: &[u8], address: u8, fru_id: u8) -> Option<bool> {
    let shelf = super::decode(shelf).ok()?;
    let descriptors = shelf.records.iter().filter_map(|record| {
        let PicmgBody::Activation(activation) = record.as_picmg()?.body else {
            return None;
        };
        Some(activation.descriptors.0)
    });
    let mut descriptors = descriptors.flatten().filter(|descriptor| {
        descriptor.hardware_address == address >> 1
            && [fru_id, EVERY_FRU].contains(&descriptor.fru_id)
    });
    let first = descriptors.next()?;
    Some(first.shelf_manager_activates())
}

/// Means every FRU at an address. Source: PICMG 3.0 R3.0, shelf activation and power management
/// record.
const EVERY_FRU: u8 = 0xfe;

/// A record with its format version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicmgRecord {
    /// Format version, 0 unless the record says otherwise.
    pub version: u8,
    /// What it says.
    pub body: PicmgBody,
}

records! {
    /// What a record of PICMG says; the id is PICMG's.
    PicmgBody {
        0x04 BackplaneP2p(BackplaneP2p),
        0x10 AddressTable(AddressTable),
        0x11 PowerDistribution(PowerDistribution),
        0x12 Activation(Activation),
        0x13 ShelfManagerIp(ShelfManagerIp),
        0x14 BoardP2p(BoardP2p),
        0x15 RadialIpmb(RadialIpmb),
        0x16 ModuleCurrent(ModuleCurrent),
        0x17 CarrierActivation(CarrierActivation),
        0x18 CarrierP2p(CarrierP2p),
        0x19 AmcP2p(AmcP2p),
        0x1a CarrierInfo(CarrierInfo),
        0x1b FanGeography(FanGeography),
        0x2c ClockCarrierP2p(ClockCarrierP2p),
        0x2d ClockConfiguration(ClockConfiguration),
    }
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
        body: PicmgBody::decode(*id, bytes),
    })
}

/// Writes the data of a multirecord.
pub(super) fn encode(record: &PicmgRecord) -> Vec<u8> {
    let (id, mut bytes) = record.body.encode();
    let mut out = MANUFACTURER.0.to_vec();
    out.extend_from_slice(&[id, record.version]);
    out.append(&mut bytes);
    out
}
