//! The command line of the shelf manager: a view over the daemon's control socket, without state of
//! its own; and what must be written before there can be a daemon.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 usage.

mod arguments;
mod cluster;
mod hardware;
mod members;
mod setup;
mod socket;
mod table;
mod time;

#[cfg(test)]
mod tests;

pub use arguments::Arguments;

use arguments::{ClusterOrder, Command, Init};
use socket::{Failure, Socket};
use std::io::{self, Write};
use std::process::ExitCode;
use table::printable_lines;
use web_api::{
    Change, EventView, EventsView, Follow, LogView, Order, Outcome, Query, Reply, StatusView,
    SwitchCondition,
};

/// Longest text of an entry of the log in a table, in characters; JSON has more.
const LOG_LINE_MAX: usize = 120;

/// Carries the command out: what was asked for goes to `out`, what went wrong to the standard
/// error.
pub fn run(arguments: Arguments, out: &mut impl Write) -> ExitCode {
    match carry_out(arguments, out) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough, as with `shelfctl sel | head`.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprint!("{}", printable_lines(&format!("shelfctl: {failure}")));
            ExitCode::FAILURE
        }
    }
}

fn carry_out(arguments: Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let json = arguments.json;
    let connect = || Socket::connect(&arguments.run_dir.join("shelfd.sock"));
    match arguments.command.ask() {
        Asked::Setup(init) => setup::run(init, json, out),
        Asked::Query(query) => show(&connect()?.query(query)?, json, out),
        Asked::Order(order) => match connect()?.order(order)? {
            Outcome::Done { text } if json => Ok(writeln!(
                out,
                "{}",
                serde_json::to_string_pretty(&Outcome::Done { text })?
            )?),
            Outcome::Done { text } => Ok(out.write_all(printable_lines(&text).as_bytes())?),
            Outcome::Refused(refusal) => Err(Failure::Refused(refusal)),
        },
        Asked::Follow(wanted) => follow(connect()?, wanted, json, out),
    }
}

enum Asked {
    Setup(Init),
    Query(Query),
    Order(Order),
    Follow(Follow),
}

impl Command {
    fn ask(self) -> Asked {
        match self {
            Self::Shelf => Asked::Query(Query::Shelf),
            Self::Board => Asked::Query(Query::Boards),
            Self::Fru { address, fru } => Asked::Query(Query::Fru { address, fru }),
            Self::Sensor { address } => Asked::Query(Query::Sensors { address }),
            Self::Sel { last } => Asked::Query(Query::Sel { last }),
            Self::Log { from, last } => Asked::Query(Query::Log { from, count: last }),
            Self::Alarm => Asked::Query(Query::Alarms),
            Self::Events {
                since,
                follow: false,
            } => Asked::Query(Query::Events { since }),
            Self::Events {
                since,
                follow: true,
            } => Asked::Follow(Follow {
                events_since: Some(since.unwrap_or(0)),
            }),
            Self::Amf { order: None } => Asked::Query(Query::Amf),
            Self::Amf { order: Some(order) } => Asked::Order(order.order()),
            Self::Clm => Asked::Query(Query::Clm),
            Self::Plm => Asked::Query(Query::Plm),
            Self::Imm { dn, class } => Asked::Query(Query::Imm { dn, class }),
            Self::Status => Asked::Query(Query::Status),
            Self::Cluster { order } => order.ask(),
            Self::Blade { order } => Asked::Order(order.order()),
            Self::Activate { address, fru } => Asked::Order(Order::ActivateFru { address, fru }),
            Self::Deactivate { address, fru } => {
                Asked::Order(Order::DeactivateFru { address, fru })
            }
            Self::Admin { operation, dn } => Asked::Order(Order::AdminOperation { dn, operation }),
        }
    }
}

impl ClusterOrder {
    fn ask(self) -> Asked {
        match self {
            Self::Init(init) => Asked::Setup(init),
            Self::Status => Asked::Query(Query::Members),
            Self::Switch {
                to,
                any_version,
                forced,
            } => {
                let condition = match (forced, any_version) {
                    (true, _) => SwitchCondition::Forced,
                    (false, true) => SwitchCondition::AnyVersion,
                    (false, false) => SwitchCondition::SameOrNewer,
                };
                Asked::Order(Order::SwitchOver { to, condition })
            }
            Self::Force => Asked::Order(Order::Force),
        }
    }
}

