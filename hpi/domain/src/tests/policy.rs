//! Hot swap policies, and what is done with resources that do not answer.

use super::{Player, check};
use machine::Machine;

/// What nobody decides about is inserted and extracted after the timeout, and not before.
#[test]
fn the_default_policy_acts_after_the_timeout() {
    check(
        "
added 82 M2
  event 1 INFORMATIONAL: NOT_PRESENT -> INSERTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 INSERTION_PENDING
wait 2
wait 1
  order: Activate(FruAddress { address: 130, fru_id: 0 })
wait 60
m-state 82 2 3 1
m-state 82 3 4 1
  event 1 INFORMATIONAL: INSERTION_PENDING -> ACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: INSERTION_PENDING -> ACTIVE
m-state 82 4 5 2
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (OPERATOR_INIT)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
wait 3
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
",
    );
}

/// PLM takes its time: what it holds does not leave because time passes.
#[test]
fn what_plm_holds_waits_for_plm() {
    check(
        "
added 82 M5
  event 1 INFORMATIONAL: NOT_PRESENT -> EXTRACTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 EXTRACTION_PENDING
cancel-policy {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
wait 600
set-inactive {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
",
    );
}

/// A user who cancels the policy decides; what is under way is not cancelled any more.
#[test]
fn a_user_who_cancels_decides() {
    check(
        "
user 1 open
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 policy-cancel 1
  INVALID_REQUEST
m-state 82 4 5 2
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (OPERATOR_INIT)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
user 1 policy-cancel 1
  OK
wait 600
user 1 policy-cancel 1
  OK
user 1 inactive 1
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
  OK
user 1 policy-cancel 1
  INVALID_REQUEST
user 1 active 1
  INVALID_REQUEST
# It is not carried out: the user decides again.
shelf-failed-deactivate 82
user 1 active 1
  order: Activate(FruAddress { address: 130, fru_id: 0 })
  OK
user 1 policy-cancel 9
  INVALID_RESOURCE
added 20 M4
  event 2 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: added SHM0001 unmanaged
  event 3 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
  event 4097 INFORMATIONAL: RESOURCE_UPDATED
user 1 policy-cancel 2
  CAPABILITY
",
    );
}

/// A board that a user wants out asks for it, so that a user can still cancel.
#[test]
fn a_requested_extraction_is_cancelled() {
    check(
        "
user 1 open
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 extraction 1
  order: Release(FruAddress { address: 130, fru_id: 0 })
  OK
m-state 82 4 5 1
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
user 1 extraction 1
  INVALID_REQUEST
user 1 policy-cancel 1
  OK
wait 600
user 1 active 1
  order: Activate(FruAddress { address: 130, fru_id: 0 })
  OK
m-state 82 5 4 1
  event 1 INFORMATIONAL: EXTRACTION_PENDING -> ACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: EXTRACTION_PENDING -> ACTIVE
# Nobody cancels: the policy takes it out.
user 1 extraction 1
  order: Release(FruAddress { address: 130, fru_id: 0 })
  OK
m-state 82 4 5 1
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
wait 3
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
",
    );
}

/// A controller without an activation policy cannot be asked to ask: it is deactivated.
#[test]
fn a_board_that_cannot_ask_for_extraction_is_deactivated() {
    check(
        "
user 1 open
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 extraction 1
  order: Release(FruAddress { address: 130, fru_id: 0 })
  OK
shelf-failed-release 82
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
m-state 82 4 6 1
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
# It came to know after all, or answers late: nothing is left to do.
shelf-failed-release 82
",
    );
}

/// What did not work is tried again when the controller answers again, and not over and over.
#[test]
fn a_policy_that_fails_begins_anew_when_the_controller_answers() {
    check(
        "
added 82 M5
  event 1 INFORMATIONAL: NOT_PRESENT -> EXTRACTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 EXTRACTION_PENDING
wait 3
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
shelf-failed-deactivate 82
wait 600
failed 82
  event 1 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: failed
wait 600
restored 82
  event 1 MAJOR: RESOURCE_RESTORED
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: restored
wait 3
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
",
    );
}

/// The timeouts of the domain and of a resource, those that cannot be set, and for ever.
#[test]
fn timeouts_are_kept() {
    check(
        "
frus full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
  event 4368 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  event 4369 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  event 4370 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  event 4370 INFORMATIONAL: RESOURCE_FAILURE
  event 4371 INFORMATIONAL: RESOURCE_ADDED
user 1 open
  OK
user 1 auto-insert -1
  OK
user 1 auto-extract 4369 60000000000
  OK
user 1 auto-extract 4368 60000000000
  READ_ONLY
user 1 auto-extract 4352 0
  CAPABILITY
user 1 extraction 4369
  event 4369 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (EXT_SOFTWARE)
  OK
wait 58
wait 2
  event 4369 INFORMATIONAL: EXTRACTION_PENDING -> INACTIVE (AUTO_POLICY)
user 1 extraction 4369
  INVALID_REQUEST
user 1 insertion 4369
  event 4369 INFORMATIONAL: INACTIVE -> INSERTION_PENDING (EXT_SOFTWARE)
  OK
wait 100000
user 1 active 4369
  event 4369 INFORMATIONAL: INSERTION_PENDING -> ACTIVE (EXT_SOFTWARE)
  OK
user 1 active 4369
  INVALID_REQUEST
# What does not answer is removed with what is in it.
user 1 active 4370
  NO_RESPONSE
user 1 failed-remove 4370
  event 4371 MINOR: RESOURCE_REMOVED
  event 4370 INFORMATIONAL: ACTIVE -> NOT_PRESENT (USER_UPDATE)
  OK
# The other one is inserted at once, whatever the domain says.
user 1 extraction 4368
  event 4368 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (EXT_SOFTWARE)
  OK
user 1 inactive 4368
  event 4368 INFORMATIONAL: EXTRACTION_PENDING -> INACTIVE (EXT_SOFTWARE)
  OK
user 1 insertion 4368
  event 4368 INFORMATIONAL: INACTIVE -> INSERTION_PENDING (EXT_SOFTWARE)
  OK
wait 0
  event 4368 INFORMATIONAL: INSERTION_PENDING -> ACTIVE (AUTO_POLICY)
frus none
  event 4352 MINOR: RESOURCE_REMOVED
  event 4368 MINOR: ACTIVE -> NOT_PRESENT (AUTO_POLICY)
  event 4369 MINOR: ACTIVE -> NOT_PRESENT (AUTO_POLICY)
",
    );
}

/// The log is asked for a tick only while something waits.
#[test]
fn nobody_waits_for_what_does_not_wait() {
    let mut player = Player::new();
    player.play("added 82 M4");
    assert_eq!(player.domain.deadline(), None);
    player.play("m-state 82 4 5 2");
    assert!(player.domain.deadline().is_some());
    player.play("failed 82");
    assert_eq!(player.domain.deadline(), None, "it does not answer");
}

/// A resource that does not answer is taken off the table, and comes back when it answers.
#[test]
fn failed_resources_are_removed_and_come_back() {
    check(
        "
user 1 open
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 failed-remove 1
  INVALID_REQUEST
user 1 failed-remove 2
  NOT_PRESENT
failed 82
  event 1 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: failed
user 1 failed-remove 1
  event 1 MAJOR: ACTIVE -> NOT_PRESENT (USER_UPDATE)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
  OK
restored 82
m-state 82 7 4 4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
# What has no hot swap is told by nothing else.
added 20 M4
  event 2 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: added SHM0001 unmanaged
  event 3 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
  event 4097 INFORMATIONAL: RESOURCE_UPDATED
failed 20
  event 2 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: failed
  event 3 MINOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: failed
user 1 failed-remove 3
  event 3 MINOR: RESOURCE_REMOVED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: removed
  OK
restored 20
  event 2 MAJOR: RESOURCE_RESTORED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: restored
  event 3 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
",
    );
}

/// Off, a second, on: also when another CMM takes over in between, as all of it is on the log.
#[test]
fn power_is_cycled() {
    check(
        "
user 1 open
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 power 1 cycle
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
  OK
wait 60
shelf-done-off 82
wait 1
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: true }
wait 60
# What stays on is not switched on again.
user 1 power 1 cycle
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
  OK
shelf-failed-off 82
shelf-done-off 82
wait 60
# Who wants it off meanwhile gets it off.
user 1 power 1 cycle
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
  OK
user 1 power 1 off
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
  OK
shelf-done-off 82
wait 60
",
    );
}

/// Resets that are held, and those that are not.
#[test]
fn resets_are_held_where_that_can_be() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 1 open
  OK
user 1 reset 4352 warm
  OK
user 1 reset 4352 assert
  OK
user 1 reset 4352 cold
  INVALID_REQUEST
user 1 reset 4352 warm
  INVALID_REQUEST
user 1 reset 4352 deassert
  OK
user 1 reset 4352 cold
  OK
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 1 reset 1 assert
  INVALID_CMD
user 1 reset 1 deassert
  OK
",
    );
}

