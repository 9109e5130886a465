//! GUIDs do not collide, and are UUIDs.

use super::*;
use std::collections::BTreeSet;

#[test]
fn each_controller_of_each_shelf_has_its_own() {
    let seeds = [0, 1, 1 << 52, u64::MAX];
    let parts = [(0x20, 0), (0x82, 1), (0x82, 2), (0x84, 1), (0xff, u16::MAX)];
    let all = seeds.map(|seed| parts.map(|part| guid(seed, part)));
    let all: BTreeSet<_> = all.into_iter().flatten().collect();
    assert_eq!(all.len(), seeds.len() * parts.len());
    // Version and variant, where RFC 9562 has them, least significant byte first.
    for guid in all {
        assert_eq!((guid[9] >> 4, guid[7] >> 6), (8, 0b10));
    }
}