fn show(reply: &Reply, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    if let Reply::Refused(refusal) = reply {
        return Err(Failure::Refused(refusal.clone()));
    }
    let text = if json {
        serde_json::to_string_pretty(reply)? + "\n"
    } else {
        printable_lines(&text(reply))
    };
    Ok(out.write_all(text.as_bytes())?)
}

fn text(reply: &Reply) -> String {
    match reply {
        Reply::Shelf(view) => hardware::shelf(view),
        Reply::Boards(view) => hardware::boards(view),
        Reply::Frus(view) => hardware::frus(view),
        Reply::Sensors(view) => hardware::sensors(view),
        Reply::Sel(view) => hardware::sel(view),
        Reply::Log(view) => log(view),
        Reply::Alarms(view) => hardware::alarms(view),
        Reply::Events(view) => events(view),
        Reply::Amf(view) => cluster::amf(view),
        Reply::Clm(view) => cluster::clm(view),
        Reply::Plm(view) => cluster::plm(view),
        Reply::Imm(view) => cluster::imm(view),
        Reply::Members(view) => members::text(view),
        Reply::Status(view) => status(view),
        // Never asked for here, and `show` has turned refusals away.
        Reply::Snapshot(_) | Reply::Refused(_) => String::new(),
    }
}

fn events(view: &EventsView) -> String {
    view.events
        .iter()
        .map(|event| event_line(event) + "\n")
        .collect()
}

/// Wide columns last, so that a terminal shows what matters first.
fn log(view: &LogView) -> String {
    let mut table = table::Table::headed(["INDEX", "TIME", "HASH", "BYTES", "ENTRY"]);
    for entry in &view.entries {
        let text: String = entry.text.chars().take(LOG_LINE_MAX).collect();
        table.row([
            entry.index.to_string().as_str(),
            &time::from_us(entry.time_us),
            entry.hash.get(..12).unwrap_or_default(),
            &entry.bytes.to_string(),
            &text,
        ]);
    }
    let kept = match view.first {
        Some(first) => format!("entries from {first} are kept"),
        None => "no entries are kept".into(),
    };
    let LogView { last, durable, .. } = view;
    format!(
        "{}{kept}; the last is {last}, on disk up to {durable}\n",
        table.text()
    )
}

fn event_line(event: &EventView) -> String {
    let when = time::from_us(event.time_us);
    let EventView {
        sequence,
        source,
        object,
        text,
        ..
    } = event;
    let severity = event.severity.word();
    format!("{sequence:>6}  {when}  {severity:<13}  {source:<8}  {object}  {text}")
}

fn status(view: &StatusView) -> String {
    let mut table = table::Table::plain();
    let port = format!("{} {} {}", view.port_kind, view.port_state, view.port_text);
    let log = format!(
        "entry {}, on disk up to {}",
        view.log_index, view.log_durable
    );
    let role = if view.demo {
        format!("{} (demo)", view.role)
    } else {
        view.role.clone()
    };
    table.row(["version", &view.version]);
    table.row(["role", &role]);
    table.row(["up for", &time::span(view.uptime_ms)]);
    table.row(["log", &log]);
    table.row(["chassis", port.trim()]);
    table.text()
}

fn follow(
    mut socket: Socket,
    wanted: Follow,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    socket.follow(wanted)?;
    loop {
        match socket.notice()?.change {
            Change::Event(event) if json => {
                writeln!(out, "{}", serde_json::to_string(&event)?)?;
            }
            Change::Event(event) => {
                out.write_all(printable_lines(&event_line(&event)).as_bytes())?;
            }
            Change::Lagged { missed } => eprintln!("shelfctl: too slow, {missed} notices lost"),
            Change::Slot(_)
            | Change::Sensor(_)
            | Change::SensorsGone { .. }
            | Change::Amf(_)
            | Change::Clm(_)
            | Change::Plm(_)
            | Change::Members(_)
            | Change::Status(_) => {}
        }
        out.flush()?;
    }
}
