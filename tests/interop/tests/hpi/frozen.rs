//! A chassis that stops answering, as one process stops when it is told to.

use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Chassis, Shelfd, Simulator, wait_until};
use openhpi_wire::function::*;
use openhpi_wire::types::{CtrlState, EntityPath, RdrTypeUnion};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a read of what does not answer may take.
const LIMIT: Duration = Duration::from_secs(6);
/// How long everybody else's may.
const OTHERS: Duration = Duration::from_millis(5);
/// How long the chassis is frozen: longer than it takes until it counts as gone.
const FROZEN: Duration = Duration::from_secs(15);
/// `SA_ERR_HPI_BUSY`, `SA_ERR_HPI_TIMEOUT`, `SA_ERR_HPI_NO_RESPONSE`.
const SILENT: [i32; 3] = [-1003, -1006, -1012];

/// A sensor with thresholds, and an LED: both are asked of a blade's controller.
#[derive(Clone, Copy, Debug)]
struct Blade {
    resource: u32,
    sensor: u32,
    led: u32,
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill {name}");
}

/// Instruments of the first blade, once they are discovered.
fn find_blade(raw: &mut Raw, session: u32) -> Option<Blade> {
    let resources = raw.resources(session);
    let is_blade = |path: &EntityPath| {
        let front_blade = 0x1_0016;
        path.0
            .first()
            .is_some_and(|entity| entity.kind == front_blade)
    };
    let resource = resources
        .iter()
        .find(|entry| is_blade(&entry.entity))?
        .resource;
    let (mut entry, mut sensor, mut led) = (0, None, None);
    while entry != u32::MAX {
        let call = RdrGet {
            session,
            resource,
            entry,
        };
        let next = raw.call(&call).ok()?;
        let instrument = next.entry.instrument;
        if let RdrTypeUnion::Sensor(rec) = &instrument
            && rec.threshold_defn.is_accessible
        {
            sensor = Some(rec.num);
        }
        if let RdrTypeUnion::Ctrl(rec) = &instrument {
            led = led.or(Some(rec.num));
        }
        entry = next.next;
    }
    Some(Blade {
        resource,
        sensor: sensor?,
        led: led?,
    })
}

/// Asks the hardware for two things; how long it took, and what came of both.
fn ask(raw: &mut Raw, session: u32, blade: Blade) -> Vec<(Duration, Result<(), i32>)> {
    let Blade {
        resource,
        sensor,
        led,
    } = blade;
    let (thresholds, took) = raw.timed(&SensorThresholdsGet {
        session,
        resource,
        sensor,
    });
    let first = (took, thresholds.map(|_| ()));
    let (control, state) = (led, CtrlState::Digital(0));
    let (shown, took) = raw.timed(&ControlGet {
        session,
        resource,
        control,
        state,
    });
    vec![first, (took, shown.map(|_| ()))]
}

/// Waits until a blade's hardware answers.
fn answering(raw: &mut Raw, session: u32) -> Blade {
    wait_until(PATIENCE, "the hardware answers", || {
        let blade = find_blade(raw, session).ok_or("no blade")?;
        let answers = ask(raw, session, blade);
        let all = answers.iter().all(|(_, result)| result.is_ok());
        all.then_some(blade).ok_or(format!("{answers:?}"))
    })
}

