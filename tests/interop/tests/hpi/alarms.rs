//! The domain alarm table, the shelf's annunciator, and what disabling a sensor does to both.

use crate::clients::run_at;
use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Chassis, Shelfd, Site, wait_until};
use openhpi_wire::function::*;
use openhpi_wire::types::{
    Alarm, Announcement, Condition, EntityPath, EventData, Name, RdrTypeUnion, Text,
};
use serde_json::{Value, json};

/// `SAHPI_ALL_SEVERITIES`.
const ALL: u32 = 0xff;
/// `SAHPI_LAST_ENTRY`.
const LAST: u32 = u32::MAX;
/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;
/// `SAHPI_ERR_HPI_NOT_PRESENT`.
const NOT_PRESENT: i32 = -1011;
/// `SAHPI_STATUS_COND_TYPE_USER`.
const USER: u32 = 3;
/// Number of the shelf's annunciator. Source: SAIM-HPI-B.03.02-xTCA.
const TELCO_ALARM: u32 = 0x1000;

struct Client {
    raw: Raw,
    session: u32,
}

impl Client {
    fn of(shelfd: &Shelfd) -> Self {
        let (raw, session) = Raw::open(shelfd.hpi());
        Self { raw, session }
    }

    /// Resource and number of an instrument, by the type of its record and its name, once it is
    /// discovered.
    fn instrument(&mut self, is_it: impl Fn(&RdrTypeUnion, &[u8]) -> bool) -> (u32, u32) {
        wait_until(PATIENCE, "the instrument", || {
            self.find(&is_it).ok_or("no resource has it".into())
        })
    }

    fn find(&mut self, is_it: impl Fn(&RdrTypeUnion, &[u8]) -> bool) -> Option<(u32, u32)> {
        let session = self.session;
        let mut entry = 0;
        while entry != LAST {
            let rpt = self.raw.call(&RptEntryGet { session, entry });
            let rpt = rpt.expect("it is in the table");
            let resource = rpt.entry.resource;
            let mut record = 0;
            while record != LAST {
                let call = RdrGet {
                    session,
                    resource,
                    entry: record,
                };
                // Some resources have no records.
                let Ok(rdr) = self.raw.call(&call) else {
                    break;
                };
                if is_it(&rdr.entry.instrument, &rdr.entry.id.data) {
                    return Some((resource, num(&rdr.entry.instrument)));
                }
                record = rdr.next;
            }
            entry = rpt.next;
        }
        None
    }

    /// The processor's temperature of the first blade.
    fn cpu(&mut self) -> (u32, u32) {
        self.instrument(|instrument, name| {
            matches!(instrument, RdrTypeUnion::Sensor(_)) && name == b"B1 CPU Temp"
        })
    }

    /// The resource that has the shelf's annunciator.
    fn shelf(&mut self) -> u32 {
        let is_it = |rec: &RdrTypeUnion, _: &[u8]| matches!(rec, RdrTypeUnion::Annunciator(_));
        let (shelf, annunciator) = self.instrument(is_it);
        assert_eq!(annunciator, TELCO_ALARM);
        shelf
    }

    fn alarms(&mut self) -> Vec<Alarm> {
        let session = self.session;
        let mut alarms = Vec::new();
        let mut alarm = alarm("");
        alarm.id = 0;
        loop {
            let call = AlarmGetNext {
                session,
                severity: ALL,
                unacknowledged: false,
                alarm,
            };
            match self.raw.call(&call) {
                Ok(next) => {
                    alarms.push(next.clone());
                    alarm = next;
                }
                Err(why) => {
                    assert_eq!(why, NOT_PRESENT);
                    return alarms;
                }
            }
        }
    }

    /// What the shelf announces.
    fn announced(&mut self, resource: u32) -> Vec<Announcement> {
        let (session, annunciator) = (self.session, TELCO_ALARM);
        let mut all = Vec::new();
        let mut announcement = Announcement {
            entry: 0,
            timestamp: 0,
            added_by_user: false,
            severity: 0,
            acknowledged: false,
            condition: alarm("").condition,
        };
        loop {
            let call = AnnunciatorGetNext {
                session,
                resource,
                annunciator,
                severity: ALL,
                unacknowledged: false,
                announcement,
            };
            let Ok(next) = self.raw.call(&call) else {
                return all;
            };
            all.push(next.clone());
            announcement = next;
        }
    }

    /// The severities of all alarms, once they are these.
    fn expect(&mut self, severities: &[u32]) -> Vec<Alarm> {
        wait_until(PATIENCE, "alarms come or go", || {
            let alarms = self.alarms();
            let found: Vec<u32> = alarms.iter().map(|alarm| alarm.severity).collect();
            (found == severities)
                .then_some(alarms)
                .ok_or_else(|| format!("{found:?}, not {severities:?}"))
        })
    }

