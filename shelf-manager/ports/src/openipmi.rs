//! The kernel's IPMI driver: `/dev/ipmiN` of a machine that is the shelf's own host.
//!
//! The driver finds the system interface (KCS, SMIC, BT, SSIF), retries, and bridges to IPMB-0;
//! here are only requests and responses.
//!
//! Limits, as crate `ipmi-rs` offers no more of the driver: events are not pushed (whoever wants
//! them reads the event log), requests to other controllers take channel 0, and one request is
//! under way at a time. A controller that acknowledges and then never answers holds the others up
//! until the driver gives up on it.

mod device;

use crate::backoff::Backoff;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

/// What can be asked, and blocks until the answer is there.
pub(crate) trait Driver: Send + 'static {
    /// One request. An error of kind `WouldBlock` says that no answer came in time; each other one
    /// that the driver does not work.
    fn ask(&mut self, target: Target, request: &Request) -> io::Result<Response>;
}

/// Why serving ended.
enum End {
    /// Nobody holds the port any more.
    Forsaken,
    /// The driver does not work.
    Down,
}

/// Runs the port of a device until nobody holds it any more.
pub(crate) async fn run(path: PathBuf, orders: Receiver<PortOrder>, events: Sender<PortEvent>) {
    let open = move || device::Device::open(&path).map_err(|why| at(&path, &why));
    run_with(open, (orders, events)).await;
}

/// Says what people can do about it.
fn at(path: &Path, why: &io::Error) -> io::Error {
    let hint = if why.kind() == ErrorKind::NotFound {
        ": is the kernel module ipmi_devintf loaded, and is there an IPMI device?"
    } else if why.kind() == ErrorKind::PermissionDenied {
        ": only root may use it, unless its owner or mode is changed"
    } else {
        ""
    };
    io::Error::new(why.kind(), format!("{}: {why}{hint}", path.display()))
}

async fn run_with<D: Driver>(
    open: impl Fn() -> io::Result<D> + Clone + Send + 'static,
    (orders, events): (Receiver<PortOrder>, Sender<PortEvent>),
) {
    let mut port = Port {
        orders,
        events,
        epoch: Instant::now(),
        told: None,
        backoff: Backoff::default(),
    };
    loop {
        let end = match blocking(open.clone()).await {
            Ok(driver) => port.serve(driver).await,
            Err(why) => port.down(&why).await,
        };
        if matches!(end, End::Forsaken) || matches!(port.rest().await, Some(End::Forsaken)) {
            return;
        }
    }
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(why) => Err(io::Error::other(why)),
    }
}

struct Port {
    orders: Receiver<PortOrder>,
    events: Sender<PortEvent>,
    epoch: Instant,
    /// The reason that was told last; `None` since the port was up.
    told: Option<String>,
    backoff: Backoff,
}

impl Port {
    async fn serve<D: Driver>(&mut self, driver: D) -> End {
        // The device may be there, and its controller silent.
        let hello = GetDeviceId {}.request();
        let (mut driver, found) = match ask(driver, Target::ShelfManager, hello).await {
            Ok(asked) => asked,
            Err(why) => return self.down(&why).await,
        };
        if let Err(why) = found {
            return self.down(&why).await;
        }
        self.told = None;
        self.backoff.up(self.epoch.elapsed());
        if self.events.send(PortEvent::Up).await.is_err() {
            return End::Forsaken;
        }
        while let Some(order) = self.orders.recv().await {
            let (token, target) = (order.token, order.target);
            let found;
            (driver, found) = match ask(driver, target, order.request).await {
                Ok(asked) => asked,
                Err(why) => return self.lost(token, &why).await,
            };
            let result = match found {
                Ok(response) => read(target, response),
                Err(why) => match undelivered(target, &why) {
                    Some(error) => Err(error),
                    None => return self.lost(token, &why).await,
                },
            };
            if self.answer(token, result).await.is_err() {
                return End::Forsaken;
            }
        }
        End::Forsaken
    }

    async fn answer(&self, token: u64, result: Result<Response, RequestError>) -> Result<(), ()> {
        let event = PortEvent::Answer { token, result };
        self.events.send(event).await.map_err(|_| ())
    }

    /// The driver failed with an order under way.
    async fn lost(&mut self, token: u64, why: &io::Error) -> End {
        let error = match is_silence(why) {
            true => RequestError::Timeout,
            false => RequestError::PortDown,
        };
        match self.answer(token, Err(error)).await {
            Ok(()) => self.down(why).await,
            Err(()) => End::Forsaken,
        }
    }

    /// Tells why the port is down, unless it said so before.
    async fn down(&mut self, why: &io::Error) -> End {
        let why = match is_silence(why) {
            true => "no answer from the management controller".into(),
            false => why.to_string(),
        };
        if self.told.as_ref() == Some(&why) {
            return End::Down;
        }
        self.told = Some(why.clone());
        let event = PortEvent::Down(DownReason::Unreachable(why));
        match self.events.send(event).await {
            Ok(()) => End::Down,
            Err(_) => End::Forsaken,
        }
    }

    /// Pauses before the next attempt; meanwhile orders learn that the port is down.
    async fn rest(&mut self) -> Option<End> {
        let pause = sleep(self.backoff.pause(self.epoch.elapsed()));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return None,
                order = self.orders.recv() => {
                    let Some(order) = order else {
                        return Some(End::Forsaken);
                    };
                    if self.answer(order.token, Err(RequestError::PortDown)).await.is_err() {
                        return Some(End::Forsaken);
                    }
                }
            }
        }
    }
}

/// Asks on a thread of its own; the error says that the driver is gone with it.
async fn ask<D: Driver>(
    mut driver: D,
    target: Target,
    request: Request,
) -> io::Result<(D, io::Result<Response>)> {
    let work = move || {
        let found = driver.ask(target, &request);
        Ok((driver, found))
    };
    blocking(work).await
}

/// What the driver itself answers for a controller that it cannot reach.
fn read(target: Target, response: Response) -> Result<Response, RequestError> {
    let is_bare = target != Target::ShelfManager && response.data.is_empty();
    match response.code {
        CompletionCode::NAK_ON_WRITE if is_bare => Err(RequestError::NoSuchController),
        CompletionCode::TIMEOUT if is_bare => Err(RequestError::Timeout),
        _ => Ok(response),
    }
}

fn is_silence(why: &io::Error) -> bool {
    why.kind() == ErrorKind::WouldBlock
}

/// What an error of the driver says about another controller; `None` when it says that the driver
/// itself does not work.
fn undelivered(target: Target, why: &io::Error) -> Option<RequestError> {
    if target == Target::ShelfManager {
        return None;
    }
    if why.kind() == ErrorKind::InvalidInput {
        // The driver does not take that address.
        return Some(RequestError::NoSuchController);
    }
    is_silence(why).then_some(RequestError::Timeout)
}

#[cfg(test)]
mod tests;
