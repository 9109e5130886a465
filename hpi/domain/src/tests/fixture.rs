//! Resources without hardware.

use super::check;

/// They come once, are kept without PLM's knowledge, and leave when they are not wanted any more.
#[test]
fn a_fixture_comes_and_goes() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
fixture full
fixture none
  event 4352 MINOR: RESOURCE_REMOVED
",
    );
}

/// Power and reset work without a controller.
#[test]
fn a_fixture_is_switched() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 power 4352 off
  OK
user 7 reset 4352
  OK
user 7 active 4352
  CAPABILITY
",
    );
}
