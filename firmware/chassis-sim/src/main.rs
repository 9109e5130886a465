//! `chassis-sim`: the simulated shelf, for whatever speaks IPMI.
//!
//! It is reached as a real shelf is: through a system interface (VM codec over TCP), over LAN
//! (RMCP+), and over a serial line (a pseudo-terminal). What hands do to its hardware is read from
//! the standard input.

mod arguments;
mod commands;
mod hub;
mod lan;
mod payload;
mod serial;
mod vm;

use arguments::Arguments;
use chassis::spawn;
use clap::Parser;
use hub::Hub;
use std::process::ExitCode;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("chassis-sim: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let config = arguments.config()?;
    let at = |why: std::io::Error| format!("--vm {}: {why}", arguments.vm);
    let listener = TcpListener::bind(&arguments.vm).await.map_err(at)?;
    println!("listening on {}", listener.local_addr().map_err(at)?);
    let lan = match arguments.rmcp {
        Some(address) => Some(lan::open(address, &arguments.users()?, config.guid()).await?),
        None => None,
    };
    let serial = match arguments.line() {
        Some(mode) => {
            let users = arguments.named_users()?;
            Some(serial::open(mode, users, arguments.pty.as_deref())?)
        }
        None => None,
    };
    let (orders, events, handle) = spawn(config);
    if arguments.payload {
        let handle = handle.clone();
        tokio::spawn(async move { payload::tell(&handle).await });
    }
    std::thread::spawn(move || commands::read(&handle));
    let hub = Hub::open(orders, events);
    if let Some(server) = lan {
        tokio::spawn(lan::serve(server.asks, hub.clone()));
    }
    if let Some(server) = serial {
        tokio::spawn(lan::serve(server.asks, hub.clone()));
    }
    vm::serve(&listener, &hub).await.map_err(at)
}
