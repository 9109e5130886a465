//! What happens to the payloads of blades, as lines of the standard output.

use chassis::ChassisHandle;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the payloads are looked at: what runs on a blade notices its end no sooner.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Tells of each change, and first of what has power at the start.
pub(crate) async fn tell(chassis: &ChassisHandle) {
    let mut before = BTreeMap::new();
    loop {
        let now = chassis.boots();
        for line in changes(&before, &now) {
            println!("payload {line}");
        }
        before = now;
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// Slots with payload power, and how often each has booted.
fn changes(before: &BTreeMap<u8, u64>, now: &BTreeMap<u8, u64>) -> Vec<String> {
    let gone = before.keys().filter(|slot| !now.contains_key(slot));
    let mut lines: Vec<String> = gone.map(|slot| format!("{slot} off")).collect();
    for (slot, boots) in now {
        match before.get(slot) {
            None => lines.push(format!("{slot} on")),
            Some(known) if known != boots => lines.push(format!("{slot} reset")),
            Some(_) => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told() {
        let at = |of: &[(u8, u64)]| -> BTreeMap<u8, u64> { of.iter().copied().collect() };
        let told = changes(
            &at(&[(1, 0), (2, 1), (3, 1)]),
            &at(&[(2, 2), (3, 1), (4, 1)]),
        );
        assert_eq!(told, ["1 off", "2 reset", "4 on"]);
    }
}
