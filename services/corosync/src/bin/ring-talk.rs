//! `ring-talk NODE GROUP [LINE-FILE]`: joins a process group of this machine's Corosync, prints
//! what is told, and does what it is told on its standard input: `send TEXT`, `flood COUNT BYTES`,
//! `rejoin`, `leave`. To look at a ring, and for tests of one.
//!
//! Exit codes: 0 at the end of the input, 1 failure, 2 usage.

use corosync::{Holder, Line, Options, Ring};
use group::{NodeId, RingId, Told, Transport};
use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Longest message that is printed as it is.
const TEXT_MAX: usize = 80;

/// Milliseconds after which a Corosync that does not answer counts as gone: people wait here.
const HANG: Duration = Duration::from_millis(1000);

/// Something to do.
enum News {
    Ring,
    Input(String),
    End,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (node, group, line) = match words.as_slice() {
        [node, group] => (node, group, Line::None),
        [node, group, line] => (node, group, Line::File(line.into())),
        _ => return usage(),
    };
    let Ok(node) = node.parse().map(NodeId) else {
        return usage();
    };
    let (news, heard) = channel();
    let options = Options {
        line,
        hang: HANG,
        wake: wake(news.clone()),
        ..Options::new(node, group)
    };
    match Ring::new(options) {
        Ok(ring) => talk(ring, &news, &heard),
        Err(error) => {
            eprintln!("ring-talk: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: ring-talk NODE GROUP [LINE-FILE]");
    ExitCode::from(2)
}

fn wake(news: Sender<News>) -> corosync::Wake {
    // When nobody listens any more, this process is about to end.
    std::sync::Arc::new(move || news.send(News::Ring).unwrap_or_default())
}

fn talk(mut ring: Ring, news: &Sender<News>, heard: &Receiver<News>) -> ExitCode {
    let input = news.clone();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            input.send(News::Input(line)).unwrap_or_default();
        }
        input.send(News::End).unwrap_or_default();
    });
    say(&format!("member {}", ring.member().incarnation));
    let mut holder = None;
    let mut unsent: VecDeque<Vec<u8>> = VecDeque::new();
    loop {
        while let Some(told) = ring.told() {
            say(&shown(&told));
        }
        if ring.holder() != holder {
            holder = ring.holder();
            match &holder {
                Some(Holder::Us) => say("line us"),
                Some(Holder::NotUs) => say("line not-us"),
                Some(Holder::Unknown(why)) => say(&format!("line unknown {why}")),
                None => {}
            }
        }
        while let Some(message) = unsent.front()
            && ring.multicast(message).is_ok()
        {
            unsent.pop_front();
        }
        match heard.recv() {
            Ok(News::Ring) => {}
            Ok(News::Input(line)) => order(&line, &mut ring, &mut unsent),
            Ok(News::End) | Err(_) => return ExitCode::SUCCESS,
        }
    }
}

fn order(line: &str, ring: &mut Ring, unsent: &mut VecDeque<Vec<u8>>) {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    match words.as_slice() {
        ["send", ..] => unsent.push_back(line["send".len()..].trim_start().into()),
        ["flood", count, bytes] => {
            let (Ok(count), Ok(bytes)) = (count.parse::<u32>(), bytes.parse::<usize>()) else {
                return say("what?");
            };
            for number in 0..count {
                let mut message = number.to_le_bytes().to_vec();
                message.resize(bytes.clamp(4, corosync::MESSAGE_BYTES_MAX), 0);
                unsent.push_back(message);
            }
        }
        ["rejoin"] => ring.rejoin(),
        ["leave"] => ring.leave(),
        _ => say("what?"),
    }
}

fn shown(told: &Told) -> String {
    match told {
        Told::Config {
            ring,
            members,
            nodes,
        } => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|it| format!("{}:{}", it.node.0, it.incarnation))
                .collect();
            let nodes: Vec<String> = nodes.iter().map(|it| it.0.to_string()).collect();
            let (members, nodes) = (members.join(","), nodes.join(","));
            format!("config {} members {members} nodes {nodes}", name(*ring))
        }
        Told::Quorum { ring, quorate } => format!("quorum {} {quorate}", name(*ring)),
        Told::Delivered { from, bytes } => {
            let text = std::str::from_utf8(bytes)
                .ok()
                .filter(|text| text.len() <= TEXT_MAX && !text.contains(char::is_control));
            let text = text.map_or_else(|| abridged(bytes), str::to_owned);
            format!("message {} {text}", from.node.0)
        }
        Told::Disconnected(why) => format!("disconnected {why}"),
    }
}

fn abridged(bytes: &[u8]) -> String {
    let number = bytes.first_chunk().copied().map_or(0, u32::from_le_bytes);
    format!("#{number} of {} bytes", bytes.len())
}

fn name(ring: RingId) -> String {
    format!("{}.{:x}", ring.node.0, ring.number)
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    // Whoever does not read any more does not want to.
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .unwrap_or_default();
}
