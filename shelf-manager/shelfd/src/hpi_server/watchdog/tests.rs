//! Watchdog timers, as callers order them and as they are told.

use crate::hpi_server::bed::{BLADES, Bed, FIXTURE, SHELF_MANAGER};
use crate::hpi_server::tests::SESSION;
use appliance::{Command, Effect};
use hpi_model::HpiError;
use ipmi::command::Command as _;
use ipmi::command::watchdog as timer;
use ipmi::message::{CompletionCode, Response};
use machine::Time;
use openhpi_wire::function::{Call, WatchdogTimerGet, WatchdogTimerReset, WatchdogTimerSet};
use openhpi_wire::types::Watchdog;

fn get(resource: u32, watchdog: u32) -> Call {
    let session = SESSION;
    Call::WatchdogTimerGet(WatchdogTimerGet {
        session,
        resource,
        watchdog,
    })
}

fn set(resource: u32, timer: Watchdog) -> Call {
    let (session, watchdog) = (SESSION, 0);
    Call::WatchdogTimerSet(WatchdogTimerSet {
        session,
        resource,
        watchdog,
        timer,
    })
}

fn reset(resource: u32) -> Call {
    let (session, watchdog) = (SESSION, 0);
    Call::WatchdogTimerReset(WatchdogTimerReset {
        session,
        resource,
        watchdog,
    })
}

fn wanted() -> Watchdog {
    Watchdog {
        log: true,
        running: false,
        timer_use: 4,
        timer_action: 0,
        pretimer_interrupt: 0,
        pre_timeout_interval: 0,
        timer_use_exp_flags: 0x3e,
        initial_count: 60_000,
        present_count: 0,
    }
}

#[test]
fn a_timer_of_the_domain_is_on_the_log() {
    let mut bed = Bed::new();
    assert_eq!(
        bed.call::<WatchdogTimerSet>(&set(FIXTURE, wanted())),
        Ok(())
    );
    assert_eq!(bed.call::<WatchdogTimerReset>(&reset(FIXTURE)), Ok(()));
    bed.apply(&Command::Tick);
    let shown = bed.call::<WatchdogTimerGet>(&get(FIXTURE, 0)).unwrap();
    let running = Watchdog {
        running: true,
        timer_use_exp_flags: 0,
        present_count: 59_000,
        ..wanted()
    };
    assert_eq!(shown, running);
}

/// Who asks by IPMI sees what was set by HPI.
#[test]
fn the_shelf_managers_timer_is_the_one_that_ipmi_sees() {
    let mut bed = Bed::new();
    let manager = bed.resource(SHELF_MANAGER);
    let invalid = HpiError::InvalidRequest.code();
    assert_eq!(
        bed.call::<WatchdogTimerReset>(&reset(manager)),
        Err(invalid)
    );
    assert_eq!(
        bed.call::<WatchdogTimerSet>(&set(manager, wanted())),
        Ok(())
    );
    assert_eq!(bed.call::<WatchdogTimerReset>(&reset(manager)), Ok(()));
    let seen = bed.appliance.shelf.watchdog().timer(bed.at.time);
    assert_eq!(seen.timer_use, timer::RUNNING | timer::timer_use::SMS_OS);
    assert_eq!((seen.initial, seen.present), (600, 600));
    let shown = bed.call::<WatchdogTimerGet>(&get(manager, 0)).unwrap();
    assert!(shown.running && shown.present_count == 60_000);
    let resets = Watchdog {
        timer_action: 1,
        ..wanted()
    };
    let invalid = HpiError::InvalidData.code();
    let refused = bed.call::<WatchdogTimerSet>(&set(manager, resets));
    assert_eq!(refused, Err(invalid), "it resets nobody");
    // A minute later its end is told as HPI's.
    bed.at.time = Time(bed.at.time.0 + 60_000_000_000);
    let told = bed.apply(&Command::Tick);
    let told = told.iter().any(|effect| {
        matches!(effect, Effect::Said(appliance::Said::Hpi(event))
            if event.source.0 == manager && event.kind.number() == 5)
    });
    assert!(told, "by an event of the watchdog");
}

#[test]
fn a_controllers_timer_is_asked_and_ordered_there() {
    let bed = Bed::new();
    let blade = bed.resource(BLADES[0]);
    let data = vec![0x44, 0x21, 2, 0x10, 100, 0, 50, 0];
    let read = Response {
        code: CompletionCode::OK,
        data,
    };
    let asked = timer::GetWatchdogTimer {}.request();
    let shown = bed.hardware::<WatchdogTimerGet>(&get(blade, 0), (&asked, read.clone()));
    let expected = Watchdog {
        log: true,
        running: true,
        timer_use: 4,
        timer_action: 1,
        pretimer_interrupt: 2,
        pre_timeout_interval: 2_000,
        timer_use_exp_flags: 0x10,
        initial_count: 10_000,
        present_count: 5_000,
    };
    assert_eq!(shown, Ok(expected.clone()));
    let order = timer::SetWatchdogTimer {
        timer_use: 0x44,
        actions: 0x21,
        pre_timeout_s: 2,
        expired: 0x10,
        initial: 100,
    };
    let ok = || Response::from(CompletionCode::OK);
    let done = (&order.request(), ok());
    assert_eq!(
        bed.hardware::<WatchdogTimerSet>(&set(blade, expected), done),
        Ok(())
    );
    let order = timer::ResetWatchdogTimer {}.request();
    let codes = [
        (CompletionCode::OK, Ok(())),
        (CompletionCode(0x80), Err(HpiError::InvalidRequest.code())),
        (CompletionCode::TIMEOUT, Err(HpiError::NoResponse.code())),
    ];
    for (code, expected) in codes {
        let answers = vec![(&asked, read.clone()), (&order, Response::from(code))];
        assert_eq!(
            bed.hardware_in_turn::<WatchdogTimerReset>(&reset(blade), answers),
            expected
        );
    }
    let mut interrupted = read;
    interrupted.data[6] = 20;
    assert_eq!(
        bed.hardware::<WatchdogTimerReset>(&reset(blade), (&asked, interrupted)),
        Err(HpiError::InvalidRequest.code()),
        "two seconds before the end it has interrupted"
    );
}

#[test]
fn what_no_timer_can_be_is_refused() {
    let mut bed = Bed::new();
    let without = bed.resource(BLADES[1]);
    let code = |why: HpiError| Err(why.code());
    let shown = bed.call::<WatchdogTimerGet>(&get(without, 0)).map(drop);
    assert_eq!(shown, code(HpiError::Capability));
    let shown = bed.call::<WatchdogTimerGet>(&get(FIXTURE, 2)).map(drop);
    assert_eq!(shown, code(HpiError::NotPresent));
    let strange = [
        Watchdog {
            timer_use: 6,
            ..wanted()
        },
        Watchdog {
            timer_action: 4,
            ..wanted()
        },
        Watchdog {
            pretimer_interrupt: 4,
            ..wanted()
        },
    ];
    for timer in strange {
        let refused = bed.call::<WatchdogTimerSet>(&set(FIXTURE, timer));
        assert_eq!(refused, code(HpiError::InvalidParams));
    }
}
