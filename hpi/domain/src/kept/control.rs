//! Controls without hardware.
//!
//! Source: SAI-HPI-B.03.02, `saHpiControlGet` and `saHpiControlSet`.

use crate::Resource;
use alloc::vec::Vec;
use hpi_model::instrument::{
    ControlMode, ControlRec, ControlState, ControlType, DigitalState, Stream,
};
use hpi_model::{Capabilities, HpiError, Instrument, RdrType, TextBuffer, TextType};
use serde::{Deserialize, Serialize};

/// Which states a control takes of those that its type has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlLimit {
    /// All of them.
    #[default]
    None,
    /// Discrete: numbers up to this one.
    Largest(u32),
    /// Digital: pulses.
    Pulses,
    /// OEM: bodies of at least one byte and at most this many.
    Length(u8),
}

/// A control that the domain keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptControl {
    /// Its mode.
    pub mode: ControlMode,
    /// Which states it takes.
    pub limit: ControlLimit,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Of any type but text.
    One(ControlState),
    /// Of a text control: what was written on each line.
    Lines(Vec<Vec<u8>>),
}

impl KeptControl {
    /// A control as it comes up.
    pub(crate) fn new(rec: &ControlRec, limit: ControlLimit) -> Self {
        Self {
            mode: rec.default_mode,
            limit,
            state: default_state(rec),
        }
    }

    /// Its state; of a text control, that of one line, or of all together for line 0, as much as
    /// a text holds, each line filled up with blanks.
    pub fn state(&self, rec: &ControlRec, line: u8) -> Result<ControlState, HpiError> {
        let (lines, page) = match (&self.state, Page::of(rec)) {
            (State::One(state), _) => return Ok(state.clone()),
            (State::Lines(lines), Some(page)) => (lines, page),
            (State::Lines(_), None) => return Err(HpiError::InternalError),
        };
        let data = match line {
            0 => page.all(lines),
            line => {
                let found = lines.get(usize::from(line) - 1);
                found.ok_or(HpiError::InvalidData)?.clone()
            }
        };
        let text = page.text(data);
        Ok(ControlState::Text { line, text })
    }

    /// Choice: in automatic mode a control has its default state.
    pub(crate) fn set(
        &mut self,
        rec: &ControlRec,
        mode: ControlMode,
        state: Option<&ControlState>,
    ) -> Result<(), HpiError> {
        if rec.mode_read_only && mode != self.mode {
            return Err(HpiError::ReadOnly);
        }
        self.state = match mode {
            ControlMode::Auto => default_state(rec),
            ControlMode::Manual => self.next(rec, state.ok_or(HpiError::InvalidParams)?)?,
        };
        self.mode = mode;
        Ok(())
    }

    fn next(&self, rec: &ControlRec, wanted: &ControlState) -> Result<State, HpiError> {
        let one = match (&rec.kind, wanted, &self.state) {
            (ControlType::Digital(_), ControlState::Digital(wanted), State::One(now)) => {
                ControlState::Digital(self.switched(*wanted, now)?)
            }
            (ControlType::Discrete(_), ControlState::Discrete(number), _) => {
                if let ControlLimit::Largest(most) = self.limit
                    && *number > most
                {
                    return Err(HpiError::UnsupportedParams);
                }
                wanted.clone()
            }
            (ControlType::Analog { min, max, .. }, ControlState::Analog(value), _) => {
                if !(*min..=*max).contains(value) {
                    return Err(HpiError::InvalidData);
                }
                wanted.clone()
            }
            (ControlType::Stream(_), ControlState::Stream(stream), _) => {
                if stream.data.len() > Stream::LENGTH_MAX {
                    return Err(HpiError::InvalidParams);
                }
                wanted.clone()
            }
            (ControlType::Text { .. }, ControlState::Text { line, text }, State::Lines(lines)) => {
                let page = Page::of(rec).ok_or(HpiError::InternalError)?;
                return page.write(lines, *line, text).map(State::Lines);
            }
            (ControlType::Oem { manufacturer, .. }, ControlState::Oem { body, .. }, _) => {
                let most = match self.limit {
                    ControlLimit::Length(most) => most,
                    ControlLimit::None | ControlLimit::Largest(_) | ControlLimit::Pulses => u8::MAX,
                };
                if !(1..=usize::from(most)).contains(&body.len()) {
                    return Err(HpiError::InvalidData);
                }
                ControlState::Oem {
                    manufacturer: *manufacturer,
                    body: body.clone(),
                }
            }
            (_, _, _) => return Err(HpiError::InvalidData),
        };
        Ok(State::One(one))
    }

    /// A pulse is over at once: it ends where it began.
    fn switched(&self, wanted: DigitalState, now: &ControlState) -> Result<DigitalState, HpiError> {
        let is_on = *now == ControlState::Digital(DigitalState::On);
        let takes_only_pulses = self.limit == ControlLimit::Pulses;
        match wanted {
            DigitalState::PulseOn if is_on => Err(HpiError::InvalidRequest),
            DigitalState::PulseOff if !is_on => Err(HpiError::InvalidRequest),
            DigitalState::PulseOn => Ok(DigitalState::Off),
            DigitalState::PulseOff => Ok(DigitalState::On),
            DigitalState::Off | DigitalState::On if takes_only_pulses => {
                Err(HpiError::UnsupportedParams)
            }
            DigitalState::Off | DigitalState::On => Ok(wanted),
        }
    }
}

