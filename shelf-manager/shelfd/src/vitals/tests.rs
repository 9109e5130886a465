//! What a CMM without hardware that watches it can know.

use super::*;
use crate::folder::Folder;

fn vitals(chassis: &str, run_dir: &Path) -> Vitals {
    let text = format!("[cluster]\nengine = \"corosync\"\nnode = 1\ncmms = [1, 2]\n{chassis}");
    let config: Config = toml::from_str(&text).unwrap();
    Vitals::new(&config, None, run_dir)
}

/// A bus needs both of its devices, and one bus of two is enough. That they are there says nothing
/// of what is behind them.
#[test]
fn a_way_without_its_devices_leads_nowhere() {
    let folder = Folder::new();
    let device = |name: &str| folder.file(name).display().to_string();
    let bus = |number: u8| {
        let (slave, master) = (
            device(&format!("ipmb-{number}")),
            device(&format!("i2c-{number}")),
        );
        format!("[[chassis.bus]]\nslave = \"{slave}\"\nmaster = \"{master}\"\n")
    };
    let text = format!("[chassis]\nport = \"ipmb\"\n{}{}", bus(1), bus(2));
    let vitals = vitals(&text, folder.path());
    assert_eq!(vitals.lacks_bus(), Some(true));
    std::fs::write(device("ipmb-1"), "").unwrap();
    std::fs::write(device("i2c-2"), "").unwrap();
    assert_eq!(vitals.lacks_bus(), Some(true));
    std::fs::write(device("ipmb-2"), "").unwrap();
    assert_eq!(vitals.lacks_bus(), None);
    assert!(vitals.bytes_left().is_some_and(|left| left > 0));
    assert!(vitals.deadline().is_some());
}

/// Where neither devices nor anybody can be asked, it cannot be told.
#[test]
fn what_cannot_be_known_is_not_told() {
    let chassis = "[chassis]\nport = \"vm\"\naddress = \"127.0.0.1:9\"\n";
    let vitals = vitals(chassis, Path::new("/nowhere at all"));
    assert_eq!(vitals.lacks_bus(), None);
    assert_eq!(vitals.bytes_left(), None);
}
