//! What hands do to the hardware, as lines of the standard input.

use chassis::{ChassisHandle, Fault, FaultKind, Feed, IpmbBus, Operator, Place, Scope};
use std::io;
use std::time::Duration;

/// What can be said.
const HELP: &str = "\
PLACE is a slot (3), a fan tray (fan1), a power module (pem1) or a CMM (cmm1).
ADDRESS is an IPMB-0 address in hex (82), or all. Faults end after SECONDS, or with repair.
  open|close PLACE                    move the ejector handle
  pull|insert PLACE                   take it out without a word, put a new one in
  sensor ADDRESS NUMBER RAW           let a sensor measure this from now on
  release ADDRESS NUMBER              let it measure the shelf again
  feed MODULE a|b VOLTS               give an input of a power module this voltage; 0: none
  inlet CELSIUS                       let in air of this temperature
  line NUMBER                         give the arbitration line to this CMM
  stuck a|b ADDRESS [SECONDS]         hold IPMB-A or IPMB-B low
  nak|lose|mute|repeat|corrupt PERCENT ADDRESS [SECONDS]
                                      do not acknowledge, lose requests, lose answers,
                                      repeat messages, break checksums
  slow MILLISECONDS ADDRESS [SECONDS] answer late
  dead ADDRESS [SECONDS]              stop a controller's firmware
  storm PER_SECOND ADDRESS [SECONDS]  send events
  repair ADDRESS                      end its faults
  status                              bus, faults, arbitration line, payload power";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Command {
    Operate(Operator),
    Status,
    Help,
}

/// Reads lines until there are no more.
pub(crate) fn read(chassis: &ChassisHandle) {
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match parse(&words) {
            Some(Command::Operate(operator)) => match chassis.operate(operator) {
                Ok(()) => println!("done"),
                Err(why) => println!("not done: {why}"),
            },
            Some(Command::Status) => println!("{}", status(chassis)),
            Some(Command::Help) => println!("{HELP}"),
            None => println!("unknown command: say help"),
        }
    }
}

fn status(chassis: &ChassisHandle) -> String {
    let bus = chassis.bus_counters();
    let cmm = chassis.active_cmm();
    let cmm = cmm.map_or_else(|| "none".into(), |number| format!("cmm{number}"));
    let faults = chassis.faults();
    let faults: String = faults.iter().map(|fault| format!("\n{fault:?}")).collect();
    let powered = chassis.payload().borrow().clone();
    format!(
        "line: {cmm}\npayload power: {powered:?}\nbus: {} requests, {} retries, {} failed over, \
         {} blocked, {} not acknowledged, {} lost, {} bad checksums, {} repeats, {} failed{faults}",
        bus.requests,
        bus.retries,
        bus.failed_over,
        bus.blocked,
        bus.not_acknowledged,
        bus.lost,
        bus.bad_checksums,
        bus.repeats,
        bus.failed,
    )
}

fn parse(words: &[&str]) -> Option<Command> {
    let operator = match words {
        ["help"] => return Some(Command::Help),
        ["status"] => return Some(Command::Status),
        ["open", at] => Operator::OpenHandle(place(at)?),
        ["close", at] => Operator::CloseHandle(place(at)?),
        ["pull", at] => Operator::Pull(place(at)?),
        ["insert", at] => Operator::Insert(place(at)?),
        ["sensor", address, number, raw] => Operator::SetSensor {
            address: hex(address)?,
            number: number.parse().ok()?,
            raw: raw.parse().ok()?,
        },
        ["release", address, number] => Operator::ReleaseSensor {
            address: hex(address)?,
            number: number.parse().ok()?,
        },
        ["feed", module, feed, volts] => Operator::SetFeed {
            module: module.parse().ok()?,
            feed: match *feed {
                "a" => Feed::A,
                "b" => Feed::B,
                _ => return None,
            },
            volts: volts.parse().ok()?,
        },
        ["inlet", celsius] => Operator::SetInlet {
            celsius: celsius.parse().ok()?,
        },
        ["line", number] => Operator::Arbitrate(number.parse().ok()?),
        ["repair", at] => Operator::Repair(scope(at)?),
        _ => Operator::Inject(fault(words)?),
    };
    Some(Command::Operate(operator))
}

fn fault(words: &[&str]) -> Option<Fault> {
    let (kind, rest) = match words {
        ["dead", rest @ ..] => (FaultKind::Dead, rest),
        [verb, how, rest @ ..] => (kind(verb, how)?, rest),
        _ => return None,
    };
    let (at, lasts) = match rest {
        [at] => (at, None),
        [at, seconds] => (at, Some(Duration::from_secs(seconds.parse().ok()?))),
        _ => return None,
    };
    let scope = scope(at)?;
    Some(Fault { kind, scope, lasts })
}

fn kind(verb: &str, how: &str) -> Option<FaultKind> {
    let percent = || how.parse().ok();
    Some(match verb {
        "stuck" => FaultKind::Stuck(match how {
            "a" => IpmbBus::A,
            "b" => IpmbBus::B,
            _ => return None,
        }),
        "nak" => FaultKind::Nak(percent()?),
        "lose" => FaultKind::LostRequest(percent()?),
        "mute" => FaultKind::LostResponse(percent()?),
        "repeat" => FaultKind::Repeated(percent()?),
        "corrupt" => FaultKind::BadChecksum(percent()?),
        "slow" => FaultKind::Slow(Duration::from_millis(how.parse().ok()?)),
        "storm" => FaultKind::EventStorm(how.parse().ok()?),
        _ => return None,
    })
}

fn scope(word: &str) -> Option<Scope> {
    match word {
        "all" => Some(Scope::All),
        address => Some(Scope::Controller(hex(address)?)),
    }
}

fn place(word: &str) -> Option<Place> {
    let number = |word: &str| word.parse().ok();
    if let Some(rest) = word.strip_prefix("fan") {
        return Some(Place::FanTray(number(rest)?));
    }
    if let Some(rest) = word.strip_prefix("pem") {
        return Some(Place::PowerModule(number(rest)?));
    }
    if let Some(rest) = word.strip_prefix("cmm") {
        return Some(Place::Cmm(number(rest)?));
    }
    Some(Place::Slot(number(word)?))
}

fn hex(word: &str) -> Option<u8> {
    u8::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok()
}

#[cfg(test)]
mod tests;