fn default_state(rec: &ControlRec) -> State {
    State::One(match &rec.kind {
        ControlType::Digital(default) => ControlState::Digital(*default),
        ControlType::Discrete(default) => ControlState::Discrete(*default),
        ControlType::Analog { default, .. } => ControlState::Analog(*default),
        ControlType::Stream(default) => ControlState::Stream(default.clone()),
        ControlType::Oem {
            manufacturer,
            default,
            ..
        } => ControlState::Oem {
            manufacturer: *manufacturer,
            body: default.clone(),
        },
        ControlType::Text { default, .. } => {
            let page = Page::of(rec);
            return State::Lines(page.map_or_else(Vec::new, |page| page.wrapped(&default.data)));
        }
    })
}

/// The size of a text control, in bytes, and what may stand on it.
struct Page<'a> {
    line_len: usize,
    lines: usize,
    like: &'a TextBuffer,
}

impl<'a> Page<'a> {
    fn of(rec: &'a ControlRec) -> Option<Self> {
        let ControlType::Text {
            max_chars,
            max_lines,
            default,
        } = &rec.kind
        else {
            return None;
        };
        let width = match default.data_type {
            TextType::Unicode => 2,
            TextType::BcdPlus | TextType::Ascii6 | TextType::Text | TextType::Binary => 1,
        };
        Some(Self {
            line_len: usize::from(*max_chars) * width,
            lines: usize::from(*max_lines),
            like: default,
        })
    }

    fn blank(&self) -> &'static [u8] {
        match self.like.data_type {
            TextType::Unicode => &[b' ', 0],
            TextType::Binary => &[0],
            TextType::BcdPlus | TextType::Ascii6 | TextType::Text => b" ",
        }
    }

    fn text(&self, data: Vec<u8>) -> TextBuffer {
        TextBuffer {
            data,
            ..self.like.clone()
        }
    }

    /// All lines, each as long as it can be; as much of it as a text holds.
    fn all(&self, lines: &[Vec<u8>]) -> Vec<u8> {
        let blanks = || self.blank().iter().copied().cycle();
        let filled = lines
            .iter()
            .flat_map(|line| line.iter().copied().chain(blanks()).take(self.line_len));
        let whole = TextBuffer::LENGTH_MAX - TextBuffer::LENGTH_MAX % self.blank().len();
        filled.take(whole).collect()
    }

    /// A text from the first line on; the other lines are empty.
    fn wrapped(&self, data: &[u8]) -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = data
            .chunks(self.line_len.max(1))
            .map(<[u8]>::to_vec)
            .collect();
        lines.resize(self.lines, Vec::new());
        lines
    }

    /// What stands on the lines once a text is written: on all of them for line 0.
    fn write(
        &self,
        now: &[Vec<u8>],
        line: u8,
        text: &TextBuffer,
    ) -> Result<Vec<Vec<u8>>, HpiError> {
        let has_language = matches!(self.like.data_type, TextType::Unicode | TextType::Text);
        if text.data_type != self.like.data_type
            || has_language && text.language != self.like.language
        {
            return Err(HpiError::InvalidData);
        }
        let first = usize::from(line).saturating_sub(1);
        let room = self.lines.saturating_sub(first) * self.line_len;
        if first >= self.lines || text.data.len() > room {
            return Err(HpiError::InvalidData);
        }
        let new = self.wrapped(&text.data);
        if line == 0 {
            return Ok(new);
        }
        let written = text.data.len().div_ceil(self.line_len.max(1)).max(1);
        let mut lines = now.to_vec();
        for (old, new) in lines.iter_mut().skip(first).zip(new).take(written) {
            *old = new;
        }
        Ok(lines)
    }
}

impl Resource {
    /// A control that the domain keeps, with its record.
    pub fn kept_control(&self, num: u32) -> Result<(&ControlRec, &KeptControl), HpiError> {
        if !self.rpt.capabilities.has(Capabilities::CONTROL) {
            return Err(HpiError::Capability);
        }
        let rdr = self.rdr_of(RdrType::Control, num);
        let kept = self.kept.controls.get(&num);
        match (rdr.map(|rdr| &rdr.instrument), kept) {
            (Some(Instrument::Control(rec)), Some(kept)) => Ok((rec, kept)),
            (_, _) => Err(HpiError::NotPresent),
        }
    }

    pub(crate) fn set_control(
        &mut self,
        num: u32,
        mode: ControlMode,
        state: Option<&ControlState>,
    ) -> Result<(), HpiError> {
        let (rec, kept) = self.kept_control(num)?;
        let mut next = kept.clone();
        next.set(rec, mode, state)?;
        self.kept.controls.insert(num, next);
        Ok(())
    }
}
