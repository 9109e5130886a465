//! Firmware upgrade through HPI: a simulated blade gets an image of HPM.1, and says so to
//! `ipmitool`.

use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use chassis::firmware::image;
use interop::{Operator, Place, Shelfd, Simulator, demo, wait_until};
use ipmi::command::Body;
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::hpm::encode;
use ipmi::wire::Reader;
use openhpi_wire::function::*;
use openhpi_wire::types::{Entity, EventData, FumiSpecInfo, Text};
use std::time::Duration;

/// Uploading takes hundreds of messages, and the blade restarts.
const UPGRADE: Duration = Duration::from_secs(60);
/// The blade in slot 13, which nobody else uses: its address, and its entities in the shelf.
const BLADE: &str = "0x9a";
/// `PHYSICAL_SLOT`.
const SLOT: Entity = Entity {
    kind: 0x1_0015,
    location: 13,
};
/// `SAHPI_CAPABILITY_FUMI`.
const FUMI: u32 = 0x1_0000;
/// `SaHpiFumiUpgradeStatusT`.
const VALIDATION_FAILED: u32 = 2;
const VALIDATED: u32 = 3;
const INSTALL_FAILED: u32 = 8;
const INSTALLED: u32 = 9;
const ROLLED_BACK: u32 = 13;
const ACTIVATED: u32 = 31;
/// `SaHpiFumiSourceStatusT`.
const INVALID: u32 = 7;

/// The blade's instrument.
struct Blade {
    raw: Raw,
    session: u32,
    resource: u32,
}

impl Blade {
    fn find(shelfd: &Shelfd) -> Self {
        discovered(shelfd);
        wait_until(PATIENCE, "the blade can be upgraded", || {
            let (mut raw, session) = Raw::open(shelfd.hpi());
            let all = raw.resources(session);
            let mut found = all.iter().filter(|found| found.capabilities & FUMI != 0);
            let found = found.find(|found| found.entity.0.contains(&SLOT));
            let resource = found.map(|found| found.resource);
            let resource = resource.ok_or_else(|| format!("none of {}", all.len()))?;
            Ok(Self {
                raw,
                session,
                resource,
            })
        })
    }

    fn set_source(&mut self, uri: &str) {
        let call = FumiSourceSet {
            session: self.session,
            resource: self.resource,
            fumi: 0,
            bank: 0,
            source_uri: Text {
                data_type: 3,
                language: 25,
                data: uri.into(),
            },
        };
        self.raw.call(&call).expect("it is a URI");
    }

    /// Starts something, and waits until it has ended so.
    #[track_caller]
    fn runs<F: Function<Reply = ()>>(&mut self, call: &F, wanted: u32) {
        self.raw.call(call).expect("it is started");
        wait_until(UPGRADE, &format!("status {wanted}"), || {
            let status = self.status().map_err(|why| why.to_string())?;
            (status == wanted).then_some(()).ok_or(status.to_string())
        });
    }

    fn status(&mut self) -> Result<u32, i32> {
        let (session, resource, fumi, bank) = (self.session, self.resource, 0, 0);
        self.raw.call(&FumiUpgradeStatusGet {
            session,
            resource,
            fumi,
            bank,
        })
    }

    fn validate(&mut self, wanted: u32) {
        let call = FumiSourceInfoValidateStart {
            session: self.session,
            resource: self.resource,
            fumi: 0,
            bank: 0,
        };
        self.runs(&call, wanted);
    }

    /// Versions of what runs, of what waits, and of what can be brought back.
    fn versions(&mut self) -> [(u32, u32); 3] {
        let (session, resource, fumi, bank) = (self.session, self.resource, 0, 0);
        let main = self.raw.call(&FumiTargetInfoGet {
            session,
            resource,
            fumi,
            bank,
        });
        let main = main.expect("it has a logical bank");
        let logical = self.raw.call(&FumiLogicalTargetInfoGet {
            session,
            resource,
            fumi,
        });
        let logical = logical.expect("it has a logical bank");
        let version = |of: &openhpi_wire::types::FumiFirmwareInstanceInfo| {
            (of.major_version, of.minor_version)
        };
        [
            (main.major_version, main.minor_version),
            version(&logical.pending),
            version(&logical.rollback),
        ]
    }
}

fn operator(shelfd: &Shelfd) -> Operator<'_> {
    Operator {
        at: shelfd.rmcp(),
        user: "admin",
        password: "openshelf",
        suite: "17",
    }
}

/// What the blade says that it is, in bytes.
fn device(operator: &Operator<'_>) -> DeviceId {
    let text = operator.ipmitool(&["-t", BLADE, "raw", "6", "1"]);
    let bytes = text.split_whitespace();
    let bytes: Vec<u8> = bytes
        .map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal"))
        .collect();
    DeviceId::read(&mut Reader::new(&bytes)).expect("a device id")
}

