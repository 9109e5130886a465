//! Opening the ports: everything that can be refused is refused here.

use crate::config::{HpiTls, Listen};
use hpi_server::{Door, HangUp, Message, Options, Tls, TlsError};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Takes the ports.
pub(crate) async fn open(listen: &Listen) -> Result<Vec<Door>, String> {
    let allowed = &listen.hpi_allow;
    let mut doors = Vec::new();
    if let Some(address) = listen.hpi {
        if !address.ip().is_loopback() && allowed.is_empty() {
            return Err(format!(
                "hpi = \"{address}\" is reached from other hosts, and HPI's clients have no \
                 password: name those that may come in hpi_allow = [\"ADDRESS\"], or listen on \
                 127.0.0.1"
            ));
        }
        doors.push(door("hpi", address, allowed, None).await?);
    }
    if let Some(address) = listen.tls.hpi_tls {
        let has_authority = listen.tls.hpi_client_ca.is_some();
        if !address.ip().is_loopback() && allowed.is_empty() && !has_authority {
            return Err(format!(
                "hpi_tls = \"{address}\" is reached from other hosts: name those that may come in \
                 hpi_allow = [\"ADDRESS\"], or the authority of their certificates in \
                 hpi_client_ca = \"FILE\", or listen on 127.0.0.1"
            ));
        }
        let tls = Some(tls(&listen.tls)?);
        doors.push(door("hpi-tls", address, allowed, tls).await?);
    }
    Ok(doors)
}

/// Serves clients; `None` where none are to come.
pub(crate) fn serve(doors: Vec<Door>) -> Option<(mpsc::Receiver<Message>, HangUp)> {
    (!doors.is_empty()).then(|| hpi_server::serve(doors))
}

async fn door(
    flag: &str,
    address: SocketAddr,
    allowed: &BTreeSet<IpAddr>,
    tls: Option<Tls>,
) -> Result<Door, String> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|why| match why.kind() == ErrorKind::AddrInUse {
        true => format!(
            "hpi: {address} is in use by another program, maybe openhpid: stop it, or choose \
             another port with --{flag}"
        ),
        false => format!("hpi: {address}: {why}"),
    })?;
    Ok(Door {
        listener,
        tls,
        options: Options {
            allowed: with_loopback(allowed),
            ..Options::default()
        },
    })
}

/// This host may always come.
fn with_loopback(allowed: &BTreeSet<IpAddr>) -> Option<BTreeSet<IpAddr>> {
    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let all = || allowed.iter().copied().chain(loopback).collect();
    (!allowed.is_empty()).then(all)
}

/// Certificates and keys, from their files.
fn tls(config: &HpiTls) -> Result<Tls, String> {
    let named = |file: &Option<PathBuf>, key: &str| {
        let missing = format!("hpi_tls needs {key} = \"FILE\", in PEM");
        file.clone().ok_or(missing)
    };
    let certificate = named(&config.hpi_certificate, "hpi_certificate")?;
    let key = named(&config.hpi_key, "hpi_key")?;
    let authority = config.hpi_client_ca.as_deref();
    let authorities = authority.map(read).transpose()?;
    let tls = Tls::new(&read(&certificate)?, &read(&key)?, authorities.as_deref());
    tls.map_err(|why| match why {
        TlsError::Certificate(why) => format!("{}: {why}", certificate.display()),
        TlsError::Key(why) => format!("{}: {why}", key.display()),
        TlsError::Authority(why) => {
            let authority = authority.unwrap_or(Path::new("hpi_client_ca"));
            format!("{}: {why}", authority.display())
        }
        TlsError::Mismatch(why) => {
            format!("{} and {}: {why}", certificate.display(), key.display())
        }
    })
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|why| format!("{}: {why}", file.display()))
}

#[cfg(test)]
mod tests;
