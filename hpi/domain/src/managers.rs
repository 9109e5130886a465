//! Redundancy of the shelf manager: which CMM is active, whether another one could take over, and
//! the control that makes it do so. They are instruments of the shelf manager's resource.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, `SaHpiXtca.h`, for their numbers. Of their types, states and
//! readings the header says nothing: they are as implementations of the mapping have them (openhpi
//! 3.8.0, `atca_vshm_rdrs.c`, for redundancy; Artesyn 6806800P20C §4.5.6–4.5.8 for the others).

use crate::abilities::add_rdr;
use crate::mapping::SHELF_MANAGER_ADDRESS;
use crate::{
    ControlLimit, Domain, Effect, FruAddress, KeptControl, KeptSensor, Out, Resource, SensorInput,
    SensorSettings,
};
use hpi_model::entity::{ADVANCEDTCA_CHASSIS, SHELF_MANAGER, SHELF_MANAGER_SLOT};
use hpi_model::instrument::{
    ControlMode, ControlOutput, ControlRec, ControlState, ControlType, DigitalState,
};
use hpi_model::{
    DataFormat, EntityPath, EventCategory, EventControl, EventKind, EventState, HpiError,
    Instrument, ModifierUse, Range, ReadingType, ResourceId, SensorRec, SensorType, SensorUnits,
    Severity, ThresholdDefinition, Thresholds,
};
use serde::{Deserialize, Serialize};

/// `XTCAHPI_SENSOR_NUM_REDUNDANCY`. Source: `SaHpiXtca.h`.
const REDUNDANCY: u32 = 0x1001;
/// `XTCAHPI_SENSOR_NUM_ACTIVE`.
const ACTIVE: u32 = 0x1002;
/// `XTCAHPI_SENSOR_NUM_STANDBY`.
const STANDBY: u32 = 0x1003;
/// `XTCAHPI_CTRL_NUM_FAILOVER`.
pub(crate) const FAILOVER: u32 = 0x1010;

/// `SAHPI_ES_FULLY_REDUNDANT`.
const FULLY_REDUNDANT: EventState = EventState(0x01);
/// `SAHPI_ES_NON_REDUNDANT_SUFFICIENT_RESOURCES`.
const ALONE: EventState = EventState(0x10);
/// `SAHPI_ES_NON_REDUNDANT_INSUFFICIENT_RESOURCES`.
const NOBODY: EventState = EventState(0x20);
/// `SAHPI_ES_ABSENT`.
pub(crate) const ABSENT: EventState = EventState(0x01);
/// `SAHPI_ES_PRESENT`.
pub(crate) const PRESENT: EventState = EventState(0x02);

/// The FRU that stands for whichever CMM is active.
const FRU: FruAddress = FruAddress {
    address: SHELF_MANAGER_ADDRESS,
    fru_id: 0,
};

/// The CMMs that serve the shelf, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Managers {
    /// Who does; `None` before anybody has said so.
    pub active: Option<u32>,
    /// Who would take over, the first of several.
    pub standby: Option<u32>,
}

impl Managers {
    fn redundancy(self) -> EventState {
        match (self.active, self.standby) {
            (None, _) => NOBODY,
            (Some(_), None) => ALONE,
            (Some(_), Some(_)) => FULLY_REDUNDANT,
        }
    }
}

impl Domain {
    /// Which CMMs serve the shelf now. Users hear what is another than before, a takeover too,
    /// though somebody is active before and after it.
    pub(crate) fn managed_by(&mut self, managers: Managers, out: &mut Out<'_>) {
        let before = core::mem::replace(&mut self.managers, managers);
        let had_standby = self.had_standby;
        self.had_standby |= managers.standby.is_some();
        let Some(&id) = self.by_fru.get(&FRU).filter(|_| before != managers) else {
            return;
        };
        if self.had_standby != had_standby {
            self.begin_alerts(id, out);
        }
        self.renew_managers();
        self.sensed(id, out);
        let seats = [
            (ACTIVE, before.active, managers.active),
            (STANDBY, before.standby, managers.standby),
        ];
        for (num, was, is) in seats {
            if was.is_some() && is.is_some() && was != is {
                self.say_again(id, num, out);
            }
        }
        out.touched.push(id);
    }

    /// Choice: that nobody would take over is an event, and an alarm, once somebody would have: a
    /// shelf with one CMM lacks nothing. Users may change that.
    fn begin_alerts(&mut self, id: ResourceId, out: &mut Out<'_>) {
        if let Some(change) = self.resources.get_mut(&id).and_then(begin_telling) {
            let kind = EventKind::SensorEnableChange(change);
            self.say(out.event(id, Severity::Informational, kind), out);
        }
    }

    /// A state is entered again, by another CMM.
    fn say_again(&mut self, id: ResourceId, num: u32, out: &mut Out<'_>) {
        let resource = self.resources.get(&id);
        let again = resource.and_then(|resource| resource.entered_again(num, PRESENT));
        if let Some((severity, event)) = again {
            self.say(out.event(id, severity, EventKind::Sensor(event)), out);
        }
    }

    /// What the sensors read follows; nobody is told, as resources come and go by themselves.
    pub(crate) fn renew_managers(&mut self) {
        let Managers { active, standby } = self.managers;
        let inputs = [
            (REDUNDANCY, SensorInput::Known(self.managers.redundancy())),
            (ACTIVE, self.seat(active)),
            (STANDBY, self.seat(standby)),
        ];
        let id = self.by_fru.get(&FRU);
        let Some(resource) = id.and_then(|id| self.resources.get_mut(id)) else {
            return;
        };
        for (num, input) in inputs {
            if let Some(sensor) = resource.kept.sensors.get_mut(&num) {
                sensor.input = input;
            }
        }
    }

