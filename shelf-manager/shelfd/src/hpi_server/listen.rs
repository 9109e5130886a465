//! Opening the port: everything that can be refused is refused here.

use hpi_server::{Door, Message, Options};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Takes the port.
pub(crate) async fn bind(
    address: SocketAddr,
    allowed: &BTreeSet<IpAddr>,
) -> Result<TcpListener, String> {
    if !address.ip().is_loopback() && allowed.is_empty() {
        return Err(format!(
            "hpi = \"{address}\" is reached from other hosts, and HPI's clients have no password: \
             name those that may come in hpi_allow = [\"ADDRESS\"], or listen on 127.0.0.1"
        ));
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|why| match why.kind() == ErrorKind::AddrInUse {
        true => format!(
            "hpi: {address} is in use by another program, maybe openhpid: stop it, or choose \
             another port with --hpi"
        ),
        false => format!("hpi: {address}: {why}"),
    })
}

/// Serves clients. This host may always come.
pub(crate) fn serve(listener: TcpListener, allowed: &BTreeSet<IpAddr>) -> mpsc::Receiver<Message> {
    let mut options = Options::default();
    if !allowed.is_empty() {
        let loopback = [
            IpAddr::from([127, 0, 0, 1]),
            std::net::Ipv6Addr::LOCALHOST.into(),
        ];
        options.allowed = Some(allowed.iter().copied().chain(loopback).collect());
    }
    hpi_server::serve([Door {
        listener,
        tls: None,
        options,
    }])
}
