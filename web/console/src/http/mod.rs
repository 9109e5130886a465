//! The HTTP server: accepts connections within limits and hands their requests to the routes.

mod access;
mod query;
mod routes;
mod stream;

use crate::login::Login;
use crate::{Backend, Credential};
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use warp::http::Request;
use warp::reply::Response;

/// How long a client may take to send its request line and headers, and may stay silent between two
/// requests.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request may take as a whole, until its response begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Most bytes of request line and headers.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// How the console is served.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Who may change things; empty means that nobody can.
    pub users: Vec<Credential>,
    /// Shown in the login form to everybody, so only for the demo; `None` shows nothing.
    pub login_hint: Option<String>,
    /// Whether one must log in to look, too. Always so where the listener is reached from beyond
    /// this host.
    pub login_to_read: bool,
    /// Connections at a time; the next one waits.
    pub connections_max: usize,
    /// Event streams at a time; the next one is refused.
    pub streams_max: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            login_hint: None,
            login_to_read: false,
            connections_max: 256,
            streams_max: 32,
        }
    }
}

/// What all requests share.
struct Site {
    backend: Backend,
    login: Mutex<Login>,
    login_hint: Option<String>,
    login_to_read: bool,
    /// Reached from this host only; then other host names are refused, so that no foreign page can
    /// pose as ours.
    is_local: bool,
    streams: Arc<Semaphore>,
}

/// Serves the console until the future is dropped; its connections end with it.
pub async fn serve_http(
    listener: TcpListener,
    backend: Backend,
    options: HttpOptions,
) -> io::Result<()> {
    let is_local = listener.local_addr()?.ip().is_loopback();
    let site = Arc::new(Site {
        backend,
        login: Mutex::new(Login::new(&options.users)?),
        login_hint: options.login_hint,
        login_to_read: options.login_to_read || !is_local,
        is_local,
        streams: Arc::new(Semaphore::new(options.streams_max)),
    });
    let service = TowerToHyperService::new(warp::service(routes::routes(&site)));
    let places = Arc::new(Semaphore::new(options.connections_max));
    let mut connections = JoinSet::new();
    loop {
        let place = places
            .clone()
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that broke before it was accepted, or no file descriptor left:
                // neither ends the console.
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = service.clone();
        connections.spawn(async move {
            let _place = place;
            serve_connection(stream, peer, service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The address that a request comes from.
#[derive(Clone, Copy)]
struct Peer(IpAddr);

async fn serve_connection<S>(stream: TcpStream, peer: SocketAddr, service: S)
where
    S: Service<Request<hyper::body::Incoming>, Response = Response, Error = Infallible>
        + Send
        + 'static,
    S::Future: Send,
{
    // Small events must not wait for one another.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, %peer, "the connection broke at once");
    }
    let service = hyper::service::service_fn(move |mut request: Request<_>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        let response = service.call(request);
        async move {
            let response = tokio::time::timeout(REQUEST_TIMEOUT, response).await;
            response.unwrap_or_else(|_| Ok(routes::too_slow()))
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_buf_size(HEADERS_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}
