//! `shelfd journal`: a look into a journal, for which no daemon need run, and what to do with a
//! damaged one.

use appliance::{Appliance, Command};
use clap::Subcommand;
use group::{Content, Hash, Ledger, NodeId};
use journal::{Inspection, Journal, JournalError, Snapshot};
use machine::log::Entry;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Characters of an entry that are shown.
const TEXT_MAX: usize = 100;

/// What is to be done with a journal.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Shows what a journal holds, and whether it is damaged. A daemon may write it meanwhile.
    Show {
        /// The journal.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The first entry that is shown; without it, the last ones are.
        #[arg(long, value_name = "INDEX")]
        from: Option<u64>,
        /// Most entries that are shown.
        #[arg(long, value_name = "NUMBER", default_value_t = 20)]
        count: u32,
    },
    /// Moves a damaged journal aside and puts an empty one in its place. The CMM then takes the
    /// log of the other one. When that may miss something that was only here, or when there is no
    /// other one, the log does not go on before an operator says so.
    SetAside {
        /// The journal.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Number of the CMM whose journal it is.
        #[arg(long, value_name = "NUMBER")]
        node: u32,
    },
}

/// Does it, and says what came of it.
pub(crate) fn run(task: &Task) -> Result<(), String> {
    match task {
        Task::Show { file, from, count } => {
            let inspection = journal::inspect(file).map_err(|why| why.to_string())?;
            let shown = show(&inspection, *from, *count);
            print!("{}", shown.map_err(|why| why.to_string())?);
            let whole = inspection.recovered();
            whole.map(|_| ()).map_err(|why| why.to_string())
        }
        Task::SetAside { file, node } => {
            let aside = set_aside(file, NodeId(*node))?;
            match aside.exists() {
                true => println!("the damaged journal is {} now", aside.display()),
                false => println!("nothing was left of the journal; an empty one is there now"),
            }
            Ok(())
        }
    }
}

/// Choice: a journal that is not damaged is left where it is: with it would go what only this CMM
/// may have.
fn set_aside(file: &Path, node: NodeId) -> Result<PathBuf, String> {
    match Journal::open(file, std::sync::Arc::new(|| {})) {
        Ok(_) => Err(format!("{}: it is not damaged", file.display())),
        Err(why) if !why.is_damage() => Err(why.to_string()),
        Err(_) => {
            let aside = Journal::set_aside(file, node);
            aside.map_err(|why| why.to_string())
        }
    }
}

fn show(inspection: &Inspection, from: Option<u64>, count: u32) -> Result<String, JournalError> {
    let mut text = format!(
        "layout version {}, {} damaged before it\n",
        journal::FORMAT,
        inspection.generation
    );
    let mut line = |what: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{what:<10}{value}");
    };
    let whole = inspection.recovered();
    line(
        "log",
        or_damage(whole.as_ref().map(|it| ledger(&it.ledger))),
    );
    line(
        "promised",
        or_damage(inspection.promise().as_ref().map(|promise| {
            format!(
                "epoch {}, holders {}",
                promise.epoch,
                nodes(&promise.holders)
            )
        })),
    );
    let snapshot = inspection.snapshot();
    line(
        "snapshot",
        or_damage(
            snapshot
                .as_ref()
                .map(|it| it.as_ref().map_or("none".into(), state)),
        ),
    );
    for (index, times) in inspection.crashes()? {
        line("crash", format!("of entry {index}, {times} times"));
    }
    let first = inspection.first()?;
    let last = whole.map_or(u64::MAX, |it| it.last().index);
    let from = from.unwrap_or_else(|| (last.saturating_add(1)).saturating_sub(count.into()));
    let entries = inspection.read(from.max(first.unwrap_or(0)), count)?;
    for entry in &entries {
        line("entry", entry_line(entry));
    }
    Ok(text)
}

fn or_damage(value: Result<String, &JournalError>) -> String {
    value.unwrap_or_else(|why| format!("damaged: {why}"))
}

fn ledger(ledger: &Ledger) -> String {
    let position = ledger.position();
    format!(
        "entry {} of epoch {}, hash {}, holders {}",
        position.index,
        position.epoch,
        start_of(&position.hash),
        nodes(ledger.holders())
    )
}

/// Where the log stands in a snapshot, and who can read that.
fn state(snapshot: &Snapshot) -> String {
    let ledger = ledger(&snapshot.ledger);
    match Appliance::version_of(&snapshot.state) {
        Some(version) => format!("{ledger}, by version {version} of the rules"),
        None => ledger,
    }
}

fn nodes(nodes: &BTreeSet<NodeId>) -> String {
    let names: Vec<_> = nodes.iter().map(|node| node.0.to_string()).collect();
    match names.is_empty() {
        true => "none".into(),
        false => names.join(" "),
    }
}

fn entry_line((entry, hash): &(Entry, Hash)) -> String {
    let text: String = text_of(entry).chars().take(TEXT_MAX).collect();
    let (index, seconds) = (entry.pos.index, entry.pos.time.0 / 1_000_000_000);
    let bytes = entry.command.len();
    let hash = start_of(hash);
    format!("{index:>8}  at {seconds} s  {hash}  {bytes:>6} bytes  {text}")
}

fn text_of(entry: &Entry) -> String {
    match Content::of(entry) {
        Some(Content::Command { command, .. }) => match Command::decode(&command) {
            Ok(command) => format!("{command:?}"),
            Err(_) => "a command of another version".into(),
        },
        Some(view @ Content::Primary { .. }) => format!("{view:?}"),
        None => "not written by a group".into(),
    }
}

fn start_of(hash: &Hash) -> String {
    let start = hash.0.iter().take(6);
    start.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