/// Waits until the blade has restarted, and says this version.
fn wait_for(operator: &Operator<'_>, version: &str) {
    wait_until(PATIENCE, version, || {
        let output = operator.try_ipmitool(&["-t", BLADE, "mc", "info"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_there = text.contains(&format!("Firmware Revision         : {version}\n"));
        is_there.then_some(()).ok_or(text)
    });
}

/// A file with the application in version 2.17 for the blade; its URI.
fn file(place: &Place, operator: &Operator<'_>, change: impl Fn(&mut Vec<u8>)) -> String {
    let version = FirmwareVersion {
        major: 2,
        minor: 0x17,
        auxiliary: [0, 0, 0, 1],
    };
    let mut bytes = encode(&image(&device(operator), &version));
    change(&mut bytes);
    let path = place.file("image.hpm");
    std::fs::write(&path, bytes).expect("a folder of our own");
    format!("file://{}", path.display())
}

/// `SaHpiFumiUpgradeStatusT` of all events that wait.
fn told(blade: &mut Blade) -> Vec<u32> {
    let (session, timeout, mut statuses) = (blade.session, 0, Vec::new());
    while let Ok(event) = blade.raw.call(&EventGet { session, timeout }) {
        if let EventData::Fumi(fumi) = event.event.data {
            statuses.push(fumi.status);
        }
    }
    statuses
}

// What HPI's users install and activate is what runs, as another tool sees; what ran before comes
// back on request. Each step is told by events.
#[test]
fn a_blade_is_upgraded_and_rolled_back() {
    let (shelfd, place) = (demo(), Place::new("fumi"));
    let mut blade = Blade::find(&shelfd);
    let operator = operator(&shelfd);
    let (session, resource, fumi, bank) = (blade.session, blade.resource, 0, 0);
    let spec = FumiSpecInfoGet {
        session,
        resource,
        fumi,
    };
    let spec = blade.raw.call(&spec).expect("it has an instrument");
    assert!(
        matches!(spec, FumiSpecInfo::SafDefined(ref hpm) if hpm.spec == 0),
        "{spec:?}"
    );
    blade.raw.call(&Subscribe { session }).expect("it is open");
    blade.set_source(&file(&place, &operator, |_| ()));
    blade.validate(VALIDATED);
    let install = FumiInstallStart {
        session,
        resource,
        fumi,
        bank,
    };
    blade.runs(&install, INSTALLED);
    assert_eq!(blade.versions(), [(1, 0), (2, 17), (1, 0)]);
    let activate = FumiActivateStart {
        session,
        resource,
        fumi,
        logical: true,
    };
    blade.runs(&activate, ACTIVATED);
    wait_for(&operator, "2.17");
    assert_eq!(blade.versions(), [(2, 17), (0, 0), (1, 0)]);
    let rollback = FumiRollbackStart {
        session,
        resource,
        fumi,
    };
    blade.runs(&rollback, ROLLED_BACK);
    wait_for(&operator, "1.00");
    assert_eq!(told(&mut blade), [1, 3, 5, 9, 27, 31, 11, 13]);
}

#[test]
fn a_damaged_image_is_not_installed() {
    let (shelfd, place) = (demo(), Place::new("fumi"));
    let mut blade = Blade::find(&shelfd);
    let operator = operator(&shelfd);
    blade.set_source(&file(&place, &operator, |bytes| bytes[100] ^= 1));
    blade.validate(VALIDATION_FAILED);
    let (session, resource, fumi, bank) = (blade.session, blade.resource, 0, 0);
    let source = FumiSourceInfoGet {
        session,
        resource,
        fumi,
        bank,
    };
    let source = blade.raw.call(&source).expect("it is set");
    assert_eq!(source.source_status, INVALID);
    let install = FumiInstallStart {
        session,
        resource,
        fumi,
        bank,
    };
    let invalid_request = -1017;
    assert_eq!(blade.raw.call(&install), Err(invalid_request));
    wait_for(&operator, "1.00");
}

// Nobody goes on with what a killed daemon had begun, and nothing stays stuck: it failed, and can
// be begun again.
#[test]
fn an_installation_that_is_interrupted_failed_and_can_be_repeated() {
    let (chassis, place) = (Simulator::start(&["--populated", "13"]), Place::new("fumi"));
    let way = format!("port = \"vm\"\naddress = \"{}\"\n", chassis.system());
    let mut shelfd = Shelfd::start_with_hpi_and(chassis.system(), |config| {
        let (before, rest) = config.split_once("[chassis]\n").expect("the example");
        let (_, after) = rest.split_once("\n\n").expect("the example");
        format!("{before}[chassis]\n{way}\n{after}")
    });
    let operator = Operator {
        at: chassis.rmcp(),
        user: "admin",
        password: "openshelf",
        suite: "17",
    };
    let mut blade = Blade::find(&shelfd);
    blade.set_source(&file(&place, &operator, |_| ()));
    blade.validate(VALIDATED);
    let install = |blade: &Blade| FumiInstallStart {
        session: blade.session,
        resource: blade.resource,
        fumi: 0,
        bank: 0,
    };
    let call = install(&blade);
    blade.raw.call(&call).expect("it is started");
    shelfd.kill9();
    shelfd.restart();
    let mut blade = Blade::find(&shelfd);
    assert_eq!(blade.status(), Ok(INSTALL_FAILED));
    let call = install(&blade);
    blade.runs(&call, INSTALLED);
    assert_eq!(blade.versions(), [(1, 0), (2, 17), (1, 0)]);
}
