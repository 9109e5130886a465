//! What runs on a blade: it boots with a banner, and says back what is typed at its console.

use crate::shelf::{Chassis, Work};
use std::collections::BTreeMap;

/// Longest line that is kept; what is typed beyond is not echoed.
const LINE_MAX: usize = 256;
const PROMPT: &str = "# ";
const BELL: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
/// FRU Control: resets of the payload. Source: PICMG 3.0 R3.0, FRU Control.
const RESETS: std::ops::RangeInclusive<u8> = 0..=2;

/// The payload of one blade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    line: Vec<u8>,
}

impl Payload {
    /// It gets power, or is reset: what it says.
    pub(crate) fn boot(&mut self, slot: u8) -> Vec<u8> {
        self.line.clear();
        let banner = format!(
            "\r\nOpenShelf simulated blade, slot {slot}\r\nmemory ok\r\nboot done\r\n{PROMPT}"
        );
        banner.into_bytes()
    }

    /// An option of FRU Control: what it says.
    pub(crate) fn control(&mut self, slot: u8, option: u8) -> Option<Vec<u8>> {
        RESETS.contains(&option).then(|| self.boot(slot))
    }

    /// Somebody types, after a break or not: what it says.
    pub(crate) fn typed(&mut self, is_break: bool, bytes: &[u8]) -> Vec<u8> {
        let mut said = Vec::new();
        if is_break {
            self.line.clear();
            said.extend_from_slice(b"^C\r\n");
            said.extend_from_slice(PROMPT.as_bytes());
        }
        for byte in bytes {
            match *byte {
                b'\r' => {
                    said.extend_from_slice(b"\r\n");
                    if !self.line.is_empty() {
                        said.append(&mut self.line);
                        said.extend_from_slice(b"\r\n");
                    }
                    said.extend_from_slice(PROMPT.as_bytes());
                }
                BACKSPACE | DELETE => {
                    if self.line.pop().is_some() {
                        said.extend_from_slice(b"\x08 \x08");
                    }
                }
                typed @ b' '..=b'~' if self.line.len() < LINE_MAX => {
                    self.line.push(typed);
                    said.push(typed);
                }
                b'\n' => (),
                _ => said.push(BELL),
            }
        }
        said
    }
}

/// What happens to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// It gets power, or loses it.
    Power(bool),
    /// An option of FRU Control.
    Control(u8),
    /// Somebody types, after a break or not.
    Typed(bool, Vec<u8>),
}

impl Chassis {
    /// Slots with payload power, and how often the payload there has booted since the start: after
    /// it got power, or was reset.
    #[must_use]
    pub fn boots(&self) -> BTreeMap<u8, u64> {
        let powered = self.powered_slots().into_iter();
        let boots = powered.map(|slot| (slot, self.boots.get(&slot).copied().unwrap_or(0)));
        boots.collect()
    }

    /// Something happens to the payload of a blade; its controller hears what it says.
    pub(crate) fn payload(&mut self, address: u8, happening: Happening) -> Option<Work> {
        let slot = self.slot_of(address)?;
        let said = match happening {
            Happening::Power(true) => {
                *self.boots.entry(slot).or_default() += 1;
                self.payloads.entry(address).or_default().boot(slot)
            }
            Happening::Power(false) => {
                self.payloads.remove(&address);
                return None;
            }
            Happening::Control(option) => {
                let payload = self.payloads.get_mut(&address)?;
                let said = payload.control(slot, option)?;
                *self.boots.entry(slot).or_default() += 1;
                said
            }
            Happening::Typed(is_break, bytes) => {
                let payload = self.payloads.get_mut(&address)?;
                payload.typed(is_break, &bytes)
            }
        };
        let input = ipmc::Input::ConsoleOutput {
            fru_id: 0,
            bytes: said,
        };
        Some(Work::Notice(address, input))
    }
}

#[cfg(test)]
mod tests;
