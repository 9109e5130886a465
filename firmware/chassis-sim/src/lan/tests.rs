//! The GUID.

use super::*;

#[test]
fn each_seed_has_a_guid_of_its_own() {
    assert_ne!(guid(1), guid(2));
    // Version and variant, where RFC 9562 has them, least significant byte first.
    let guid = guid(u64::MAX);
    assert_eq!((guid[9] >> 4, guid[7] >> 6), (8, 0b10));
}
