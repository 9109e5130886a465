//! `chassis-sim`: the simulated shelf on a socket, for whatever speaks the VM codec.

use chassis::system::{Effect, SystemInterface};
use chassis::{ChassisHandle, Config, Operator, Place, SLOTS, spawn};
use clap::Parser;
use ipmi::port::{PortEvent, PortOrder};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender};

/// Simulates an AdvancedTCA shelf: shelf manager, two CMMs, 14 slots, fan trays, power modules.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where the system interface (VM codec over TCP) listens.
    #[arg(long, default_value = "127.0.0.1:9643")]
    listen: String,
    /// Slots with a blade in them.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3, 4],
          value_parser = clap::value_parser!(u8).range(1..=i64::from(SLOTS)))]
    populated: Vec<u8>,
    /// The blades ask to be activated at the start.
    #[arg(long)]
    cold: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(&arguments.listen).await?;
    println!("listening on {}", listener.local_addr()?);
    let config = Config {
        populated: arguments.populated,
        is_cold: arguments.cold,
        ..Config::default()
    };
    let (orders, mut events, handle) = spawn(config);
    std::thread::spawn(move || commands(&handle));
    let mut interface = SystemInterface::default();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            Some(event) = events.recv() => {
                interface.told(event, &mut vec![]);
                continue;
            }
        };
        // The host may go whenever it likes.
        if let Err(why) = serve(stream, &mut interface, (&orders, &mut events)).await {
            eprintln!("connection closed: {why}");
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    interface: &mut SystemInterface,
    (orders, events): (&Sender<PortOrder>, &mut Receiver<PortEvent>),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut piece = [0; 2048];
    let mut effects = vec![];
    interface.connected(&mut effects);
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(bytes) => stream.write_all(&bytes).await?,
                // Fewer are open than the shelf lets wait.
                Effect::Order(order) => orders.send(order).await.map_err(io::Error::other)?,
            }
        }
        tokio::select! {
            received = stream.read(&mut piece) => match received? {
                0 => return Ok(()),
                len => interface.receive(&piece[..len], &mut effects),
            },
            Some(event) = events.recv() => interface.told(event, &mut effects),
        }
    }
}

/// Reads what hands do to the hardware from the standard input.
fn commands(chassis: &ChassisHandle) {
    for line in io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = match operation(&words) {
            Some(operator) => chassis.operate(operator),
            None => {
                println!("commands: open|close|pull|insert SLOT, sensor ADDRESS NUMBER RAW");
                continue;
            }
        };
        match done {
            Ok(()) => println!("done"),
            Err(why) => println!("not done: {why}"),
        }
    }
}

/// `open 3`, `close 3`, `pull 3`, `insert 3`, `sensor 82 1 90` with the address in hex.
fn operation(words: &[&str]) -> Option<Operator> {
    match words {
        ["open", slot] => Some(Operator::OpenHandle(Place::Slot(slot.parse().ok()?))),
        ["close", slot] => Some(Operator::CloseHandle(Place::Slot(slot.parse().ok()?))),
        ["pull", slot] => Some(Operator::Pull(Place::Slot(slot.parse().ok()?))),
        ["insert", slot] => Some(Operator::Insert(Place::Slot(slot.parse().ok()?))),
        ["sensor", address, number, raw] => Some(Operator::SetSensor {
            address: u8::from_str_radix(address, 16).ok()?,
            number: number.parse().ok()?,
            raw: raw.parse().ok()?,
        }),
        _ => None,
    }
}
