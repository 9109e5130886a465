//! Whole shelves on one seeded scheduler and virtual clock, while everything fails.
//!
//! Each seed is a shelf of its own: two CMMs and three blades with the members' real engines and
//! replicas, the simulated chassis, the life cycles of real agents, and clients. Faults strike as
//! the seed has it; then they stop, and the shelf must settle. Who looks on from outside says which
//! promise was broken; the same seed gives the same run.

mod agenda;
mod agree;
mod blade;
mod check;
mod client;
mod connection;
mod defect;
mod desk;
mod dice;
mod environment;
mod fault;
mod hardware;
mod jobs;
mod member;
mod model;
mod owner;
mod place;
mod process;
mod program;
mod ring;
mod run;
mod settle;
mod tags;
mod user;
mod vitals;
mod world;

use clap::Parser;
use std::process::ExitCode;

/// Whole shelves in virtual time, while everything fails.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 20)]
    pub(crate) seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    pub(crate) from: u64,
    /// Run this one only.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Only these faults of its plan.
    #[arg(long, value_delimiter = ',')]
    pub(crate) faults: Option<Vec<usize>>,
    /// Virtual minutes of each seed in all.
    #[arg(long, default_value_t = 60)]
    pub(crate) minutes: u64,
    /// Virtual minutes of them in which faults strike.
    #[arg(long, default_value_t = 20)]
    pub(crate) trouble: u64,
    /// Tell what happens.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Do not look for the faults that matter.
    #[arg(long)]
    pub(crate) no_shrink: bool,
    /// Make this mistake, to see it found.
    #[arg(long)]
    pub(crate) plant: Option<world::Planted>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run::all(&arguments) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests;
