//! Lines of Terminal Mode: IPMI messages as pairs of hex digits, and commands in words, between
//! brackets.
//!
//! Source: IPMI v2.0 §14.7 and Table 25-4, parameter 29 (terminal mode configuration).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use serde::{Deserialize, Serialize};

const ESCAPE: u8 = 0x1b;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;
const CONTINUATION: u8 = b'\\';
/// Behind an escape: switches a shared line to the management controller.
const SWITCH: u8 = b'(';

/// Longest line that a management controller takes, with both brackets. Source: IPMI v2.0 §14.7.3.
pub const LINE_LEN_MAX: usize = 122;
/// Longest line that a console takes. Choice: others answer with more than they must take.
pub const ANSWER_LEN_MAX: usize = 1024;

/// Terminal mode configuration: how the management controller talks to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    first: u8,
    second: u8,
}

impl Default for Settings {
    /// Line editing, echo, no handshake; CR-LF out, CR in.
    ///
    /// Choice: without handshake, as the field's tools take `[SYS]` for a broken answer.
    fn default() -> Self {
        Self {
            first: Self::EDITING | Self::DELETE_BY_SPACE | Self::ECHO,
            second: 0x11,
        }
    }
}

impl Settings {
    const EDITING: u8 = 1 << 5;
    const DELETE_BY_SPACE: u8 = 1 << 2;
    const DELETE_CONTROL: u8 = 3 << 2;
    const ECHO: u8 = 1 << 1;
    const HANDSHAKE: u8 = 1 << 0;

    /// For programs: nothing but answers comes back.
    #[must_use]
    pub const fn quiet() -> Self {
        Self {
            first: 0,
            second: 0x11,
        }
    }

    /// From the two bytes of the parameter; `None` when a value is reserved.
    #[must_use]
    pub fn from_bytes([first, second]: [u8; 2]) -> Option<Self> {
        let known = Self::EDITING | Self::DELETE_CONTROL | Self::ECHO | Self::HANDSHAKE;
        let is_delete_known = first & Self::DELETE_CONTROL <= Self::DELETE_BY_SPACE;
        let is_newline_known = second >> 4 <= 5 && matches!(second & 0x0f, 1 | 2);
        let is_known = first & !known == 0 && is_delete_known && is_newline_known;
        is_known.then_some(Self { first, second })
    }

    /// The two bytes of the parameter.
    #[must_use]
    pub fn bytes(self) -> [u8; 2] {
        [self.first, self.second]
    }

    pub(super) fn handshakes(self) -> bool {
        self.first & Self::HANDSHAKE != 0
    }

    fn edits(self) -> bool {
        self.first & Self::EDITING != 0
    }

    fn echoes(self) -> bool {
        self.first & Self::ECHO != 0
    }

    /// What ends a line to the console.
    pub(super) fn newline(self) -> &'static [u8] {
        match self.second >> 4 {
            1 => b"\r\n",
            2 => b"\0",
            3 => b"\r",
            4 => b"\n\r",
            5 => b"\n",
            _ => b"",
        }
    }
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The bytes of a message in hex digits.
    Message(Vec<u8>),
    /// Anything else between brackets.
    Text(String),
    /// The line was longer than allowed; it is gone.
    TooLong,
    /// The line had a character that it must not have; it is gone.
    Illegal,
    /// Somebody made sure that the line leads to the management controller.
    Switched,
}

/// Which end of the line this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The console: a line ends with its bracket, whatever the newline sequence.
    Console,
    /// The management controller: a line ends with a newline behind its bracket.
    Managed(Settings),
}

/// Puts characters together to lines.
///
/// Invariant: keeps at most [`ANSWER_LEN_MAX`] characters, at the managed end [`LINE_LEN_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editor {
    end: End,
    state: State,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Before the bracket that begins a line.
    Outside,
    /// Behind an escape.
    Escaped,
    Inside,
    /// Behind a backslash: only a newline may follow.
    Continued,
    /// Behind the newline of a continued line: a line feed may belong to it.
    Broken,
    /// Behind the bracket that ends the line.
    Closed,
}

impl Editor {
    /// Outside of any line.
    #[must_use]
    pub fn new(end: End) -> Self {
        Self {
            end,
            state: State::Outside,
            line: Vec::new(),
        }
    }

    /// Changes the settings of the managed end.
    pub fn set(&mut self, settings: Settings) {
        self.end = End::Managed(settings);
    }

