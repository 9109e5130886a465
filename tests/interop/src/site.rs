//! The site that the tests run: the chassis of `tests/peers/chassis`.

use std::path::{Path, PathBuf};

/// What is known of the chassis.
#[derive(Clone, Copy, Debug)]
pub struct Site;

impl Site {
    /// IPMB address of the blade in slot 1.
    pub const BLADE_1: u8 = 0x82;
    /// IPMB address of the blade in slot 2.
    pub const BLADE_2: u8 = 0x84;
    /// IPMB address of slot 4, empty at the start.
    pub const EMPTY: u8 = 0x88;
    /// How many HPI resources the chassis has: eight controllers, and the shelf FRU.
    pub const RESOURCES: usize = 9;
    /// How many sensors it has while slot 4 is empty.
    pub const SENSORS: usize = 28;
    /// Addresses of its controllers.
    pub const CONTROLLERS: [u8; 8] = [0x20, 0x10, 0x12, 0x82, 0x84, 0x86, 0x5A, 0x60];
}

/// The top of the source tree.
///
/// # Panics
/// When this crate has moved.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("this crate lies two folders below the top")
        .to_path_buf()
}