    /// Events of the log that say that what is told of a sensor changed.
    fn enable_changes(&mut self) -> Vec<bool> {
        let (session, resource) = (self.session, u32::MAX);
        let (mut entry, mut found) = (0, Vec::new());
        while entry != NO_MORE {
            let call = EventLogEntryGet {
                session,
                resource,
                entry,
            };
            let logged = self.raw.call(&call).expect("it is there");
            if let EventData::SensorEnableChange(change) = logged.entry.event.data {
                found.push(change.event_enable);
            }
            entry = logged.next;
        }
        found
    }
}

fn num(instrument: &RdrTypeUnion) -> u32 {
    if let RdrTypeUnion::Sensor(rec) = instrument {
        return rec.num;
    }
    if let RdrTypeUnion::Annunciator(rec) = instrument {
        return rec.num;
    }
    panic!("nobody looks for {instrument:?}");
}

/// What a user adds.
fn alarm(words: &str) -> Alarm {
    Alarm {
        id: 0,
        timestamp: 0,
        severity: 2,
        acknowledged: false,
        condition: Condition {
            kind: USER,
            entity: EntityPath::default(),
            domain: u32::MAX,
            resource: u32::MAX,
            sensor: 0,
            event_state: 0,
            name: Name::default(),
            manufacturer: 0,
            data: Text {
                data_type: 3,
                language: 25,
                data: words.into(),
            },
        },
    }
}

/// How many alarms `shelfctl alarm` lists, and of which kind.
fn listed(shelfd: &Shelfd) -> Vec<(Value, Value)> {
    let view = shelfd.ctl(&["alarm"]);
    let alarms = view["alarms"].as_array().expect("a list").clone();
    let of = |alarm: &Value| (alarm["kind"].clone(), alarm["acknowledged"].clone());
    alarms.iter().map(of).collect()
}

// 90 °C is beyond the minor and the major threshold of the blade's processor.
#[test]
fn a_hot_blade_is_an_alarm_for_everybody_until_it_is_cool_or_nobody_may_know() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start_with_hpi(&chassis);
    discovered(&shelfd);
    let mut client = Client::of(&shelfd);
    let ((blade, sensor), shelf) = (client.cpu(), client.shelf());
    chassis.set_sensor(Site::BLADE_1, 1, 90);
    let alarms = client.expect(&[2, 1]);
    for alarm in &alarms {
        let condition = &alarm.condition;
        assert_eq!((condition.resource, condition.sensor), (blade, sensor));
    }
    assert_eq!(client.announced(shelf).len(), 2);
    let session = client.session;
    let (id, severity) = (alarms[0].id, 0);
    let acknowledge = AlarmAcknowledge {
        session,
        alarm: id,
        severity,
    };
    assert_eq!(client.raw.call(&acknowledge), Ok(()));
    let alarm = alarm("on the phone");
    let added = client.raw.call(&AlarmAdd { session, alarm });
    assert_eq!(added.map(|alarm| alarm.severity), Ok(2));
    let xml = run_at(shelfd.hpi(), "hpixml");
    for shown in [
        "<ActiveAlarms>3<",
        "<MinorAlarms>2<",
        "<MajorAlarms>1<",
        "on the phone",
    ] {
        assert!(xml.contains(shown), "{shown} in {xml}");
    }
    let domain = run_at(shelfd.hpi(), "hpidomain");
    assert!(domain.contains("ActiveAlarms: 3"), "{domain}");
    // All of it is on the log.
    shelfd.kill9();
    shelfd.restart();
    let (seen, unseen) = (json!(true), json!(false));
    let kinds = [
        (json!("sensor"), seen),
        (json!("sensor"), unseen.clone()),
        (json!("user"), unseen),
    ];
    assert_eq!(listed(&shelfd), kinds);
    discovered(&shelfd);
    let (raw, session) = Raw::open(shelfd.hpi());
    let mut client = Client { raw, session };
    let enable = |enabled| SensorEventEnableSet {
        session,
        resource: blade,
        sensor,
        enabled,
    };
    assert_eq!(client.raw.call(&enable(false)), Ok(()));
    client.expect(&[2]);
    assert_eq!(client.announced(shelf).len(), 1, "the user's own");
    assert_eq!(client.raw.call(&enable(true)), Ok(()));
    let again = client.expect(&[2, 2, 1]);
    assert!(
        again[1..]
            .iter()
            .all(|alarm| alarm.id > id && !alarm.acknowledged)
    );
    assert_eq!(client.enable_changes(), [false, true]);
    chassis.set_sensor(Site::BLADE_1, 1, 45);
    client.expect(&[2]);
}

// Nobody listened when it became hot, and nothing is left in the log.
#[test]
fn a_blade_that_was_hot_before_is_an_alarm_as_soon_as_it_is_read_twice() {
    let chassis = Chassis::start();
    chassis.set_sensor(Site::BLADE_1, 1, 90);
    chassis.ipmitool(&["sel", "clear"]);
    let shelfd = Shelfd::start_with_hpi(&chassis);
    let mut client = Client::of(&shelfd);
    client.expect(&[2, 1]);
}
