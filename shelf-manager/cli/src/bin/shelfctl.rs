//! `shelfctl`: asks and orders a running shelfd over its control socket.
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse(), &mut std::io::stdout().lock())
}
