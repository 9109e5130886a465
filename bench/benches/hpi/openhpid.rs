//! OpenHPI's daemon, as its users run it.

use interop::{Chassis, Place, free_port, program};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running openhpid. It ends with this value.
pub(crate) struct Openhpid {
    child: Child,
    at: SocketAddr,
    _place: Place,
}

impl Openhpid {
    /// Starts one on a chassis. It listens once it has discovered it.
    pub(crate) fn start(chassis: &Chassis) -> Self {
        program(
            "/usr/lib/openhpi/libipmidirect.so",
            "openhpi-plugin-ipmidirect",
        );
        let place = Place::new("openhpid");
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let child = Command::new(program("openhpid", "openhpid"))
            .arg("-n")
            .arg("-c")
            .arg(config(&place, chassis.lan().port()))
            .args(["-b", "127.0.0.1", "-p", &at.port().to_string(), "-f"])
            .arg(place.file("pid"))
            .env("OPENHPI_VARPATH", place.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openhpid is installed");
        Self {
            child,
            at,
            _place: place,
        }
    }

    /// Where its clients find it.
    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Openhpid {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}

fn config(place: &Place, lan: u16) -> PathBuf {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/openhpid.conf");
    let text = std::fs::read_to_string(template).expect("part of the repository");
    let file = place.write("openhpid.conf", &text.replace("@PORT@", &lan.to_string()));
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("a file of ours");
    file
}
