//! The choices of a story, read from the bytes of its case.

/// Bytes that decide. Behind the end every choice is the first one.
#[derive(Clone, Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(case: &'a [u8]) -> Self {
        Self(case)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = match end {
            0..=256 => usize::from(self.byte()),
            _ => usize::from(self.word()),
        };
        number % end
    }

    pub(crate) fn is(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// True in so many of 256 cases.
    pub(crate) fn seldom(&mut self, of_256: u8) -> bool {
        // A case that ends is a quiet one.
        !self.is_empty() && self.byte() >= 255 - of_256
    }

    pub(crate) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    /// At most so many bytes, of which there may be fewer.
    pub(crate) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A few bytes: mostly few, behind a byte that says how many.
    pub(crate) fn some_bytes(&mut self, len_max: usize) -> &'a [u8] {
        let len = self.below(len_max + 1);
        self.bytes(len)
    }
}
