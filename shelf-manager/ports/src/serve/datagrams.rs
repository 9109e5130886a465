//! Datagrams, several at a time: one call of the kernel for all that wait, and one for all answers.
//!
//! A host may have several addresses, and one of a CMM's moves away at a failover. An answer
//! comes from the address that was asked: a client takes no other.
//!
//! Source: Linux, ip(7), `IP_PKTINFO`; RFC 3542 §6.

mod own;

use crate::link::PIECE_MAX;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg, sendmmsg, sendmsg,
};
use own::{Source, own, tell_own};
use std::io::{IoSlice, IoSliceMut, Result};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Most datagrams that are taken, or sent, at once.
pub(super) const BATCH_MAX: usize = 32;

/// A datagram, and between whom it goes.
pub(super) type Datagram = (Path, Vec<u8>);

/// Between whom datagrams go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path {
    /// Our address. `None` leaves the choice to the kernel.
    pub(super) own: Option<IpAddr>,
    /// The other end.
    pub(super) peer: SocketAddr,
}

/// A socket, and what is to be sent through it.
pub(super) struct Datagrams {
    socket: UdpSocket,
    pieces: Vec<[u8; PIECE_MAX]>,
    outgoing: Vec<Datagram>,
}

impl Datagrams {
    pub(super) fn new(socket: UdpSocket) -> Self {
        tell_own(&socket);
        Self {
            socket,
            pieces: vec![[0; PIECE_MAX]; BATCH_MAX],
            outgoing: Vec::new(),
        }
    }

    /// Waits for datagrams, and takes all that are there. Nothing is lost when the wait is given
    /// up.
    pub(super) async fn receive(&mut self) -> Result<Vec<Datagram>> {
        let Self { socket, pieces, .. } = self;
        let take = || take(socket, pieces);
        socket.async_io(Interest::READABLE, take).await
    }

    /// Has a datagram sent with the next [`Self::flush`].
    pub(super) fn send(&mut self, path: Path, bytes: Vec<u8>) {
        self.outgoing.push((path, bytes));
    }

    /// Sends all. Those of one path keep their order.
    pub(super) async fn flush(&mut self) {
        let Self {
            socket, outgoing, ..
        } = self;
        outgoing.sort_by_key(|(path, _)| *path);
        let mut waiting = &outgoing[..];
        while !waiting.is_empty() {
            let give = || give(socket, waiting);
            let sent = socket.async_io(Interest::WRITABLE, give).await;
            // A datagram that cannot be sent is as good as lost: its receiver asks again.
            waiting = waiting.get(sent.unwrap_or(1)..).unwrap_or_default();
        }
        outgoing.clear();
    }
}

/// Takes what is there.
fn take(socket: &UdpSocket, pieces: &mut [[u8; PIECE_MAX]]) -> Result<Vec<Datagram>> {
    let space = Some(own::space());
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(pieces.len(), space);
    let mut slices: Vec<_> = pieces
        .iter_mut()
        .map(|piece| [IoSliceMut::new(piece)])
        .collect();
    let flags = MsgFlags::MSG_DONTWAIT;
    let received = recvmmsg(
        socket.as_raw_fd(),
        &mut headers,
        slices.iter_mut(),
        flags,
        None,
    )?;
    let datagrams = received.filter_map(|message| {
        let bytes = message.iovs().next().unwrap_or_default().to_vec();
        Some((path(&message)?, bytes))
    });
    Ok(datagrams.collect())
}

fn path(message: &RecvMsg<SockaddrStorage>) -> Option<Path> {
    let peer = address(&message.address?)?;
    let own = own(message);
    Some(Path { own, peer })
}

/// Sends the first ones; how many.
fn give(socket: &UdpSocket, waiting: &[Datagram]) -> Result<usize> {
    let alike = |one: &Datagram, next: &Datagram| one.0 == next.0 && one.1.len() == next.1.len();
    let mut runs = waiting.chunk_by(alike);
    match runs.next() {
        Some(run) if run.len() > 1 => give_joined(socket, run.get(..BATCH_MAX).unwrap_or(run)),
        Some(run) => {
            let own = own_of(run);
            let alone = runs.take_while(|run| run.len() == 1 && own_of(run) == own);
            let alone = 1 + alone.count();
            give_each(
                socket,
                waiting.get(..alone.min(BATCH_MAX)).unwrap_or(waiting),
            )
        }
        None => Ok(0),
    }
}

/// Our address of the first one.
fn own_of(run: &[Datagram]) -> Option<IpAddr> {
    run.first().and_then(|(path, _)| path.own)
}

/// Sends datagrams of one path and one length as one that the kernel takes apart: most of what
/// sending costs is spent once.
fn give_joined(socket: &UdpSocket, run: &[Datagram]) -> Result<usize> {
    let slices: Vec<_> = run.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
    let first = run.first();
    let to = first.map(|(path, _)| SockaddrStorage::from(path.peer));
    let len = first.map_or(0, |(_, bytes)| bytes.len());
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    let source = Source::new(own_of(run));
    let mut messages = vec![ControlMessage::UdpGsoSegments(&len)];
    messages.extend(source.message());
    let flags = MsgFlags::MSG_DONTWAIT;
    match sendmsg(socket.as_raw_fd(), &slices, &messages, flags, to.as_ref()) {
        Ok(_) => Ok(run.len()),
        Err(Errno::EAGAIN) => Err(Errno::EAGAIN.into()),
        // Not every network can do this.
        Err(_) => give_each(socket, run),
    }
}

/// Sends datagrams from one address.
fn give_each(socket: &UdpSocket, batch: &[Datagram]) -> Result<usize> {
    let source = Source::new(own_of(batch));
    let mut headers = MultiHeaders::preallocate(batch.len(), source.space());
    let slices: Vec<_> = batch
        .iter()
        .map(|(_, bytes)| [IoSlice::new(bytes)])
        .collect();
    let peers = batch.iter().map(|(path, _)| Some(path.peer.into()));
    let peers: Vec<Option<SockaddrStorage>> = peers.collect();
    let messages: Vec<_> = source.message().into_iter().collect();
    let sent = sendmmsg(
        socket.as_raw_fd(),
        &mut headers,
        &slices,
        peers,
        messages,
        MsgFlags::MSG_DONTWAIT,
    )?;
    Ok(sent.count())
}

fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = from
        .as_sockaddr_in()
        .map(|v4| SocketAddrV4::from(*v4).into());
    v4.or_else(|| {
        from.as_sockaddr_in6()
            .map(|v6| SocketAddrV6::from(*v6).into())
    })
}

#[cfg(test)]
mod tests;
