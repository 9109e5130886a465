//! The three engines' beds.

mod journals;
mod loop_back;
mod real;
mod rings;
mod simulated;

pub(crate) use loop_back::LoopBack;
pub(crate) use rings::Rings;
pub(crate) use simulated::Simulated;
