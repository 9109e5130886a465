//! A whole shelf of real daemons: two CMMs and three blades, each with its own Corosync and shelfd
//! in namespaces of its own, and one thing after the other breaks. Meanwhile never are two
//! instances of the application active, and nothing that was acknowledged is lost.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod events;
mod health;
mod writer;

use cluster::as_root;
use cluster::shelf::{BLADES, CMMS, Shelf, Watch};
use events::Events;
use std::time::{Duration, Instant};
use writer::Writer;

/// A lost token is noticed soon: most of the test would be waiting for it.
const TOKEN_MS: u32 = 500;

/// How long a daemon may be silent.
const HANG_LIMIT_S: u32 = 4;

/// How long the others wait for one that hangs: until it was silent for so long, and then for a new
/// view; and as much again, as CI machines are loaded.
const HANG_MAX: Duration = Duration::from_secs(10);

/// One shelf for all of it: bringing it up takes longer than what breaks.
#[test]
fn whatever_breaks_the_other_goes_on() {
    as_root(|| {
        let mut shelf = Shelf::start(TOKEN_MS);
        shelf.await_active(1);
        let watch = Watch::start(&shelf.cluster);
        let writer = Writer::start(&shelf.cluster);
        let processes = shelf.processes();
        let events = Events::start(&shelf.cluster);
        cmms_die(&mut shelf, &events);
        cmms_change(&mut shelf, &events);
        journal_is_damaged(&mut shelf, &events);
        cmm_hangs(&mut shelf, &events);
        drop(events);
        cmm_keeps_the_line(&mut shelf);
        health::cmms_lose_the_bus(&mut shelf);
        assert_eq!(shelf.processes(), processes, "an instance was started anew");
        blade_is_cut_off(&shelf);
        let processes = shelf.processes();
        daemons_start_anew(&mut shelf);
        assert_eq!(shelf.processes(), processes, "an instance was started anew");
        watch.end();
        writer.check(&shelf);
    });
}

/// What a failure is told with.
fn step(what: &str, work: impl FnOnce()) {
    let start = std::time::Instant::now();
    eprintln!("{what}");
    work();
    eprintln!("  {} ms", start.elapsed().as_millis());
}

/// A client of HPI goes on with the CMM that lives.
fn cmms_die(shelf: &mut Shelf, events: &Events) {
    step("the active CMM's daemon is killed", || {
        shelf.kill_daemon(1);
        shelf.await_active(2);
        shelf.start_daemon(1);
        shelf.settled();
        events.see_handle(shelf);
    });
    step("so is the other's", || {
        shelf.kill_daemon(2);
        shelf.await_active(1);
        shelf.start_daemon(2);
        shelf.settled();
        events.see_handle(shelf);
    });
}

/// With the ring, with the line, and by order. The client goes on over one after the other, though
/// nothing else happens that it would be told of.
fn cmms_change(shelf: &mut Shelf, events: &Events) {
    step("the active CMM's Corosync is killed", || {
        shelf.cluster.kill_corosync(1);
        // As hardware does when a CMM is not healthy any more.
        shelf.cluster.hold_line(2);
        shelf.await_active(2);
        shelf.cluster.start_corosync(1);
        shelf.settled();
    });
    step("the arbitration line moves", || {
        shelf.cluster.hold_line(1);
        shelf.await_active(1);
        shelf.settled();
    });
    step("an operator wants the other CMM", || {
        let switched = shelf.ask(1, &["cluster", "switch", "--to", "2"]);
        assert!(switched.is_ok(), "{switched:?}");
        shelf.await_active(2);
        shelf.settled();
    });
    step("the active CMM is cut off as the line goes", || {
        shelf.cluster.cut(2);
        shelf.cluster.hold_line(1);
        shelf.await_active(1);
        shelf.cluster.heal();
        shelf.settled();
        events.see_takeovers(4);
        events.see_handle(shelf);
    });
}

/// Its clients cannot reach it, and find no other.
fn cmm_keeps_the_line(shelf: &mut Shelf) {
    step(
        "the active CMM is cut off and keeps the line: the other waits",
        || {
            shelf.cluster.cut(1);
            shelf.await_standing(2, "not-quorate");
            shelf.await_active(1);
            // It has gone on without the other: the line does not make up for that.
            shelf.cluster.hold_line(2);
            shelf.await_standing(1, "not-quorate");
            shelf.await_standing(2, "awaits");
            shelf.cluster.heal();
            shelf.settled();
            Events::start(&shelf.cluster).see_handle(shelf);
        },
    );
}

/// The CMM takes the log of the other one, and can be active again.
fn journal_is_damaged(shelf: &mut Shelf, events: &Events) {
    let active = shelf.active();
    step("the active CMM dies, and its journal is damaged", || {
        shelf.kill_daemon(active);
        let journal = shelf.run_dir(active).join("journal.db");
        for file in [journal.clone(), journal.with_extension("db-wal")] {
            let bytes = std::fs::read(&file).map_or(0, |it| it.len());
            std::fs::write(&file, vec![0xa5; bytes]).unwrap();
        }
        shelf.await_active(3 - active);
        shelf.start_daemon(active);
        shelf.settled();
        assert!(journal.with_extension("db.damaged-1").exists());
        let told = std::fs::read_to_string(shelf.log(active)).unwrap();
        assert!(told.contains("journal.db.damaged-1 now"), "{told}");
        let switched = shelf.ask(active, &["cluster", "switch", "--to", &active.to_string()]);
        assert!(switched.is_ok(), "{switched:?}");
        shelf.await_active(active);
        events.see_handle(shelf);
    });
}

/// The group waits for it, so whoever looks after it ends it.
fn cmm_hangs(shelf: &mut Shelf, events: &Events) {
    let hangs = 3 - shelf.active();
    step("the active CMM's daemon hangs", || {
        shelf.supervise_daemon(hangs, HANG_LIMIT_S);
        shelf.settled();
        let switched = shelf.ask(hangs, &["cluster", "switch", "--to", &hangs.to_string()]);
        assert!(switched.is_ok(), "{switched:?}");
        shelf.await_active(hangs);
        events.see_takeovers(1);
        shelf.hang_daemon(hangs);
        let hung = Instant::now();
        shelf.await_active(3 - hangs);
        assert!(hung.elapsed() < HANG_MAX, "{:?}", hung.elapsed());
        // It was started again, and has caught up.
        shelf.settled();
        events.see_handle(shelf);
        shelf.restart_daemon(hangs);
        shelf.settled();
    });
}

/// It is isolated before others take over from it.
fn blade_is_cut_off(shelf: &Shelf) {
    step("the blade with the active instance is cut off", || {
        let blade = shelf.await_instance(None);
        shelf.cluster.cut(blade);
        let other = shelf.await_instance(Some(blade));
        assert_ne!(other, blade);
        shelf.cluster.heal();
        shelf.settled();
    });
}

/// One after the other, and those that keep the log at once.
fn daemons_start_anew(shelf: &mut Shelf) {
    step("the daemons are started anew, one after the other", || {
        for node in BLADES.iter().chain(&CMMS) {
            shelf.restart_daemon(*node);
            shelf.settled();
        }
    });
    step("both CMMs' daemons are killed", || {
        CMMS.iter().for_each(|cmm| shelf.kill_daemon(*cmm));
        shelf.await_instance(None);
        CMMS.iter().for_each(|cmm| shelf.start_daemon(*cmm));
        shelf.settled();
        Events::start(&shelf.cluster).see_handle(shelf);
    });
}