    /// Choice: the CMM of number n is the board in shelf manager slot n; where there is none,
    /// nobody knows which resource it is.
    fn seat(&self, cmm: Option<u32>) -> SensorInput {
        let found = cmm.and_then(|cmm| {
            let path = EntityPath::root_first(&[
                (ADVANCEDTCA_CHASSIS, self.shelf_number),
                (SHELF_MANAGER_SLOT, cmm),
                (SHELF_MANAGER, 0),
            ]);
            let id = self.ids.get(&path)?;
            self.resources.contains_key(id).then_some(*id)
        });
        SensorInput::Manager {
            is_there: cmm.is_some(),
            resource: found.unwrap_or(ResourceId::UNSPECIFIED),
        }
    }

    /// The shelf manager came into the table: its sensors begin as things are.
    pub(crate) fn begin_managers(&mut self, id: ResourceId) {
        if self.fru_of(id) != Some(FRU) {
            return;
        }
        let tells = self.had_standby;
        let (managers, present) = (self.managers, |it: Option<u32>| {
            it.map_or(ABSENT, |_| PRESENT)
        });
        let states = [
            (REDUNDANCY, managers.redundancy(), tells),
            (ACTIVE, present(managers.active), true),
            (STANDBY, present(managers.standby), true),
        ];
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let sensors = states.map(|(num, states, tells)| (num, begun(num, states, tells)));
        resource.kept.sensors.extend(sensors);
        let failover = KeptControl::new(&failover(), ControlLimit::Pulses);
        resource.kept.controls.insert(FAILOVER, failover);
        self.renew_managers();
    }

    /// Choice: who would take over is asked to as an operator does who runs no older software
    /// there; whether it did is told by the sensors.
    pub(crate) fn fail_over(
        &self,
        id: ResourceId,
        state: Option<&ControlState>,
        out: &mut Out<'_>,
    ) -> Result<(), HpiError> {
        let pulse = ControlState::Digital(DigitalState::PulseOn);
        if self.fru_of(id) != Some(FRU) || state != Some(&pulse) {
            return Ok(());
        }
        if self.managers.standby.is_none() {
            return Err(HpiError::InvalidRequest);
        }
        out.effects.push(Effect::FailOver);
        Ok(())
    }
}

/// Gives the shelf manager its records.
pub(crate) fn add(resource: &mut Resource) {
    let sensors = [
        (REDUNDANCY, "Shelf manager redundancy"),
        (ACTIVE, "Active shelf manager"),
        (STANDBY, "Standby shelf manager"),
    ];
    for (num, name) in sensors {
        add_rdr(resource, Instrument::Sensor(rec(num)), name);
    }
    add_rdr(resource, Instrument::Control(failover()), "Failover");
}

/// Whether this is the resource that has them.
pub(crate) fn is_of(fru: FruAddress) -> bool {
    fru == FRU
}

fn rec(num: u32) -> SensorRec {
    let presence = SensorRec {
        num,
        kind: SensorType::EntityPresence,
        category: EventCategory::Presence,
        enable_control: true,
        event_control: EventControl::PerEvent,
        events: EventState(ABSENT.0 | PRESENT.0),
        data_format: Some(resource_id()),
        thresholds: ThresholdDefinition::default(),
        oem: 0,
    };
    if num == REDUNDANCY {
        return SensorRec {
            kind: SensorType::Operational,
            category: EventCategory::Redundancy,
            events: EventState(FULLY_REDUNDANT.0 | ALONE.0 | NOBODY.0),
            data_format: None,
            ..presence
        };
    }
    presence
}

/// A `SaHpiResourceIdT`, for which HPI has no type of readings; `SAHPI_UNSPECIFIED_RESOURCE_ID`
/// where nobody is there, or nobody knows.
fn resource_id() -> DataFormat {
    DataFormat {
        reading: ReadingType::Uint64,
        base_units: SensorUnits::Unspecified,
        modifier_units: SensorUnits::Unspecified,
        modifier_use: ModifierUse::None,
        percentage: false,
        range: Range::default(),
        accuracy_micro: 0,
    }
}

/// Choice: states exclude each other, so only that one is entered is told.
fn begun(num: u32, states: EventState, events_enabled: bool) -> KeptSensor {
    KeptSensor {
        input: SensorInput::Known(states),
        settings: SensorSettings {
            enabled: true,
            events_enabled,
            assert_mask: rec(num).events,
            deassert_mask: EventState::default(),
            thresholds: Thresholds::default(),
        },
        states,
    }
}

/// The first time that there is a standby, the sensor of redundancy begins to tell.
fn begin_telling(resource: &mut Resource) -> Option<hpi_model::SensorEnableChange> {
    let kept = resource.kept.sensors.get_mut(&REDUNDANCY)?;
    let was = core::mem::replace(&mut kept.settings.events_enabled, true);
    (!was).then(|| crate::kept::enable_change(&rec(REDUNDANCY), kept))
}

fn failover() -> ControlRec {
    ControlRec {
        num: FAILOVER,
        output: ControlOutput::Generic,
        kind: ControlType::Digital(DigitalState::Off),
        default_mode: ControlMode::Manual,
        mode_read_only: true,
        write_only: false,
        oem: 0,
    }
}
