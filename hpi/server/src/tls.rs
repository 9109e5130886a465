//! TLS in front of the protocol, for clients that come through a tunnel.
//!
//! The clients of OpenHPI do not speak TLS themselves, but what stands before them does: `socat`,
//! `stunnel4`. The protocol within is the same, byte for byte.

use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Who we are, and whom we let in. TLS 1.2 or 1.3.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate, a key or an authority is of no use. Each has the library's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// The certificate cannot be read, or there is none.
    Certificate(String),
    /// The private key cannot be read, or there is none.
    Key(String),
    /// The authorities of clients cannot be read, or there is none.
    Authority(String),
    /// Certificate and key do not belong together, or their kind is not supported.
    Mismatch(String),
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(..)")
    }
}

impl Tls {
    /// From PEM: our certificate and those that lead to its root, our private key, and the
    /// authorities one of which must have signed a client's certificate; `None` lets clients in
    /// without one.
    pub fn new(certificate: &[u8], key: &[u8], clients: Option<&[u8]>) -> Result<Self, TlsError> {
        let chain = certificates(certificate).map_err(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key);
        let key = key.map_err(|why| TlsError::Key(why.to_string()))?;
        let provider = Arc::new(ring::default_provider());
        let mismatch = |why: rustls::Error| TlsError::Mismatch(why.to_string());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(mismatch)?;
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authorities) => {
                let roots = Arc::new(roots(authorities).map_err(TlsError::Authority)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                let verifier = verifier.map_err(|why| TlsError::Authority(why.to_string()))?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let config = config.with_single_cert(chain, key).map_err(mismatch)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Greets a client.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn roots(authorities: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(authorities)? {
        roots.add(authority).map_err(|why| why.to_string())?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read.map_err(|why| why.to_string())? {
        none if none.is_empty() => Err("there is no certificate in it".into()),
        certificates => Ok(certificates),
    }
}
