//! The management controller against what comes over a line.

mod basic;
mod terminal;
