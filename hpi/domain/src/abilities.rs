//! Instruments of what a controller can do besides.

use crate::dimi::Dimi;
use crate::fumi::Fumi;
use crate::{Resource, SHELF_MANAGER, chassis};
use hpi_model::firmware::FUMI_PROTOCOL_LOCAL;
use hpi_model::instrument::{DimiRec, FumiRec, WatchdogRec};
use hpi_model::{Instrument, Rdr, TextBuffer};
use ipmi::description::Abilities;

/// Gives the resource of a controller its instruments. The shelf manager has a watchdog in any
/// case: its own.
pub(crate) fn add(resource: &mut Resource, address: u8, abilities: &Abilities) {
    if abilities.watchdog || address == SHELF_MANAGER {
        let rec = WatchdogRec { num: 0, oem: 0 };
        add_rdr(resource, Instrument::Watchdog(rec), "Watchdog");
    }
    if let Some(target) = &abilities.upgrade {
        let fumi = Fumi::of_target(address, target);
        let rec = FumiRec {
            num: 0,
            protocols: FUMI_PROTOCOL_LOCAL,
            capabilities: fumi.capabilities,
            num_banks: fumi.explicit_banks(),
            oem: 0,
        };
        add_rdr(resource, Instrument::Fumi(rec), "Firmware");
        resource.kept.fumis.insert(0, fumi);
    }
    if abilities.self_test {
        let rec = DimiRec { num: 0, oem: 0 };
        add_rdr(resource, Instrument::Dimi(rec), "Self test");
        let dimi = Dimi::of_controller(address);
        resource.kept.dimis.insert(0, dimi);
    }
}

/// Gives a resource an instrument of this name.
pub(crate) fn add_rdr(resource: &mut Resource, instrument: Instrument, name: &str) {
    resource.rdrs.push(Rdr {
        entity: resource.rpt.entity.clone(),
        is_fru: false,
        instrument,
        id: TextBuffer::english(name),
    });
    let capabilities = resource.rpt.capabilities;
    resource.rpt.capabilities = chassis::with_instruments(capabilities, &resource.rdrs);
}
