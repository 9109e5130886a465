//! What is refused before a port is taken.

use super::open;
use crate::config::{HpiTls, Listen};
use std::net::{IpAddr, SocketAddr};

/// An address of this host, on a port that nobody asked for.
const HERE: &str = "127.0.0.1:0";
/// An address that others reach.
const EVERYWHERE: &str = "0.0.0.0:0";

fn address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

fn tls(at: &str) -> HpiTls {
    HpiTls {
        hpi_tls: address(at),
        hpi_certificate: Some("/nowhere/certificate.pem".into()),
        hpi_key: Some("/nowhere/key.pem".into()),
        hpi_client_ca: None,
    }
}

async fn refused(listen: Listen) -> String {
    open(&listen).await.unwrap_err()
}

// The protocol has no password: whoever reaches the port may switch the shelf off.
#[tokio::test]
async fn nobody_listens_to_other_hosts_without_saying_to_whom() {
    let plain = Listen {
        hpi: address(EVERYWHERE),
        ..Listen::default()
    };
    assert!(refused(plain.clone()).await.contains("hpi_allow"));
    let tls = Listen {
        tls: tls(EVERYWHERE),
        ..Listen::default()
    };
    let why = refused(tls.clone()).await;
    assert!(
        why.contains("hpi_allow") && why.contains("hpi_client_ca"),
        "{why}"
    );

    // To say it is to be let through here, up to the files that are not there.
    let hpi_allow = ["192.0.2.1".parse::<IpAddr>().unwrap()].into();
    assert_eq!(open(&Listen { hpi_allow, ..plain }).await.unwrap().len(), 1);
    let hpi_allow = ["192.0.2.1".parse::<IpAddr>().unwrap()].into();
    let named = refused(Listen {
        hpi_allow,
        ..tls.clone()
    })
    .await;
    assert!(named.starts_with("/nowhere/certificate.pem"), "{named}");
    let mut proved = tls;
    proved.tls.hpi_client_ca = Some("/nowhere/ca.pem".into());
    assert!(refused(proved).await.starts_with("/nowhere/ca.pem"));
}

#[tokio::test]
async fn tls_needs_a_certificate_and_its_key() {
    for (certificate, key) in [(false, true), (true, false)] {
        let mut tls = tls(HERE);
        tls.hpi_certificate = tls.hpi_certificate.filter(|_| certificate);
        tls.hpi_key = tls.hpi_key.filter(|_| key);
        let why = refused(Listen {
            tls,
            ..Listen::default()
        })
        .await;
        let missing = if certificate {
            "hpi_key"
        } else {
            "hpi_certificate"
        };
        assert!(why.contains(missing), "{why}");
    }
}

#[tokio::test]
async fn nobody_listens_unless_told_to() {
    assert!(open(&Listen::default()).await.unwrap().is_empty());
}
