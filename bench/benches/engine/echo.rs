//! The ring alone: what is sent comes back, and nobody keeps or decides anything.

use crate::load::{Load, Times};
use crate::member::{News, is_config, say};
use crate::now;
use corosync::Ring;
use group::{Told, Transport};
use std::sync::mpsc::Receiver;

/// Does what it is told: `load`, as a member of a log does, and `report`.
pub(crate) fn run(mut ring: Ring, heard: &Receiver<News>) {
    let own = ring.member();
    let (mut times, mut load) = (Times::default(), None);
    let (mut index, mut members) = (0, 0);
    let mut unsent = 0_usize;
    loop {
        match heard.recv() {
            Ok(News::Order(order)) if order == "report" => say(&format!("members {members}")),
            Ok(News::Order(order)) => {
                let words: Vec<usize> = order.split(' ').flat_map(str::parse).collect();
                let [bytes, window, ms] = words.as_slice() else {
                    panic!("no such order: {order}");
                };
                times = Times::default();
                load = Some(Load::new((*bytes, *window), *ms));
            }
            Ok(News::Wake) => {}
            Ok(News::End) | Err(_) => return,
        }
        while let Some(told) = ring.told() {
            if is_config(&told) {
                members = members_of(&told);
            }
            if let Told::Delivered { from, .. } = told
                && from == own
            {
                index += 1;
                times.ordered(index);
                times.stable(index, now());
                times.durable(index, now());
            }
        }
        while let Some(running) = &load
            && running.wants_more(times.under_way())
        {
            times.submitted(now());
            unsent += 1;
        }
        while unsent > 0
            && let Some(running) = &load
            && ring.multicast(&vec![0x5a; running.bytes]).is_ok()
        {
            unsent -= 1;
        }
        let is_over = |it: &mut Load| it.is_over(times.under_way());
        if let Some(done) = load.take_if(is_over) {
            say(&done.result(&times));
        }
    }
}

fn members_of(told: &Told) -> usize {
    match told {
        Told::Config { members, .. } => members.len(),
        Told::Quorum { .. } | Told::Delivered { .. } | Told::Disconnected(_) => 0,
    }
}
