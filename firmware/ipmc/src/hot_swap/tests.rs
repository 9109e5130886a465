//! Scenarios: each line at the margin is an input, each indented line what the FRU did because of
//! it.

use super::*;
use HotSwapState as M;
use alloc::format;
use alloc::string::String;

const INPUTS: [(&str, Input); 14] = [
    ("management-power", Input::ManagementPower),
    ("handle-opened", Input::HandleOpened),
    ("handle-closed", Input::HandleClosed),
    ("activated", Input::Activated),
    ("deactivated", Input::Deactivated),
    ("payload-up", Input::PayloadUp),
    ("payload-down", Input::PayloadDown),
    ("locked", Input::Locked),
    ("unlocked", Input::Unlocked),
    ("deactivation-locked", Input::DeactivationLocked),
    ("deactivation-unlocked", Input::DeactivationUnlocked),
    ("carrier-up", Input::CarrierUp),
    ("carrier-down", Input::CarrierDown),
    ("extracted", Input::Extracted),
];

const STATES: [M; 7] = [
    M::NotInstalled,
    M::Inactive,
    M::ActivationRequest,
    M::ActivationInProgress,
    M::Active,
    M::DeactivationRequest,
    M::DeactivationInProgress,
];

fn step(swap: &mut HotSwap, input: Input, out: &mut String) {
    let before = *swap;
    let mut effects = Vec::new();
    match swap.apply(input, &mut effects) {
        Err(error) => {
            let state = before.state;
            assert_eq!(error, NoEdge { state, input });
            assert_eq!((*swap, effects.len()), (before, 0));
            out.push_str("  refused\n");
        }
        Ok(()) => {
            for effect in effects {
                out.push_str(&match effect {
                    Effect::SendEvent {
                        previous,
                        current,
                        cause,
                    } => format!("  M{} M{} {cause:?}\n", previous as u8, current as u8),
                    Effect::SetPayload(on) => format!("  SetPayload({on})\n"),
                });
            }
        }
    }
}

/// Plays a scenario from M0 with an open handle; the text must come out as it went in.
fn check(scenario: &str) {
    let mut swap = HotSwap::new(true);
    let mut out = String::new();
    for line in scenario.lines() {
        if line.starts_with('#') || line.is_empty() {
            out.push_str(line);
            out.push('\n');
        } else if !line.starts_with(' ') {
            let (_, input) = INPUTS.iter().find(|(name, _)| *name == line).unwrap();
            out.push_str(line);
            out.push('\n');
            step(&mut swap, *input, &mut out);
        }
    }
    assert_eq!(out, scenario);
}

#[test]
fn a_blade_comes_works_and_goes() {
    check(
        "\
# Management power alone activates nothing while the handle is open.
management-power
  M0 M1 Normal
handle-closed
  M1 M2 Handle
activated
  M2 M3 Command
  SetPayload(true)
payload-up
  M3 M4 Normal
# The handle only asks; payload power stays until the shelf manager agrees.
handle-opened
  M4 M5 Handle
deactivated
  M5 M6 Command
  SetPayload(false)
payload-down
  M6 M1 Normal
# Closing the handle again brings it back.
handle-closed
  M1 M2 Handle
",
    );
}

#[test]
fn the_handle_was_a_mistake() {
    check(
        "\
# Closed again before the shelf manager answers.
management-power
  M0 M1 Normal
handle-closed
  M1 M2 Handle
handle-opened
  M2 M1 Handle
handle-closed
  M1 M2 Handle
activated
  M2 M3 Command
  SetPayload(true)
payload-up
  M3 M4 Normal
handle-opened
  M4 M5 Handle
handle-closed
  M5 M4 Handle
# The shelf manager refuses; the handle may be closed later, and opened once more.
handle-opened
  M4 M5 Handle
activated
  M5 M4 Command
handle-closed
handle-opened
  M4 M5 Handle
",
    );
}

#[test]
fn deactivated_with_a_closed_handle_it_stays_down() {
    check(
        "\
management-power
  M0 M1 Normal
handle-closed
  M1 M2 Handle
deactivated
  M2 M1 Command
# Locked by that: only a move of the handle, or a policy, brings it back.
activated
  refused
unlocked
  M1 M2 Command
activated
  M2 M3 Command
  SetPayload(true)
payload-up
  M3 M4 Normal
deactivated
  M4 M6 Command
  SetPayload(false)
payload-down
  M6 M1 Normal
handle-opened
handle-closed
  M1 M2 Handle
",
    );
}

