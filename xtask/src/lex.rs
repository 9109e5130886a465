//! Splits Rust source into code and comments, so that checks never stumble over a string or a
//! comment.

use std::path::PathBuf;

/// One Rust file, taken apart.
pub(crate) struct Source {
    /// Relative to the workspace's root.
    pub(crate) path: PathBuf,
    pub(crate) raw: Vec<String>,
    /// The code, one byte for each character, line breaks kept: comments and the contents of
    /// literals are blank, characters beyond ASCII are `_`.
    pub(crate) code: Vec<u8>,
    /// The comments in the same form, everything else blank.
    comments: Vec<u8>,
    /// Where each line starts in `code`.
    starts: Vec<usize>,
    /// For each line: whether it belongs to a test (a test file, or an item under `#[cfg(test)]`).
    pub(crate) test: Vec<bool>,
}

impl Source {
    /// Takes `text` apart; `is_test` when the whole file is a test.
    pub(crate) fn new(path: PathBuf, text: &str, is_test: bool) -> Self {
        let (code, comments) = split(text);
        let mut starts = vec![0];
        starts.extend(
            code.iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n')
                .map(|at| at.0 + 1),
        );
        let raw: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut source = Self {
            path,
            code,
            comments,
            starts,
            test: vec![is_test; raw.len()],
            raw,
        };
        if !is_test {
            source.mark_tests();
        }
        source
    }

    /// The code of one line, counted from 0.
    pub(crate) fn code_line(&self, line: usize) -> &str {
        self.slice(&self.code, line)
    }

    /// The comments of one line, counted from 0.
    pub(crate) fn comment_line(&self, line: usize) -> &str {
        self.slice(&self.comments, line)
    }

    fn slice<'a>(&self, bytes: &'a [u8], line: usize) -> &'a str {
        let start = self.line_start(line);
        let end = self
            .starts
            .get(line + 1)
            .map_or(bytes.len(), |next| next - 1);
        std::str::from_utf8(&bytes[start..end.max(start)]).unwrap_or_default()
    }

    /// Where a line, counted from 0, starts.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.code.len())
    }

    /// The line, counted from 0, that holds the byte at `at`.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1)
    }

    /// Where the item that starts at `from` ends: behind its `;`, or at the brace that closes it.
    pub(crate) fn item_end(&self, from: usize) -> usize {
        match self.body_start(from) {
            Some(open) => self.closing(open),
            None => self.find_at_depth_0(from, b";").unwrap_or(self.code.len()),
        }
    }

    /// The brace that opens the body of the item at `from`; `None` for an item without one.
    pub(crate) fn body_start(&self, from: usize) -> Option<usize> {
        self.find_at_depth_0(from, b"{;")
            .filter(|at| self.code[*at] == b'{')
    }

    /// The brace that closes the one at `open`.
    pub(crate) fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (at, byte) in self.code.iter().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => return at,
                b'}' => depth -= 1,
                _ => {}
            }
        }
        self.code.len()
    }

    fn find_at_depth_0(&self, from: usize, wanted: &[u8]) -> Option<usize> {
        let mut depth = 0_i32;
        for (at, byte) in self.code.iter().enumerate().skip(from) {
            match byte {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                byte if depth <= 0 && wanted.contains(byte) => return Some(at),
                _ => {}
            }
        }
        None
    }

    fn mark_tests(&mut self) {
        for mark in ["#[cfg(test)]", "#[test]"] {
            for from in find_all(&self.code, mark.as_bytes()) {
                let end = self.item_end(from + mark.len());
                let (first, last) = (self.line_of(from), self.line_of(end));
                for line in self.test.iter_mut().take(last + 1).skip(first) {
                    *line = true;
                }
            }
        }
    }
}

/// Every place where `needle` starts in `hay`.
pub(crate) fn find_all(hay: &[u8], needle: &[u8]) -> Vec<usize> {
    let places = hay.windows(needle.len()).enumerate();
    places
        .filter(|(_, window)| *window == needle)
        .map(|(at, _)| at)
        .collect()
}

/// Every place in `line` where the identifier `word` stands by itself.
pub(crate) fn find_word(line: &str, word: &str) -> Vec<usize> {
    let bytes = line.as_bytes();
    let is_free = |at: Option<&u8>| at.is_none_or(|byte| !is_ident(*byte));
    find_all(bytes, word.as_bytes())
        .into_iter()
        .filter(|at| is_free(at.checked_sub(1).and_then(|before| bytes.get(before))))
        .filter(|at| is_free(bytes.get(at + word.len())))
        .collect()
}

/// Whether `byte` can be part of an identifier.
pub(crate) fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text { raw_hashes: Option<usize> },
}

