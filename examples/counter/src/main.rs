//! The sample component as a program of its own; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    counter::run(std::env::args().skip(1))
}
