//! Random walks: whatever comes, in whatever order, the invariants hold, and it settles.

extern crate std;

use super::Player;
use crate::{EePresence, Plm, ReadinessFlags};
use ais::Dn;
use ais::plm::ReadinessState;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Inputs as scripts have them; `N` becomes 1 or 2, `I` an invocation.
const INPUTS: &[&str] = &[
    "added bN insertion-pending",
    "added bN active",
    "added bN active PN-99",
    "added bN extraction-pending",
    "removed bN",
    "failed bN",
    "restored bN",
    "hot-swap bN inactive",
    "hot-swap bN insertion-pending",
    "hot-swap bN active",
    "hot-swap bN extraction-pending",
    "no-response set-active bN",
    "no-response set-inactive bN",
    "no-response insertion bN",
    "ee-up eN",
    "ee-up eN",
    "ee-down eN",
    "ee-terminated eN",
    "lost eN",
    "lost eN",
    "lost e1 e2",
    "silent eN",
    "reset-done bN",
    "no-response reset bN",
    "reset-refused bN",
    "respond I ok",
    "respond I ok",
    "respond I rejected",
    "respond I error",
    "after 20",
    "after 100",
    "audit",
    "lock bN",
    "lock eN",
    "lock bN lockOption=trylock",
    "lock eN lockOption=forced",
    "unlock bN",
    "unlock eN",
    "shutdown eN",
    "deactivate bN",
    "activate bN",
    "lock-instantiation eN",
    "unlock-instantiation eN",
    "restart eN",
    "reset bN",
    "repaired eN",
    "gone bN",
];

fn next(seed: &mut u64) -> u64 {
    // Constants of Knuth's MMIX generator.
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn line(seed: &mut u64, plm: &Plm) -> String {
    let inputs = INPUTS.len() as u64;
    let text = INPUTS[usize::try_from(next(seed) % inputs).unwrap()];
    let number = next(seed) % 2 + 1;
    let invocation = plm.last_invocation.saturating_sub(next(seed) % 3);
    text.replace('N', &format!("{number}"))
        .replace("PPN", "PN")
        .replace(" I ", &format!(" {invocation} "))
}

#[track_caller]
fn invariants(plm: &Plm) {
    let mut affected: Vec<&Dn> = Vec::new();
    for (root, operation) in &plm.operations {
        affected.extend(&operation.affected);
        let waits = operation.invocation_waits();
        assert!(waits || plm.is_frozen(root), "{root} waits for nothing");
    }
    let all = affected.len();
    affected.sort();
    affected.dedup();
    assert_eq!(affected.len(), all, "an entity is in two operations");
    for (dn, entity) in plm.entities() {
        if let Some(mapping) = entity.he().and_then(|he| he.mapping.as_ref()) {
            assert_eq!(plm.mapped_to(&mapping.path), Some(dn));
        }
        if let Some(ee) = entity.ee() {
            assert_eq!(ee.told, entity.readiness, "trackers know");
            if ee.isolating.is_some() {
                let late = entity.flags.has(ReadinessFlags::ISOLATE_PENDING);
                assert!(late || ee.presence == EePresence::Instantiated);
            }
            let moves = matches!(
                ee.presence,
                EePresence::Instantiating | EePresence::Terminating
            );
            assert_eq!(ee.deadline.is_some(), moves, "{dn} {:?}", ee.presence);
            if entity.readiness == ReadinessState::InService && !plm.is_frozen(dn) {
                assert!(entity.is_there());
            }
        }
    }
}

/// Eighty walks of a hundred and twenty steps. A failing walk prints its own script.
#[test]
fn whatever_comes() {
    for walk in 0..80 {
        let mut seed = walk;
        let mut player = Player::new();
        player.say("config");
        if walk % 2 == 0 {
            player.say("dependency");
        }
        let mut script = String::new();
        for _ in 0..120 {
            let line = line(&mut seed, &player.plm);
            script.push_str(&line);
            script.push('\n');
            std::eprintln!("{walk}: {line}");
            player.say(&line);
            invariants(&player.plm);
        }
        settles(&mut player);
    }
}

/// Faults end: blades are taken out and put in, agents come, everything that is not locked serves.
fn settles(player: &mut Player) {
    for line in [
        "after 100",
        "after 100",
        "removed b1",
        "removed b2",
        "after 100",
    ] {
        player.say(line);
    }
    for b in ["b1", "b2"] {
        player.say(&format!("activate {b}"));
        player.say(&format!("unlock {b}"));
        player.say(&format!("added {b} active"));
    }
    for e in ["e1", "e2"] {
        player.say(&format!("unlock-instantiation {e}"));
        player.say(&format!("unlock {e}"));
        player.say(&format!("repaired {e}"));
    }
    for e in ["e1", "e2", "e1", "e2"] {
        player.say(&format!("ee-up {e}"));
    }
    invariants(&player.plm);
    for (dn, entity) in player.plm.entities() {
        assert_eq!(
            entity.readiness,
            ReadinessState::InService,
            "{dn} {entity:?}"
        );
    }
}
