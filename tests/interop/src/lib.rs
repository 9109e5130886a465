//! Starts programs that we did not write, and ours beside them, for tests and benchmarks.
//!
//! Everything that a run starts gets free ports and a temporary folder of its own, ends with the
//! value that stands for it, and leaves its logs behind when the test fails. What is missing is
//! named with the Debian package that has it.

mod browser;
mod chassis;
mod journey;
mod place;
mod processes;
mod shelfd;
mod simulator;
mod site;
mod terminal;
mod tools;
mod units;

pub use browser::{Browser, Element};
pub use chassis::{Chassis, PASSWORD, SensorReading, USER};
pub use journey::{Journey, Step};
pub use place::{Place, free_port};
pub use processes::{ComponentProcess, component_processes, kill9};
pub use programs::{output_of, program, wait_until};
pub use shelfd::{Exit, Shelfd, demo, demo_with, run_config};
pub use simulator::Simulator;
pub use site::{Site, repository};
pub use terminal::Terminal;
pub use tools::Operator;
pub use units::{Unit, settled, units};
