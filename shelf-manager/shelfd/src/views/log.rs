//! The log, for inspection.

use crate::core::Core;
use appliance::Command;
use group::{Content, Hash};
use machine::log::Entry;
use std::fmt::Write;
use web_api::{LOG_ENTRIES_MAX, LOG_TEXT_MAX, LogEntryView, LogView, Refusal, RefusalCode, Reply};

impl Core {
    pub(super) fn log_reply(&self, from: Option<u64>, count: u32) -> Reply {
        let last = self.engine.ledger().position().index;
        let count = count.min(LOG_ENTRIES_MAX);
        let from = from.unwrap_or_else(|| (last + 1).saturating_sub(count.into()));
        let first = self.engine.first();
        let read = first.and_then(|first| Ok((first, self.engine.read(from, count)?)));
        match read {
            Ok((first, entries)) => Reply::Log(LogView {
                first,
                last,
                durable: self.member.durable(),
                entries: entries.iter().map(view).collect(),
            }),
            Err(why) => {
                let text = format!("the journal cannot be read: {why:?}");
                Reply::Refused(Refusal::new(RefusalCode::Failed, text))
            }
        }
    }
}

fn view((entry, hash): &(Entry, Hash)) -> LogEntryView {
    let text = match Content::of(entry) {
        Some(Content::Command { command, .. }) => match Command::decode(&command) {
            Ok(command) => format!("{command:?}"),
            Err(_) => "Undecodable".into(),
        },
        Some(view @ Content::Primary { .. }) => format!("{view:?}"),
        None => "Undecodable".into(),
    };
    let is_name = |c: &char| c.is_alphanumeric();
    LogEntryView {
        index: entry.pos.index,
        time_us: entry.pos.time.0 / 1_000,
        hash: hex(hash),
        kind: text.chars().take_while(is_name).collect(),
        bytes: u64::try_from(entry.command.len()).unwrap_or(u64::MAX),
        text: text.chars().take(LOG_TEXT_MAX).collect(),
    }
}

pub(super) fn hex(hash: &Hash) -> String {
    hash.0.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::{Pos, Time};

    /// What cannot be read is shown too, as it is what one looks for.
    #[test]
    fn an_entry_is_named_by_its_command() {
        let pos = Pos {
            index: 7,
            time: Time(5_000_999),
        };
        let shown = |command: Vec<u8>| {
            let content = Content::Command {
                from: machine::NodeId(1),
                number: 1,
                command,
            };
            let command = content.encode();
            let view = view(&(Entry { pos, command }, Hash([0xa5; 32])));
            (
                view.index,
                view.time_us,
                view.kind,
                view.hash[..4].to_owned(),
            )
        };
        let of_kind = |kind: &str| (7, 5_000, kind.to_owned(), "a5a5".to_owned());
        assert_eq!(shown(Command::Tick.encode()), of_kind("Tick"));
        let delete = Command::DeleteEvent { number: 3 };
        assert_eq!(shown(delete.encode()), of_kind("DeleteEvent"));
        assert_eq!(shown(vec![0xff; 9]), of_kind("Undecodable"));
    }
}
