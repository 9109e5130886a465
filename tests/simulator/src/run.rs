//! Runs seeds, and finds the faults that matter in those that break a promise.

use crate::Arguments;
use crate::fault::{self, Planned};
use crate::world::World;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seeds between two lines that tell how far it is.
const TOLD: u64 = 10;

/// Runs that may be spent to find the faults that matter.
const TRIES_MAX: usize = 60;

/// Seeds whose faults are looked through.
const SHRUNK_MAX: usize = 3;

/// What came of a seed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The promise that was broken, and how old the shelf was then.
    pub(crate) violation: Option<(String, Duration)>,
    pub(crate) entries: u64,
    pub(crate) acknowledged: u64,
    pub(crate) requests: u64,
    /// Events that HPI's users got.
    pub(crate) events: u64,
    /// Entries that all members skip.
    pub(crate) quarantined: u64,
    /// How often a CMM gave its state up, as its snapshot has one of those.
    pub(crate) spoilt: u64,
    /// Daemons that ended because their program did not fit.
    pub(crate) unfit: u64,
    /// Ticks, and those of them that nobody waited for.
    pub(crate) ticks: [u64; 2],
}

/// Runs all seeds that are asked for; how many of them break a promise.
pub(crate) fn all(arguments: &Arguments) -> usize {
    let (from, count) = match arguments.seed {
        Some(seed) => (seed, 1),
        None => (arguments.from, arguments.seeds),
    };
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let told = Mutex::new((0, Outcome::default(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let seed = from + number;
                    let outcome = one(seed, arguments, arguments.faults.as_deref());
                    let mut told = told.lock().expect("nobody panics with it");
                    tell(&mut told, (seed, outcome), began);
                }
            });
        }
    });
    let (_, sums, violated) = told.into_inner().expect("nobody panics with it");
    if !arguments.no_shrink && arguments.faults.is_none() {
        for (seed, age) in violated.iter().take(SHRUNK_MAX) {
            shrink(*seed, *age, arguments);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} entries, {} acknowledged writes, {} requests to the chassis in {seconds:.0} s",
        sums.entries, sums.acknowledged, sums.requests,
    );
    let [ticks, surplus] = sums.ticks;
    println!("{} events told HPI's users", sums.events);
    println!(
        "{} entries quarantined, {} of them in a snapshot",
        sums.quarantined, sums.spoilt
    );
    println!("{} daemons with a program that did not fit", sums.unfit);
    println!("{ticks} ticks, {surplus} of them for nobody");
    println!("{count} seeds, {} violations", violated.len());
    violated.len()
}

type Told = (u64, Outcome, Vec<(u64, Duration)>);

fn tell(told: &mut Told, (seed, outcome): (u64, Outcome), began: Instant) {
    let (done, sums, violated) = told;
    *done += 1;
    sums.entries += outcome.entries;
    sums.acknowledged += outcome.acknowledged;
    sums.requests += outcome.requests;
    sums.events += outcome.events;
    sums.quarantined += outcome.quarantined;
    sums.spoilt += outcome.spoilt;
    sums.unfit += outcome.unfit;
    for (sum, ticks) in sums.ticks.iter_mut().zip(outcome.ticks) {
        *sum += ticks;
    }
    if let Some((why, age)) = outcome.violation {
        println!("seed {seed}, {:.3} s: {why}", age.as_secs_f64());
        println!("  cargo xtask sim --seed {seed} --trace");
        violated.push((seed, age));
    }
    if done.is_multiple_of(TOLD) {
        let seconds = began.elapsed().as_secs_f64();
        let rate = sums.entries as f64 / seconds;
        println!("{done} seeds in {seconds:.0} s, {rate:.0} entries/s");
    }
}

/// Runs one seed, with these faults of its plan only, if any are named.
pub(crate) fn one(seed: u64, arguments: &Arguments, faults: Option<&[usize]>) -> Outcome {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let trouble = minutes(arguments.trouble);
    let plan = fault::plan(seed, trouble);
    let plan: Vec<Planned> = match faults {
        Some(numbers) => {
            let chosen = plan.into_iter().enumerate();
            let chosen = chosen.filter(|(number, _)| numbers.contains(number));
            chosen.map(|(_, planned)| planned).collect()
        }
        None => plan,
    };
    let mut world = World::new(seed, plan, (arguments.trace, arguments.plant));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        // The last fault strikes a while after the trouble, and may last a minute.
        world.run_to(trouble + Duration::from_secs(120));
        if world.check.violation.is_none() {
            world.settle(minutes(arguments.minutes));
        }
    }));
    if let Err(panic) = ran {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        world
            .check
            .violated(format!("panic: {}", text.unwrap_or_default()));
    }
    let age = world.age();
    Outcome {
        entries: u64::try_from(world.check.entries()).unwrap_or(u64::MAX),
        acknowledged: world.check.acknowledged,
        requests: world.hardware.requests,
        events: world.check.events,
        quarantined: world.defects.count(),
        spoilt: world.defects.spoilt,
        unfit: world.check.unfit,
        ticks: world.check.ticks,
        violation: world.check.violation.map(|why| (why, age)),
    }
}

/// Leaves faults out as long as a promise is still broken, halves first.
fn shrink(seed: u64, age: Duration, arguments: &Arguments) {
    let quiet = Arguments {
        trace: false,
        ..arguments.clone()
    };
    let plan = fault::plan(seed, Duration::from_secs(arguments.trouble * 60));
    let mut left: Vec<usize> = (0..plan.len())
        .filter(|it| plan[*it].after <= age)
        .collect();
    let mut why = None;
    let mut tries = 0;
    let mut chunk = left.len().div_ceil(2);
    while chunk > 0 && tries < TRIES_MAX {
        let mut at = 0;
        while at < left.len() && tries < TRIES_MAX {
            let mut fewer = left.clone();
            fewer.drain(at..(at + chunk).min(left.len()));
            tries += 1;
            match one(seed, &quiet, Some(&fewer)).violation {
                Some((text, _)) => {
                    why = Some(text);
                    left = fewer;
                }
                None => at += chunk,
            }
        }
        chunk /= 2;
    }
    println!("seed {seed}, after {tries} runs, with these faults only:");
    for number in &left {
        let Planned {
            after,
            lasts,
            fault,
        } = &plan[*number];
        println!("  {number}: {fault:?} at {after:?} for {lasts:?}");
    }
    if let Some(why) = why {
        println!("  {why}");
    }
    let numbers: Vec<String> = left.iter().map(ToString::to_string).collect();
    println!(
        "  cargo xtask sim --seed {seed} --trace --faults {}",
        numbers.join(",")
    );
}
