//! The chassis, and the link to it.

mod ipmb;
mod serial;

use crate::config;
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};
use ports::PortConfig;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// Handles and slots of a simulated chassis.
pub(crate) use ::chassis::ChassisHandle as Handles;

/// The way onto the management bus, and what the link itself has to say.
pub(crate) struct Link {
    orders: mpsc::Sender<PortOrder>,
    pub(crate) events: mpsc::Receiver<PortEvent>,
    /// `lan`, `vm`, `ipmb`, `serial`, `kernel` or `simulated`.
    pub(crate) kind: &'static str,
    /// Where it leads, for people.
    pub(crate) address: String,
    /// Cipher suites that are accepted; for messages.
    suites: Vec<u8>,
    /// Why it is closed, for people; `None` while it is open or was never tried.
    pub(crate) lost: Option<String>,
    is_open: bool,
    /// Requests that the port could not take; the scanner is told that they failed.
    refused: VecDeque<u64>,
}

impl Link {
    /// Sends a request. The scanner has at most as many under way as the port takes.
    pub(crate) fn send(&mut self, order: PortOrder) {
        if let Err(why) = self.orders.try_send(order) {
            let token = match why {
                mpsc::error::TrySendError::Full(order)
                | mpsc::error::TrySendError::Closed(order) => order.token,
            };
            self.refused.push_back(token);
        }
    }

    /// The next request that the port could not take, as if it had answered so.
    pub(crate) fn take_refused(&mut self) -> Option<PortEvent> {
        Some(PortEvent::Answer {
            token: self.refused.pop_front()?,
            result: Err(RequestError::PortDown),
        })
    }
}

impl Link {
    /// Opens the way that the configuration names. Its events say that it is up, or why it is not.
    pub(crate) fn open(chassis: &config::Chassis) -> Result<(Self, Option<Handles>), String> {
        match chassis {
            config::Chassis::Lan(lan) => {
                let mut session = ports::lan::Config::new(&lan.user, &lan.password);
                session.suites = suites(&lan.cipher_suites)?;
                session.allow_ipmi_1_5 = lan.allow_ipmi_1_5;
                let address = lan.address.to_string();
                let port = PortConfig::Lan {
                    address: address.clone(),
                    session,
                };
                let mut link = Self::through(port, "lan", address)?;
                link.suites.clone_from(&lan.cipher_suites);
                Ok((link, None))
            }
            config::Chassis::Vm { address } => {
                let address = address.to_string();
                let port = PortConfig::vm_codec(&address);
                Ok((Self::through(port, "vm", address)?, None))
            }
            config::Chassis::Ipmb(ipmb) => {
                let place = ipmb::place(ipmb)?;
                let address = ipmb::address(&place);
                let port = PortConfig::Ipmb(Box::new(place));
                Ok((Self::through(port, "ipmb", address)?, None))
            }
            config::Chassis::Serial(serial) => {
                let (line, session) = serial::line(serial)?;
                let port = PortConfig::Serial { line, session };
                Ok((Self::through(port, "serial", serial.device.clone())?, None))
            }
            config::Chassis::Kernel { device } => {
                let address = device.display().to_string();
                let device = device.clone();
                let port = PortConfig::Kernel { device };
                Ok((Self::through(port, "kernel", address)?, None))
            }
            config::Chassis::None => {
                let closed = (mpsc::channel(1).0, mpsc::channel(1).1);
                Ok((Self::new(closed, "none", String::new()), None))
            }
            config::Chassis::Simulated { slots } => {
                let simulated = ::chassis::Config::with_blades(slots.iter().copied());
                let (orders, events, handles) = ::chassis::spawn(simulated);
                let address = String::from("in this process");
                Ok((
                    Self::new((orders, events), "simulated", address),
                    Some(handles),
                ))
            }
        }
    }

    /// The same way, not taken: another CMM goes there.
    pub(crate) fn closed(&self) -> Self {
        let closed = (mpsc::channel(1).0, mpsc::channel(1).1);
        let mut link = Self::new(closed, self.kind, self.address.clone());
        link.lost = Some(String::from("another CMM owns the hardware"));
        link
    }

    fn through(port: PortConfig, kind: &'static str, address: String) -> Result<Self, String> {
        let port = ports::open(port).map_err(|why| format!("chassis: {}", serial::text(why)))?;
        Ok(Self::new((port.orders, port.events), kind, address))
    }

    fn new(
        (orders, events): (mpsc::Sender<PortOrder>, mpsc::Receiver<PortEvent>),
        kind: &'static str,
        address: String,
    ) -> Self {
        Self {
            orders,
            events,
            kind,
            address,
            suites: Vec::new(),
            lost: None,
            is_open: false,
            refused: VecDeque::new(),
        }
    }

    /// Remembers whether the link is open.
    pub(crate) fn watch(&mut self, event: &PortEvent) {
        match event {
            PortEvent::Up => (self.is_open, self.lost) = (true, None),
            PortEvent::Down(reason) => {
                (self.is_open, self.lost) = (false, Some(self.why_down(reason)));
            }
            PortEvent::Answer { .. } | PortEvent::Event(_) => {}
        }
    }

    /// Whether requests reach the management bus.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    fn why_down(&self, reason: &DownReason) -> String {
        match reason {
            DownReason::Unreachable(why) => format!("cannot be reached ({why})"),
            DownReason::Unauthenticated => {
                "the user name is unknown or the password is wrong".into()
            }
            DownReason::CipherRefused => format!(
                "the chassis offers none of the configured cipher suites {:?}",
                self.suites
            ),
            DownReason::Closed => "the chassis closed the session".into(),
            DownReason::Protocol(why) => format!("the chassis broke the protocol: {why}"),
        }
    }

    /// Whether the scanner must turn pushed events on.
    pub(crate) fn pushes_events(&self) -> bool {
        !matches!(self.kind, "lan" | "serial" | "kernel")
    }
}

fn suites(numbers: &[u8]) -> Result<Vec<ports::CipherSuite>, String> {
    let suites = numbers.iter().map(|number| {
        ports::CipherSuite::from_id(*number)
            .ok_or_else(|| format!("chassis: cipher suite {number} is not accepted; use 17 or 3"))
    });
    suites.collect()
}

#[cfg(test)]
mod tests;