/// What was saved comes back; without that, what there was at first.
#[test]
fn parameters_are_saved_and_restored() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 1 open
  OK
user 1 control 4352 6 manual analog 65
  event 4352 MINOR: sensor 1 entered 08, states 00 -> 08, read Some(Int64(65))
  OK
user 1 sensor 4352 1 events off
  event 4352 INFORMATIONAL: sensor 1 works, events off, told 3f 3f, states 08
  OK
user 1 parameters 4352 save
  OK
user 1 parameters 4352 default
  event 4352 INFORMATIONAL: sensor 1 works, events on, told 3f 3f, states 08
  event 4352 MINOR: sensor 1 left 08, states 08 -> 00, read Some(Int64(25))
  OK
user 1 parameters 4352 restore
  event 4352 INFORMATIONAL: sensor 1 works, events off, told 3f 3f, states 00
  OK
user 1 parameters 4369 save
  CAPABILITY
",
    );
}

/// Only what there is can be loaded.
#[test]
fn loads_are_chosen_among_those_that_there_are() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 1 open
  OK
user 1 load 4352 2 x
  OK
user 1 load 4352 3 x
  INVALID_DATA
user 1 load 4352 4294967295 second
  OK
user 1 load 4352 4294967295 third
  INVALID_DATA
user 1 load 4352 0 x
  OK
user 1 load 4369 0 x
  CAPABILITY
",
    );
}
