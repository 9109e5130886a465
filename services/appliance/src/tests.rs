//! Scenarios of the whole shelf: each line at the margin is something that happens, each line
//! below it what the appliance did, or (behind `<`) what the scripted world answered and was logged
//! next.
//!
//! `UPDATE_GOLDEN=1 cargo test -p appliance` rewrites the scenarios.

extern crate std;

mod admission;
mod alerts;
mod bed;
mod cluster;
mod managers;
mod owner;
mod ownership;
mod play;
mod random;
mod users;
mod words;

use std::path::PathBuf;
use std::{env, format, fs};

/// Plays a scenario and compares everything that was said with what the file holds.
#[track_caller]
fn check(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/scenarios");
    let path = folder.join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap();
    let told = play::run(&text);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&path, &told).unwrap();
    }
    assert_eq!(told.trim(), text.trim(), "{name}: told\n{told}");
}

macro_rules! scenarios {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(stringify!($name));
        }
    )* };
}

scenarios! {
    start
    handle_opened_on_the_active_blade
    handle_opened_on_the_standby_blade
    handle_opened_on_the_last_serving_blade
    handle_closed_during_start
    handle_closed_while_the_environment_ends
    handle_closed_after_the_environment_ended
    handle_closed_before_the_deactivation
    handle_opened_after_it_was_closed
    surprise_extraction
    extraction_while_departing
    insertion
    component_failure
    agent_crash
    component_that_cannot_quiesce
    restart_adopts
    restart_misses_a_component
    restart_during_a_departure
    restart_with_a_stale_component
    admin_operations
    forced_shutdown_of_everything
    silent_controller
    reset_that_is_not_carried_out
    damaged_records
    default_policy
    time
    blade_leaves_the_ring
    blade_leaves_and_cannot_be_reset
    daemon_restarts_on_a_blade
    active_cmm_dies
    cmm_switch
}
