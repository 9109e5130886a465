//! Hot swap policies, power, reset, parameters and loads, of resources without hardware.

use super::{FIXTURE, SESSION, appliance, done, text};
use appliance::{Appliance, Command};
use hpi_model::HpiError;
use machine::{Machine, Pos, Time};
use openhpi_wire::function::{
    AutoExtractTimeoutGet, AutoExtractTimeoutSet, AutoInsertTimeoutGet, AutoInsertTimeoutSet, Call,
    HotSwapIndicatorStateGet, HotSwapIndicatorStateSet, ParmControl, ResourceFailedRemove,
    ResourceLoadIdGet, ResourceLoadIdSet, ResourcePowerStateGet, ResourcePowerStateSet,
    ResourceResetStateGet, ResourceResetStateSet,
};
use openhpi_wire::types::LoadId;

/// The fixture's FRU whose policy is fixed, the one whose timeouts can be set, and the one that
/// does not answer.
const FIXED: u32 = FIXTURE + 0x10;
const FREE: u32 = FIXTURE + 0x11;
const SILENT: u32 = FIXTURE + 0x12;
/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;

fn fixture() -> Appliance {
    let mut appliance = appliance();
    let at = Pos {
        index: 2,
        time: Time(2),
    };
    let fixture = Command::HpiFixture(hpi_domain::Fixture::HpiFull);
    appliance.apply(at, &fixture, &mut Vec::new());
    appliance
}

/// Calls with the fields of a function.
macro_rules! call {
    ($appliance:expr, $name:ident { $($field:ident: $value:expr),* }) => {
        done::<$name>(
            $appliance,
            &Call::$name($name { session: SESSION, $($field: $value),* }),
        )
    };
}

fn refused<T>(why: HpiError) -> Result<T, i32> {
    Err(why.code())
}

#[test]
fn timeouts_are_those_that_were_set() {
    let appliance = &mut fixture();
    let invalid = refused(HpiError::InvalidParams);
    assert_eq!(
        call!(appliance, AutoInsertTimeoutSet { timeout: -2 }),
        invalid
    );
    for timeout in [0, BLOCK, 5_000_000_000, i64::MAX] {
        let set = call!(appliance, AutoInsertTimeoutSet { timeout: timeout });
        assert_eq!(set, Ok(()));
        assert_eq!(call!(appliance, AutoInsertTimeoutGet {}), Ok(timeout));
        let set = call!(
            appliance,
            AutoExtractTimeoutSet {
                resource: FREE,
                timeout: timeout
            }
        );
        assert_eq!(set, Ok(()));
        let read = call!(appliance, AutoExtractTimeoutGet { resource: FREE });
        assert_eq!(read, Ok(timeout));
    }
    let fixed = call!(
        appliance,
        AutoExtractTimeoutSet {
            resource: FIXED,
            timeout: 0
        }
    );
    assert_eq!(fixed, refused(HpiError::ReadOnly));
    let unmanaged = call!(appliance, AutoExtractTimeoutGet { resource: FIXTURE });
    assert_eq!(unmanaged, refused(HpiError::Capability));
}

#[test]
fn switches_are_read_as_they_were_set() {
    let appliance = &mut fixture();
    let invalid = refused(HpiError::InvalidParams);
    for (state, reads) in [(0, 0), (1, 1), (2, 1)] {
        let set = call!(
            appliance,
            ResourcePowerStateSet {
                resource: FIXTURE,
                state: state
            }
        );
        assert_eq!(set, Ok(()));
        let read = call!(appliance, ResourcePowerStateGet { resource: FIXTURE });
        assert_eq!(read, Ok(reads), "after {state}");
    }
    let set = call!(
        appliance,
        ResourcePowerStateSet {
            resource: FIXTURE,
            state: 3
        }
    );
    assert_eq!(set, invalid);
    for (action, reads) in [(1, 3), (2, 2), (3, 3), (0, 3)] {
        let set = call!(
            appliance,
            ResourceResetStateSet {
                resource: FIXTURE,
                action: action
            }
        );
        assert_eq!(set, Ok(()));
        let read = call!(appliance, ResourceResetStateGet { resource: FIXTURE });
        assert_eq!(read, Ok(reads), "after {action}");
    }
    let set = call!(
        appliance,
        ResourceResetStateSet {
            resource: FIXTURE,
            action: 4
        }
    );
    assert_eq!(set, invalid);
    for state in [1, 0] {
        let set = call!(
            appliance,
            HotSwapIndicatorStateSet {
                resource: FREE,
                state: state
            }
        );
        assert_eq!(set, Ok(()));
        let read = call!(appliance, HotSwapIndicatorStateGet { resource: FREE });
        assert_eq!(read, Ok(state));
    }
    let set = call!(
        appliance,
        ParmControl {
            resource: FIXTURE,
            action: 3
        }
    );
    assert_eq!(set, invalid);
    let set = call!(
        appliance,
        ParmControl {
            resource: FREE,
            action: 0
        }
    );
    assert_eq!(set, refused(HpiError::Capability));
}

#[test]
fn loads_are_those_that_there_are() {
    let appliance = &mut fixture();
    let load = |number, name: &[u8]| LoadId {
        number,
        name: text(3, 25, name),
    };
    let cases = [
        (load(u32::MAX, b"first"), Ok(()), "by name"),
        (
            load(u32::MAX, b"x"),
            refused(HpiError::InvalidData),
            "no such name",
        ),
        (load(1, b"x"), Ok(()), "by number, whatever the name"),
        (
            load(9, b"x"),
            refused(HpiError::InvalidData),
            "no such number",
        ),
        (load(0, b""), Ok(()), "the default"),
    ];
    let mut chosen = load(0, b"");
    for (load, expected, why) in cases {
        let wanted = load.clone();
        let set = call!(
            appliance,
            ResourceLoadIdSet {
                resource: FIXTURE,
                load: load
            }
        );
        assert_eq!(set, expected, "{why}");
        if set.is_ok() {
            chosen = wanted;
        }
        let read = call!(appliance, ResourceLoadIdGet { resource: FIXTURE }).unwrap();
        assert_eq!(read.number, chosen.number, "{why}");
    }
    let none = call!(appliance, ResourceLoadIdGet { resource: FREE }).map(drop);
    assert_eq!(none, refused(HpiError::Capability));
}

#[test]
fn what_does_not_answer_says_so_and_can_be_removed() {
    let appliance = &mut fixture();
    let read = call!(appliance, ResourcePowerStateGet { resource: SILENT });
    assert_eq!(read, refused(HpiError::NoResponse));
    let wrong = call!(appliance, ResourceFailedRemove { resource: FREE });
    assert_eq!(wrong, refused(HpiError::InvalidRequest));
    assert_eq!(
        call!(appliance, ResourceFailedRemove { resource: SILENT }),
        Ok(())
    );
    let again = call!(appliance, ResourceFailedRemove { resource: SILENT });
    assert_eq!(again, refused(HpiError::NotPresent));
}
