//! Sockets and serial devices: datagrams, or a byte stream.

use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;
use tokio_serial::SerialStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Largest piece that is received at once; larger than any IPMI datagram.
pub(crate) const PIECE_MAX: usize = 2048;

/// Where to connect to.
pub(crate) enum Route {
    Udp(String),
    Tcp(String),
    /// A serial device, and its bits per second.
    Serial(PathBuf, u32),
}

/// A connected socket, or an open device.
pub(crate) enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Serial(SerialStream),
}

impl Route {
    pub(crate) async fn connect(&self) -> Result<Link> {
        let connecting = async {
            match self {
                Self::Udp(address) => udp(address).await,
                Self::Tcp(address) => {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    Ok(Link::Tcp(stream))
                }
                Self::Serial(path, baud) => serial(path, *baud),
            }
        };
        let address = match self {
            Self::Udp(address) | Self::Tcp(address) => address.clone(),
            Self::Serial(path, _) => path.display().to_string(),
        };
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|why| at(&address, &why)),
            Err(_) => Err(at(&address, &ErrorKind::TimedOut.into())),
        }
    }
}

async fn udp(address: &str) -> Result<Link> {
    let mut found = lookup_host(address).await?;
    let peer = found.next().ok_or(ErrorKind::NotFound)?;
    let local: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local).await?;
    socket.connect(peer).await?;
    Ok(Link::Udp(socket))
}

/// Eight data bits, no parity, one stop bit, no flow control: what the crate does by itself.
fn serial(path: &Path, baud: u32) -> Result<Link> {
    let line = tokio_serial::new(path.to_string_lossy(), baud);
    Ok(Link::Serial(SerialStream::open(&line)?))
}

fn at(address: &str, why: &Error) -> Error {
    Error::new(why.kind(), format!("{address}: {why}"))
}

impl Link {
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Udp(socket) => socket.send(bytes).await.map(|_| ()),
            Self::Tcp(stream) => stream.write_all(bytes).await,
            Self::Serial(stream) => stream.write_all(bytes).await,
        }
    }

    /// Waits for bytes. Nothing is lost when the wait is given up.
    pub(crate) async fn receive(&mut self, piece: &mut [u8; PIECE_MAX]) -> Result<usize> {
        match self {
            Self::Udp(socket) => socket.recv(piece).await,
            Self::Tcp(stream) => some(stream.read(piece).await?),
            Self::Serial(stream) => some(stream.read(piece).await?),
        }
    }
}

fn some(len: usize) -> Result<usize> {
    match len {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        len => Ok(len),
    }
}
