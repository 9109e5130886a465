//! What is refused before a bus is opened.

use super::{address, place};
use crate::config::{Bus, Ipmb};
use crate::folder::Folder;
use std::path::PathBuf;

fn bus(number: u8) -> Bus {
    Bus {
        slave: format!("/dev/ipmb-{number}").into(),
        master: format!("/dev/i2c-{number}").into(),
    }
}

fn config() -> Ipmb {
    Ipmb {
        address: 0x20,
        controllers: [0x10, 0x12],
        buses: vec![bus(1), bus(2)],
        shelf_fru: None,
    }
}

// Operators see whom we are and where.
#[test]
fn both_buses() {
    let place = place(&config()).unwrap();
    assert_eq!(address(&place), "20h on /dev/ipmb-1, /dev/ipmb-2");
}

#[test]
fn single_bus() {
    let config = Ipmb {
        buses: vec![bus(3)],
        ..config()
    };
    assert_eq!(address(&place(&config).unwrap()), "20h on /dev/ipmb-3");
}

fn refused(config: &Ipmb) -> String {
    place(config).unwrap_err()
}

// Each mistake is named with what would be right.
#[test]
fn mistakes() {
    for wrong in [0x00, 0x0e, 0x21, 0xf0] {
        let address = Ipmb {
            address: wrong,
            ..config()
        };
        assert!(refused(&address).contains(&format!("{wrong:#04x}")));
        let controllers = Ipmb {
            controllers: [0x10, wrong],
            ..config()
        };
        assert!(refused(&controllers).contains(&format!("{wrong:#04x}")));
    }
    for count in [0, 3] {
        let buses = (0..count).map(bus).collect();
        let why = refused(&Ipmb { buses, ..config() });
        assert!(why.contains(&format!("{count} times")), "{why}");
    }
    let buses = vec![bus(1), bus(1)];
    assert!(refused(&Ipmb { buses, ..config() }).contains("same device"));
}

// An image that is not there, or is no image, is named.
#[test]
fn images() {
    let with = |path: PathBuf| Ipmb {
        shelf_fru: Some(path),
        ..config()
    };
    let why = refused(&with("/nowhere/shelf.bin".into()));
    assert!(why.contains("/nowhere/shelf.bin: No such file"), "{why}");
    let folder = Folder::new();
    let path = folder.file("image");
    for (bytes, word) in [(&[2; 64][..], "Version"), (&[1; 7], "Truncated")] {
        std::fs::write(&path, bytes).unwrap();
        assert!(refused(&with(path.clone())).contains(word));
    }
    std::fs::write(&path, vec![1; 0x10000]).unwrap();
    assert!(refused(&with(path.clone())).contains("65536 bytes"));
    std::fs::write(&path, [1, 0, 0, 0, 0, 0, 0, 0xff]).unwrap();
    assert!(place(&with(path)).is_ok());
}