/// Asks for as long as the chassis is frozen.
fn ask_all_the_time(at: SocketAddr, blade: Blade) {
    let (mut raw, session) = Raw::open(at);
    let start = Instant::now();
    while start.elapsed() < FROZEN {
        for (took, result) in ask(&mut raw, session, blade) {
            let why = result.expect_err("nobody can know");
            assert!(SILENT.contains(&why), "{why}");
            assert!(took < LIMIT, "{took:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How long the threads of a process, and this one, have been ready to run and had no processor.
///
/// What other programs of the machine take from us is in here, what the daemon takes itself is not.
/// Source: Linux, `Documentation/scheduler/sched-stats.rst`, `/proc/PID/schedstat`.
fn delayed(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let threads = threads.map(|thread| thread.expect("a readable folder").path());
    let all = threads.chain([PathBuf::from("/proc/thread-self")]);
    let waited = all.map(|thread| {
        let line = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        let nanos = line.split(' ').nth(1).and_then(|it| it.parse().ok());
        // A thread that has ended meanwhile has no part in it.
        nanos.map_or(Duration::ZERO, Duration::from_nanos)
    });
    waited.sum()
}

/// How long a read took without the time in which nobody had a processor for it.
fn read<F: Function>(raw: &mut Raw, pid: u32, call: &F) -> Duration {
    let before = delayed(pid);
    let (answer, took) = raw.timed(call);
    assert!(answer.is_ok(), "it is known");
    took.saturating_sub(delayed(pid).saturating_sub(before))
}

/// Reads what needs no hardware, for as long as the chassis is frozen.
fn read_all_the_time(at: SocketAddr, pid: u32, blade: Blade) -> Vec<Duration> {
    let (mut raw, session) = Raw::open(at);
    let (start, entry) = (Instant::now(), 0);
    let mut times = Vec::new();
    while start.elapsed() < FROZEN {
        times.push(read(&mut raw, pid, &RptEntryGet { session, entry }));
        let resource = blade.resource;
        let record = RdrGet {
            session,
            resource,
            entry,
        };
        times.push(read(&mut raw, pid, &record));
        let resource = u32::MAX;
        times.push(read(&mut raw, pid, &EventLogInfoGet { session, resource }));
        std::thread::sleep(Duration::from_millis(2));
    }
    times
}

/// Freezes the process that is the chassis, and lets it go on.
fn freeze(shelfd: &Shelfd, chassis: u32) {
    let at = shelfd.hpi();
    let (mut raw, session) = Raw::open(at);
    let blade = answering(&mut raw, session);
    signal(chassis, "-STOP");
    let asking: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(move || ask_all_the_time(at, blade)))
        .collect();
    let mut times = read_all_the_time(at, shelfd.pid(), blade);
    let asked = asking.into_iter().map(|asking| asking.join());
    let asked: Result<Vec<()>, _> = asked.collect();
    signal(chassis, "-CONT");
    asked.expect("each of them was told in time");
    times.sort_unstable();
    // Whoever waited for the chassis would wait for seconds. One in a hundred may be the fault of a
    // disk that is busy with others, or of a hypervisor that takes a processor away unseen.
    let within = |per_mille: usize| times[times.len() * per_mille / 1000];
    let (most, all) = (within(990), times[times.len() - 1]);
    println!(
        "{} reads: 99 % within {most:?}, 99.9 % within {:?}, all within {all:?}",
        times.len(),
        within(999)
    );
    assert!(most < OTHERS, "{most:?} of {}", times.len());
    assert!(all < 20 * OTHERS, "{all:?}");
    answering(&mut raw, session);
}

// A frozen controller blocks openhpid's clients for half a minute, also those that want nothing of
// it.
#[test]
fn a_frozen_ipmi_sim_is_told_in_time_and_holds_up_nobody() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with_hpi(&chassis);
    discovered(&shelfd);
    freeze(&shelfd, chassis.pid());
}

// The same where the chassis is reached by a stream, whose other end takes bytes for a while.
#[test]
fn a_frozen_chassis_sim_is_told_in_time_and_holds_up_nobody() {
    let chassis = Simulator::start(&[]);
    let way = format!("port = \"vm\"\naddress = \"{}\"\n", chassis.system());
    let shelfd = Shelfd::start_with_hpi_and(chassis.system(), |config| {
        let (before, rest) = config.split_once("[chassis]\n").expect("the example");
        let (_, after) = rest.split_once("\n\n").expect("the example");
        format!("{before}[chassis]\n{way}\n{after}")
    });
    discovered(&shelfd);
    freeze(&shelfd, chassis.pid());
}
