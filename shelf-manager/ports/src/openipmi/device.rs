//! The device file itself.

use super::Driver;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ipmi_rs::File;
use ipmi_rs::connection::{
    Address, Channel, IpmiConnection, LogicalUnit, Message, Request as Asked,
    RequestTargetAddress as Addressee,
};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

/// How long to wait for an answer. Choice: longer than the driver itself, which sends a request to
/// IPMB-0 five times with two seconds between.
const TIMEOUT: Duration = Duration::from_secs(11);
/// Most answers to earlier requests that are passed over before the one that is waited for.
const STALE_MAX: usize = 16;

/// An open `/dev/ipmiN`.
pub(super) struct Device(File);

impl Device {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::new(path, TIMEOUT).map(Self)
    }

    /// An answer that comes after its time is over is still delivered; it is not the one.
    fn receive(&mut self) -> io::Result<ipmi_rs::connection::Response> {
        let mut received = self.0.recv();
        for _ in 0..STALE_MAX {
            match received {
                Err(why) if why.kind() == ErrorKind::Other => received = self.0.recv(),
                found => return found,
            }
        }
        received
    }
}

impl Driver for Device {
    fn ask(&mut self, target: Target, request: &Request) -> io::Result<Response> {
        let unit = LogicalUnit::from_low_bits(request.lun);
        let addressee = match target {
            Target::ShelfManager => Addressee::Bmc(unit),
            Target::Ipmb(address) => Addressee::BmcOrIpmb(Address(address), Channel::Primary, unit),
        };
        let message = Message::new_raw(request.net_fn.0, request.command, request.data.clone());
        self.0.send(&mut Asked::new(message, addressee))?;
        let response = self.receive()?;
        Ok(Response {
            code: CompletionCode(response.cc()),
            data: response.data().to_vec(),
        })
    }
}