    /// Takes the next character; gives what it ends, and appends what is echoed.
    ///
    /// Choice: CR, LF and NUL are all newlines, whichever is configured, as terminals differ; a
    /// bracket inside a line begins it anew.
    pub fn take(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Piece> {
        match (self.state, byte) {
            (State::Escaped, SWITCH) => {
                self.state = State::Outside;
                Some(Piece::Switched)
            }
            (_, ESCAPE) => {
                self.clear(State::Escaped);
                None
            }
            (_, b'[') => {
                self.clear(State::Inside);
                self.echo(byte, echo);
                None
            }
            (State::Escaped, byte) => {
                self.state = State::Outside;
                if is_newline(byte) && self.settings().is_some_and(Settings::edits) {
                    echo.extend_from_slice(self.newline());
                }
                None
            }
            (State::Outside, _) => None,
            (State::Broken, LINE_FEED) => {
                self.state = State::Inside;
                None
            }
            (_, BACKSPACE | DELETE) if self.settings().is_some_and(Settings::edits) => {
                self.delete(echo);
                None
            }
            (State::Closed, byte) => self.closed(byte, echo),
            (State::Continued, byte) => {
                if !is_newline(byte) {
                    return self.illegal();
                }
                self.state = match byte {
                    CARRIAGE_RETURN => State::Broken,
                    _ => State::Inside,
                };
                self.echo_newline(echo);
                None
            }
            (State::Inside | State::Broken, byte) => self.inside(byte, echo),
        }
    }

    fn inside(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Piece> {
        self.state = State::Inside;
        match byte {
            b']' => {
                self.echo(byte, echo);
                if self.end == End::Console {
                    return Some(self.finish());
                }
                self.state = State::Closed;
            }
            CONTINUATION => {
                self.echo(byte, echo);
                self.state = State::Continued;
            }
            b' '..=b'~' => {
                let brackets = 2;
                if self.line.len() + brackets >= self.len_max() {
                    self.clear(State::Outside);
                    return Some(Piece::TooLong);
                }
                self.echo(byte, echo);
                self.line.push(byte);
            }
            _ => return self.illegal(),
        }
        None
    }

    fn closed(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Piece> {
        if !is_newline(byte) {
            return self.illegal();
        }
        self.echo_newline(echo);
        Some(self.finish())
    }

    fn illegal(&mut self) -> Option<Piece> {
        self.clear(State::Outside);
        Some(Piece::Illegal)
    }

    fn finish(&mut self) -> Piece {
        let line = core::mem::take(&mut self.line);
        self.state = State::Outside;
        match read_hex(&line) {
            Some(bytes) => Piece::Message(bytes),
            // Only printable ASCII was taken.
            None => Piece::Text(line.iter().map(|byte| char::from(*byte)).collect()),
        }
    }

    /// Takes the last character back: the closing bracket, the backslash, or one before.
    fn delete(&mut self, echo: &mut Vec<u8>) {
        let had_any = match self.state {
            State::Closed | State::Continued => true,
            State::Outside | State::Escaped | State::Inside | State::Broken => {
                self.line.pop().is_some()
            }
        };
        self.state = match had_any {
            true => State::Inside,
            // The opening bracket itself.
            false => State::Outside,
        };
        if let Some(settings) = self.settings().filter(|settings| settings.echoes()) {
            match settings.first & Settings::DELETE_CONTROL {
                0 => echo.push(DELETE),
                _ => echo.extend_from_slice(&[BACKSPACE, b' ', BACKSPACE]),
            }
        }
    }

    fn clear(&mut self, state: State) {
        self.line.clear();
        self.state = state;
    }

    fn settings(&self) -> Option<Settings> {
        match self.end {
            End::Console => None,
            End::Managed(settings) => Some(settings),
        }
    }

    fn newline(&self) -> &'static [u8] {
        self.settings().map_or(b"", Settings::newline)
    }

    fn len_max(&self) -> usize {
        match self.end {
            End::Console => ANSWER_LEN_MAX,
            End::Managed(_) => LINE_LEN_MAX,
        }
    }

    fn echo(&self, byte: u8, echo: &mut Vec<u8>) {
        if self.settings().is_some_and(Settings::echoes) {
            echo.push(byte);
        }
    }

    fn echo_newline(&self, echo: &mut Vec<u8>) {
        if self.settings().is_some_and(Settings::echoes) {
            echo.extend_from_slice(self.newline());
        }
    }
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, CARRIAGE_RETURN | LINE_FEED | 0)
}

/// Pairs of hex digits, with any spaces between the pairs; `None` when there is anything else.
fn read_hex(line: &[u8]) -> Option<Vec<u8>> {
    let mut digits = line.iter().copied();
    let mut bytes = Vec::new();
    while let Some(high) = digits.next() {
        if high == b' ' {
            continue;
        }
        let low = digits.next()?;
        let value = char::from(high).to_digit(16)? << 4 | char::from(low).to_digit(16)?;
        bytes.push(value as u8);
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// The line of a message, without a newline.
#[must_use]
pub fn line(message: &[u8]) -> Vec<u8> {
    let mut text = String::from("[");
    for (index, byte) in message.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        write!(text, "{space}{byte:02X}").expect("a string takes what is written to it");
    }
    text.push(']');
    text.into_bytes()
}

/// Reads the hex digits of one argument of a command in words.
#[must_use]
pub fn read_byte(word: &str) -> Option<u8> {
    match read_hex(word.as_bytes())?[..] {
        [byte] => Some(byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