struct Splitter {
    characters: Vec<char>,
    at: usize,
    state: State,
    code: Vec<u8>,
    comments: Vec<u8>,
}

/// Code and comments of `text`, each with the other blanked out.
fn split(text: &str) -> (Vec<u8>, Vec<u8>) {
    let mut splitter = Splitter {
        characters: text.chars().collect(),
        at: 0,
        state: State::Code,
        code: Vec::with_capacity(text.len()),
        comments: Vec::with_capacity(text.len()),
    };
    while splitter.at < splitter.characters.len() {
        splitter.step();
    }
    (splitter.code, splitter.comments)
}

impl Splitter {
    fn ahead(&self, by: usize) -> char {
        self.characters.get(self.at + by).copied().unwrap_or('\0')
    }

    fn step(&mut self) {
        match self.state {
            State::Code => self.step_code(),
            State::LineComment if self.ahead(0) == '\n' => {
                self.state = State::Code;
                self.code(1);
            }
            State::LineComment => self.comment(1),
            State::BlockComment { depth } => self.step_block(depth),
            State::Text { raw_hashes: None } if self.ahead(0) == '\\' => self.blank(2),
            State::Text { raw_hashes: None } if self.ahead(0) == '"' => self.leave_text(0),
            State::Text {
                raw_hashes: Some(hashes),
            } if self.closes_raw(hashes) => {
                self.leave_text(hashes);
            }
            State::Text { .. } => self.blank(1),
        }
    }

    fn step_code(&mut self) {
        match (self.ahead(0), self.ahead(1)) {
            ('/', '/') => {
                self.state = State::LineComment;
                self.comment(2);
            }
            ('/', '*') => {
                self.state = State::BlockComment { depth: 1 };
                self.comment(2);
            }
            ('"', _) => {
                self.state = State::Text {
                    raw_hashes: self.raw_hashes(),
                };
                self.code(1);
            }
            ('\'', '\\') => {
                self.blank(3);
                while self.ahead(0) != '\'' && self.at < self.characters.len() {
                    self.blank(1);
                }
                self.blank(1);
            }
            ('\'', _) if self.ahead(2) == '\'' => self.blank(3),
            _ => self.code(1),
        }
    }

    fn step_block(&mut self, depth: usize) {
        match (self.ahead(0), self.ahead(1)) {
            ('/', '*') => {
                self.state = State::BlockComment { depth: depth + 1 };
                self.comment(2);
            }
            ('*', '/') => {
                self.comment(2);
                let inner = State::BlockComment { depth: depth - 1 };
                self.state = if depth == 1 { State::Code } else { inner };
            }
            _ => self.comment(1),
        }
    }

    /// How many `#` the raw string has that the next quote opens; `None` for an ordinary string.
    fn raw_hashes(&self) -> Option<usize> {
        let hashes = self
            .code
            .iter()
            .rev()
            .take_while(|byte| **byte == b'#')
            .count();
        let before: Vec<u8> = self
            .code
            .iter()
            .rev()
            .skip(hashes)
            .take(3)
            .copied()
            .collect();
        let is_start = |byte: Option<&u8>| byte.is_none_or(|byte| !is_ident(*byte));
        let is_raw = match before.as_slice() {
            [b'r', b'b' | b'c', ..] => is_start(before.get(2)),
            [b'r', ..] => is_start(before.get(1)),
            _ => false,
        };
        is_raw.then_some(hashes)
    }

    fn closes_raw(&self, hashes: usize) -> bool {
        self.ahead(0) == '"' && (1..=hashes).all(|by| self.ahead(by) == '#')
    }

    fn leave_text(&mut self, hashes: usize) {
        self.state = State::Code;
        self.code(1 + hashes);
    }

    fn code(&mut self, count: usize) {
        self.take(count, |byte| (byte, b' '));
    }

    fn comment(&mut self, count: usize) {
        self.take(count, |byte| (b' ', byte));
    }

    fn blank(&mut self, count: usize) {
        self.take(count, |_| (b' ', b' '));
    }

    fn take(&mut self, count: usize, place: impl Fn(u8) -> (u8, u8)) {
        let end = (self.at + count).min(self.characters.len());
        for character in &self.characters[self.at..end] {
            let byte = u8::try_from(*character)
                .ok()
                .filter(u8::is_ascii)
                .unwrap_or(b'_');
            let (code, comment) = if byte == b'\n' {
                (b'\n', b'\n')
            } else {
                place(byte)
            };
            self.code.push(code);
            self.comments.push(comment);
        }
        self.at = end;
    }
}

#[cfg(test)]
mod tests;
