//! Opening the LAN interface: everything that can be refused is refused here.

use crate::config::User;
use ports::server;
use ports::{LanServer, serve_lan};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::UdpSocket;

/// The GUID of this installation, in the run folder.
const GUID_FILE: &str = "guid";
/// Where the kernel gives out random UUIDs.
const RANDOM_UUID: &str = "/proc/sys/kernel/random/uuid";

/// Takes the port.
pub(crate) async fn bind(address: SocketAddr, users: &[User]) -> Result<UdpSocket, String> {
    if !address.ip().is_loopback() && users.is_empty() {
        return Err(format!(
            "rmcp = \"{address}\" is reached from other hosts, but no [[user]] with a password is configured: \
             add one, or listen on 127.0.0.1"
        ));
    }
    let socket = UdpSocket::bind(address).await;
    socket.map_err(|why| {
        let kind = why.kind();
        let hint = if kind == ErrorKind::AddrInUse {
            "is in use by another program: stop it, or choose another port with --rmcp".into()
        } else if kind == ErrorKind::PermissionDenied {
            "ports below 1024 need CAP_NET_BIND_SERVICE; or choose another port with --rmcp".into()
        } else {
            why.to_string()
        };
        format!("rmcp: {address}: {hint}")
    })
}

/// Serves tools.
pub(crate) fn serve(
    socket: UdpSocket,
    users: &[User],
    guid: [u8; 16],
    kg: Option<&str>,
) -> Result<LanServer, String> {
    let users = users
        .iter()
        .map(|user| server::User::new(&user.name, &user.password, user.privilege.level()));
    let config = server::Config {
        guid,
        kg: kg.map(|kg| ports::lan::Secret(kg.as_bytes().to_vec())),
        ..server::Config::new(users.collect())
    };
    serve_lan(socket, config).map_err(|why| format!("rmcp: {}", text(why)))
}

fn text(why: server::ConfigError) -> &'static str {
    use server::ConfigError as E;
    match why {
        E::UserTooLong => "the name of a [[user]] has more than 16 bytes",
        E::UserTwice => "two [[user]]s have the same name",
        E::TooManyUsers => "there are more [[user]]s than IPMI has user ids",
        E::NoPassword => "a [[user]] has no password",
        E::PasswordTooLong => "the password of a [[user]] has more than the 20 bytes of IPMI",
        E::BadPrivilege => "a [[user]] has a privilege level that does not exist",
        E::BadChannelKey => "kg, the channel key, has no byte or more than 20",
        E::NothingOffered => "no cipher suite is offered",
        E::BadSessionLimit => "the number of sessions is out of range",
    }
}

/// The GUID of this installation, made at its first start. Least significant byte first.
///
/// Source: IPMI v2.0 §20.8.
pub(crate) fn guid(run_dir: &Path) -> Result<[u8; 16], String> {
    let path = run_dir.join(GUID_FILE);
    let at = |path: &Path, why: std::io::Error| format!("{}: {why}", path.display());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) if why.kind() == ErrorKind::NotFound => {
            let random = Path::new(RANDOM_UUID);
            let text = std::fs::read_to_string(random).map_err(|why| at(random, why))?;
            std::fs::write(&path, &text).map_err(|why| at(&path, why))?;
            text
        }
        Err(why) => return Err(at(&path, why)),
    };
    parse(&text).ok_or_else(|| format!("{}: this is no UUID", path.display()))
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().split('-').collect();
    let value = u128::from_str_radix(&digits, 16).ok()?;
    (digits.len() == 32).then(|| value.to_le_bytes())
}
