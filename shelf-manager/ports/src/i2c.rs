//! I²C buses of Linux: what comes to our address through the driver `ipmb-dev`, and what we write
//! through an adapter's own device.
//!
//! The driver is told which address is ours when it is bound to the bus, as by
//! `echo ipmb-dev 0x1010 > /sys/bus/i2c/devices/i2c-N/new_device` for 20h.
//!
//! Source: Linux, Documentation/driver-api/ipmb.rst and Documentation/i2c/fault-codes.rst.

use crate::ipmb::{Fault, Master, MasterError, RECEIVED_LEN_MAX, Slave, Wire, WriteError};
use i2cdev::core::{I2CMessage, I2CTransfer};
use i2cdev::linux::{LinuxI2CBus, LinuxI2CMessage};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::spawn_blocking;

/// The two devices of one bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Where messages to our address are read, as `/dev/ipmb-1`.
    pub slave: PathBuf,
    /// Where messages to others are written, as `/dev/i2c-1`.
    pub master: PathBuf,
}

impl Wire for Device {
    type Master = LinuxMaster;
    type Slave = LinuxSlave;

    async fn open(&self) -> Result<(LinuxMaster, LinuxSlave)> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let mut options = OpenOptions::new();
        let slave = options.read(true).custom_flags(flags).open(&self.slave);
        let slave = slave.and_then(readable);
        let slave = slave.map_err(|why| at(&self.slave, &why))?;
        let bus = LinuxI2CBus::new(&self.master).map_err(Error::from);
        let bus = bus.map_err(|why| at(&self.master, &why))?;
        Ok((LinuxMaster { bus: Some(bus) }, LinuxSlave { file: slave }))
    }
}

/// Lets tokio wait for a file.
#[expect(
    deprecated,
    reason = "only types whose descriptor may change are unsound here; a `File` keeps its own, and \
              the successor needs unsafe code"
)]
fn readable(file: File) -> Result<AsyncFd<File>> {
    AsyncFd::with_interest(file, Interest::READABLE)
}

fn at(path: &Path, why: &Error) -> Error {
    Error::new(why.kind(), format!("{}: {why}", path.display()))
}

/// The reading end of `ipmb-dev`.
#[derive(Debug)]
pub struct LinuxSlave {
    file: AsyncFd<File>,
}

impl Slave for LinuxSlave {
    /// One read gives one message: its length, then its bytes with our address first.
    async fn receive(&mut self) -> Result<Vec<u8>> {
        let mut piece = [0; 1 + RECEIVED_LEN_MAX];
        loop {
            let mut ready = self.file.readable().await?;
            let Ok(read) = ready.try_io(|file| file.get_ref().read(&mut piece)) else {
                continue;
            };
            let message = &piece[..read?];
            let (len, bytes) = message.split_first().ok_or(ErrorKind::UnexpectedEof)?;
            return Ok(bytes.get(..usize::from(*len)).unwrap_or(bytes).to_vec());
        }
    }
}

/// The writing end of an adapter.
#[derive(Debug)]
pub struct LinuxMaster {
    /// `None` while a write is under way that nobody waits for any more.
    bus: Option<LinuxI2CBus>,
}

impl Master for LinuxMaster {
    async fn write(&mut self, frame: Vec<u8>) -> std::result::Result<(), MasterError> {
        let closed = || MasterError::Gone(ErrorKind::NotConnected.into());
        let mut bus = self.bus.take().ok_or_else(closed)?;
        let writing = spawn_blocking(move || {
            let (address, bytes) = frame.split_first().unwrap_or((&0, &[]));
            let message = LinuxI2CMessage::write(bytes).with_address(u16::from(address >> 1));
            let written = bus.transfer(&mut [message]);
            (bus, written)
        });
        let (bus, written) = writing.await.map_err(|_| closed())?;
        self.bus = Some(bus);
        written.map(drop).map_err(|why| fault(why.into()))
    }
}

/// What an adapter's error says about the bus.
///
/// Choice: a bus that stays busy is undiagnosed, as the kernel does not say which line is stuck.
fn fault(why: Error) -> MasterError {
    let error = match Errno::from_io_error(&why) {
        // Drivers use the second one where a byte behind the address is not acknowledged.
        Some(Errno::NXIO | Errno::REMOTEIO) => WriteError::Nak,
        Some(Errno::AGAIN) => WriteError::ArbitrationLost,
        Some(Errno::TIMEDOUT) => WriteError::Bus(Fault::ClockLowTimeout),
        Some(Errno::NODEV | Errno::SHUTDOWN | Errno::BADF) | None => {
            return MasterError::Gone(why);
        }
        Some(_) => WriteError::Bus(Fault::Undiagnosed),
    };
    MasterError::Refused(error)
}

#[cfg(test)]
mod tests;
