//! The shelf at a serial line, which is a pseudo-terminal.

use ports::serial::server::{Access, Config};
use ports::serial::{Mode, Pty, SerialServer, serve_serial};
use ports::server::User;
use std::path::Path;

/// Privilege level: administrator. Source: IPMI v2.0 §6.8.
const ADMINISTRATOR: u8 = 4;

/// Opens the line; `link` is where others find it beside its own path.
///
/// Choice: without users whoever may open the pseudo-terminal may do everything; it belongs to who
/// runs this program.
pub(crate) fn open(
    mode: Mode,
    users: Vec<User>,
    link: Option<&Path>,
) -> Result<SerialServer, String> {
    let pty = Pty::open().map_err(|why| format!("--serial: {why}"))?;
    if let Some(link) = link {
        let at = |why: std::io::Error| format!("--pty {}: {why}", link.display());
        // What an earlier run left behind leads nowhere.
        if link.is_symlink() {
            std::fs::remove_file(link).map_err(at)?;
        }
        std::os::unix::fs::symlink(pty.path(), link).map_err(at)?;
    }
    println!("serial on {}", pty.path().display());
    let access = match users.is_empty() {
        true => Access::Open {
            privilege: ADMINISTRATOR,
        },
        false => Access::Login(users),
    };
    let config = Config::new(mode, access);
    serve_serial(pty, config).map_err(|why| format!("--user: {why:?}"))
}
