//! A sample component: counts over TCP while it is active, and shows its HA state all the time.
//!
//! `counter run` is its INSTANTIATE command: it stays in the foreground as the component. `counter
//! cleanup` is its CLEANUP command. It is told where to listen by its CSI and its environment:
//!
//! | what | CSI attribute | environment |
//! |---|---|---|
//! | port on which the active one counts | `port` | `COUNTER_PORT` |
//! | port on which this component always shows its state | – | `COUNTER_STATE_PORT` |
//! | address of both (127.0.0.1) | – | `COUNTER_ADDRESS` |
//! | key of the healthcheck that it starts | – | `COUNTER_HEALTHCHECK` |
//! | `register`: never register; `exit`: exit at once | – | `COUNTER_FAULT` |
//!
//! It answers each line of text with one line:
//!
//! | line | answer |
//! |---|---|
//! | `INCR` | the next number, from the active one only |
//! | `VALUE` | the last number |
//! | `STATE` | HA state, component, process id |
//! | `FAIL healthcheck`, `FAIL csi`, `FAIL terminate` | answers the next one with an error |
//! | `HANG` | answers no callback any more |
//! | `EXIT` | exits with status 1 |
//!
//! The last five are faults on order, for tests and demonstrations: keep its ports local.

mod cleanup;
mod component;
mod serve;

use std::process::ExitCode;

/// Runs the program with its arguments, the program's name left out.
pub fn run(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let result = match arguments.next().as_deref() {
        Some("run") => component::run(),
        Some("cleanup") => cleanup::run(),
        Some(_) | None => Err("usage: counter run | counter cleanup".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counter: {error}");
            ExitCode::FAILURE
        }
    }
}
