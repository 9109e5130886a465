//! What a CMM finds out about itself, and when it tells.

use crate::{Complaint, FIRST_LOOK, STANDBY_RECOVERS, Watch};
use alloc::collections::BTreeSet;
use core::time::Duration;
use machine::Time;

const BUS: Complaint = Complaint::NoBus;

/// A CMM that looks at itself every second.
struct Cmm {
    watch: Watch,
    now: Time,
    is_active: bool,
}

impl Cmm {
    fn new(is_active: bool) -> Self {
        let mut cmm = Self {
            watch: Watch::default(),
            now: Time(1_000),
            is_active,
        };
        cmm.finds(Some(false), 6);
        cmm
    }

    /// Finds the same for so many seconds; what it has to complain of then.
    fn finds(&mut self, is_wrong: Option<bool>, seconds: u32) -> BTreeSet<Complaint> {
        for _ in 0..seconds {
            self.now = self.now.after(Duration::from_secs(1));
            self.watch
                .look(self.now, self.is_active, &[(BUS, is_wrong)]);
        }
        let health = self.watch.health(self.now).unwrap();
        assert_eq!(health.bus_lost, health.complaints.contains(&BUS));
        health.complaints
    }
}

/// A standby that has just started may only seem well.
#[test]
fn nothing_is_told_before_the_first_look_is_over() {
    let mut watch = Watch::default();
    assert_eq!(watch.health(Time(5_000)), None);
    watch.look(Time(5_000), false, &[(BUS, Some(true))]);
    assert_eq!(watch.health(Time(5_000)), None);
    let later = Time(5_000).after(FIRST_LOOK);
    watch.look(later, false, &[(BUS, Some(true))]);
    assert!(watch.health(later).is_some_and(|it| it.bus_lost));
}

/// Until it is in the log, or that cannot be any more.
#[test]
fn news_are_proposed_once() {
    let mut cmm = Cmm::new(true);
    let well = cmm.watch.health(cmm.now);
    assert_eq!(cmm.watch.news(cmm.now, None), None);
    assert_eq!(cmm.watch.news(cmm.now, Some(None)), well);
    assert_eq!(cmm.watch.news(cmm.now, Some(None)), None);
    cmm.watch.forget();
    assert_eq!(cmm.watch.news(cmm.now, Some(None)), well);
    assert_eq!(cmm.watch.news(cmm.now, Some(well.as_ref())), None);
    cmm.finds(Some(true), 7);
    let lost = cmm.watch.health(cmm.now);
    assert_eq!(cmm.watch.news(cmm.now, Some(well.as_ref())), lost);
    assert_eq!(cmm.watch.news(cmm.now, Some(well.as_ref())), None);
}

/// One that was only busy, or whose port was opening, does not complain.
#[test]
fn the_active_one_takes_its_time() {
    let mut cmm = Cmm::new(true);
    assert_eq!(cmm.finds(Some(true), 6), [].into());
    assert_eq!(cmm.finds(Some(false), 1), [].into());
    assert_eq!(cmm.finds(Some(true), 6), [].into());
    assert_eq!(cmm.finds(Some(true), 1), [BUS].into());
    assert_eq!(cmm.finds(Some(false), 1), [].into());
}

/// When the chassis is down both see it, the standby first; and the active one sees first that it
/// is back, so that nothing moves.
#[test]
fn nobody_seems_better_when_it_is_the_chassis() {
    let (mut active, mut standby) = (Cmm::new(true), Cmm::new(false));
    let mut both = |is_wrong, seconds| {
        (1..=seconds).for_each(|_| {
            let at_active = active.finds(Some(is_wrong), 1);
            let at_standby = standby.finds(Some(is_wrong), 1);
            assert!(at_active.is_subset(&at_standby));
        });
        active.finds(None, 1)
    };
    assert_eq!(both(true, 20), [BUS].into());
    assert_eq!(both(false, 60), [].into());
}

/// What a CMM found out as the active one counts until it is told otherwise for a while.
#[test]
fn a_standby_takes_its_time_to_recover() {
    let mut cmm = Cmm::new(true);
    assert_eq!(cmm.finds(Some(true), 7), [BUS].into());
    cmm.is_active = false;
    // It cannot tell, or only for a moment.
    assert_eq!(cmm.finds(None, 3_600), [BUS].into());
    let recovers = u32::try_from(STANDBY_RECOVERS.as_secs()).unwrap();
    assert_eq!(cmm.finds(Some(false), recovers), [BUS].into());
    assert_eq!(cmm.finds(Some(true), 1), [BUS].into());
    assert_eq!(cmm.finds(Some(false), recovers), [BUS].into());
    assert_eq!(cmm.finds(Some(false), 1), [].into());
}