#[test]
fn the_handle_moves_while_power_moves() {
    check(
        "\
management-power
  M0 M1 Normal
handle-closed
  M1 M2 Handle
activated
  M2 M3 Command
  SetPayload(true)
handle-opened
  M3 M6 Handle
  SetPayload(false)
# Too late to turn back; it asks again once it is down.
handle-closed
activated
  refused
payload-down
  M6 M1 Normal
  M1 M2 Handle
activated
  M2 M3 Command
  SetPayload(true)
deactivated
  M3 M6 Command
  SetPayload(false)
payload-down
  M6 M1 Normal
",
    );
}

#[test]
fn policies_hold_a_fru_where_it_is() {
    check(
        "\
locked
management-power
  M0 M1 Normal
handle-closed
unlocked
  M1 M2 Command
locked
activated
  M2 M3 Command
  SetPayload(true)
payload-up
  M3 M4 Normal
deactivation-locked
deactivation-unlocked
  M4 M5 Command
activated
  M5 M4 Command
",
    );
}

#[test]
fn a_module_lives_with_its_carrier() {
    check(
        "\
carrier-down
management-power
  M0 M1 Normal
# The carrier does not work yet: nothing is asked for, whatever else changes.
handle-closed
locked
unlocked
carrier-up
  M1 M2 Normal
# The carrier goes down before the shelf manager answers.
carrier-down
  M2 M1 Normal
carrier-up
  M1 M2 Normal
activated
  M2 M3 Command
  SetPayload(true)
payload-up
  M3 M4 Normal
carrier-down
  M4 M6 UnexpectedDeactivation
  SetPayload(false)
payload-down
  M6 M1 Normal
carrier-up
  M1 M2 Normal
# Pulled out without a word; the next one begins afresh.
activated
  M2 M3 Command
  SetPayload(true)
extracted
  M3 M0 SurpriseExtraction
  SetPayload(false)
extracted
  refused
handle-closed
management-power
  M0 M1 Normal
  M1 M2 Handle
handle-opened
  M2 M1 Handle
extracted
  M1 M0 Normal
",
    );
}

/// Each state (down) with each input (across): the state after it, `.` the same one, `-` refused.
/// First with a closed handle, then with an open one; an M1 with a closed handle is a locked one.
#[test]
fn each_pair() {
    let mut out = String::new();
    for handle_open in [false, true] {
        for state in STATES {
            out.push_str(&format!("M{} ", state as u8));
            for (_, input) in INPUTS {
                let mut swap = HotSwap::new(handle_open);
                swap.state = state;
                swap.locked = state == M::Inactive && !handle_open;
                let known = swap.apply(input, &mut Vec::new());
                let word = match known {
                    Err(_) => "  -".into(),
                    Ok(()) if swap.state == state => "  .".into(),
                    Ok(()) => format!(" M{}", swap.state as u8),
                };
                out.push_str(&word);
            }
            out.push('\n');
        }
    }
    let expected = "\
M0  M2  .  .  -  -  -  -  .  .  .  .  .  .  -
M1   -  .  .  -  -  -  -  . M2  .  .  .  . M0
M2   - M1  . M3 M1  -  -  .  .  .  .  . M1 M0
M3   - M6  .  - M6 M4  -  .  .  .  .  . M6 M0
M4   - M5  .  - M6  -  -  .  .  . M5  . M6 M0
M5   -  . M4 M4 M6  -  -  .  .  .  .  . M6 M0
M6   -  .  .  -  -  - M2  .  .  .  .  .  . M0
M0  M1  .  .  -  -  -  -  .  .  .  .  .  .  -
M1   -  . M2  -  -  -  -  .  .  .  .  .  . M0
M2   - M1  . M3 M1  -  -  .  .  .  .  . M1 M0
M3   - M6  .  - M6 M4  -  .  .  .  .  . M6 M0
M4   - M5  .  - M6  -  -  .  .  . M5  . M6 M0
M5   -  . M4 M4 M6  -  -  .  .  .  .  . M6 M0
M6   -  .  .  -  -  - M1  .  .  .  .  .  . M0
";
    assert_eq!(out, expected);
}
