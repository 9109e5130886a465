//! Devices of Linux, as far as they can be without hardware.

use super::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::io::Write;
use std::time::Duration;
use tokio::time::timeout;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("openshelf-i2c-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

// What is missing is named.
#[tokio::test]
async fn missing_devices() {
    let folder = Folder::new("missing");
    let slave = folder.0.join("ipmb-1");
    let master = folder.0.join("i2c-1");
    let device = Device { slave, master };
    let why = device.open().await.unwrap_err().to_string();
    assert!(why.contains("ipmb-1: No such file"), "{why}");
    pipe(&device.slave);
    let why = device.open().await.unwrap_err().to_string();
    assert!(why.contains("i2c-1: No such file"), "{why}");
}

fn pipe(path: &Path) {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
}

// Each read is one message behind its length; what the length does not cover is no part of it.
#[tokio::test]
async fn messages() {
    let folder = Folder::new("messages");
    let slave = folder.0.join("ipmb-1");
    pipe(&slave);
    let master = folder.0.join("i2c-1");
    std::fs::write(&master, []).unwrap();
    let device = Device { slave, master };
    let (_, mut slave) = device.open().await.unwrap();
    let mut driver = OpenOptions::new().write(true).open(&device.slave).unwrap();
    /// What the driver gives, and the message in it.
    const READS: &[(&[u8], &[u8])] = &[
        (&[3, 0x20, 0x18, 0xc8], &[0x20, 0x18, 0xc8]),
        (&[2, 0x20, 0x18, 0xc8], &[0x20, 0x18]),
        (&[9, 0x20], &[0x20]),
        (&[0], &[]),
    ];
    for (read, message) in READS {
        driver.write_all(read).unwrap();
        assert_eq!(slave.receive().await.unwrap(), *message);
    }
    let nothing = timeout(Duration::from_millis(20), slave.receive()).await;
    assert!(nothing.is_err());
    driver.write_all(&[1, 0x20]).unwrap();
    assert_eq!(slave.receive().await.unwrap(), [0x20], "nothing was lost");
    drop(driver);
    let why = slave.receive().await.unwrap_err();
    assert_eq!(why.kind(), ErrorKind::UnexpectedEof);
}

// A file that is no adapter refuses the write: the device is as good as broken, not gone.
#[tokio::test]
async fn no_adapter() {
    let folder = Folder::new("adapter");
    let slave = folder.0.join("ipmb-1");
    pipe(&slave);
    let master = folder.0.join("i2c-1");
    std::fs::write(&master, []).unwrap();
    let (mut master, _slave) = Device { slave, master }.open().await.unwrap();
    for _ in 0..2 {
        let result = master.write(vec![0x82, 0x18]).await;
        let broken = WriteError::Bus(Fault::Undiagnosed);
        assert!(
            matches!(&result, Err(MasterError::Refused(found)) if *found == broken),
            "{result:?}"
        );
    }
}

/// Error number of the kernel, and what it is for the session; `None`: the device is gone.
const FAULTS: &[(Errno, Option<WriteError>)] = &[
    (Errno::NXIO, Some(WriteError::Nak)),
    (Errno::REMOTEIO, Some(WriteError::Nak)),
    (Errno::AGAIN, Some(WriteError::ArbitrationLost)),
    (
        Errno::TIMEDOUT,
        Some(WriteError::Bus(Fault::ClockLowTimeout)),
    ),
    (Errno::BUSY, Some(WriteError::Bus(Fault::Undiagnosed))),
    (Errno::IO, Some(WriteError::Bus(Fault::Undiagnosed))),
    (Errno::NODEV, None),
];

#[test]
fn faults() {
    for (errno, expected) in FAULTS {
        let found = match fault(Error::from_raw_os_error(errno.raw_os_error())) {
            MasterError::Refused(error) => Some(error),
            MasterError::Gone(_) => None,
        };
        assert_eq!(found, *expected, "{errno:?}");
    }
}
