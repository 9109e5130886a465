//! Datagrams, several at a time: one call of the kernel for all that wait, and one for all answers.

use crate::link::PIECE_MAX;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg, sendmsg,
};
use std::io::{IoSlice, IoSliceMut, Result};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Most datagrams that are taken, or sent, at once.
pub(super) const BATCH_MAX: usize = 32;

/// A datagram, and whose it is.
pub(super) type Datagram = (SocketAddr, Vec<u8>);

/// A socket, and what is to be sent through it.
pub(super) struct Datagrams {
    socket: UdpSocket,
    pieces: Vec<[u8; PIECE_MAX]>,
    outgoing: Vec<Datagram>,
}

impl Datagrams {
    pub(super) fn new(socket: UdpSocket) -> Self {
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
    pub(super) fn send(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.outgoing.push((to, bytes));
    }

    /// Sends all. Those to one address keep their order.
    pub(super) async fn flush(&mut self) {
        let Self {
            socket, outgoing, ..
        } = self;
        outgoing.sort_by_key(|(to, _)| *to);
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
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(pieces.len(), None);
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
        let from = address(&message.address?)?;
        Some((from, message.iovs().next().unwrap_or_default().to_vec()))
    });
    Ok(datagrams.collect())
}

/// Sends the first ones; how many.
fn give(socket: &UdpSocket, waiting: &[Datagram]) -> Result<usize> {
    let alike = |one: &Datagram, next: &Datagram| one.0 == next.0 && one.1.len() == next.1.len();
    let mut runs = waiting.chunk_by(alike);
    match runs.next() {
        Some(run) if run.len() > 1 => give_joined(socket, run.get(..BATCH_MAX).unwrap_or(run)),
        Some(_) => {
            let alone = 1 + runs.take_while(|run| run.len() == 1).count();
            give_each(
                socket,
                waiting.get(..alone.min(BATCH_MAX)).unwrap_or(waiting),
            )
        }
        None => Ok(0),
    }
}

/// Sends datagrams to one address, of one length, as one that the kernel takes apart: most of what
/// sending costs is spent once.
fn give_joined(socket: &UdpSocket, run: &[Datagram]) -> Result<usize> {
    let slices: Vec<_> = run.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
    let (to, len) = run
        .first()
        .map_or((None, 0), |(to, bytes)| (Some(*to), bytes.len()));
    let to = to.map(SockaddrStorage::from);
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    let cuts = [ControlMessage::UdpGsoSegments(&len)];
    let flags = MsgFlags::MSG_DONTWAIT;
    match sendmsg(socket.as_raw_fd(), &slices, &cuts, flags, to.as_ref()) {
        Ok(_) => Ok(run.len()),
        Err(Errno::EAGAIN) => Err(Errno::EAGAIN.into()),
        // Not every network can do this.
        Err(_) => give_each(socket, run),
    }
}

fn give_each(socket: &UdpSocket, batch: &[Datagram]) -> Result<usize> {
    let mut headers = MultiHeaders::preallocate(batch.len(), None);
    let slices: Vec<_> = batch
        .iter()
        .map(|(_, bytes)| [IoSlice::new(bytes)])
        .collect();
    let addresses = batch.iter().map(|(to, _)| Some(SockaddrStorage::from(*to)));
    let addresses: Vec<_> = addresses.collect();
    let flags = MsgFlags::MSG_DONTWAIT;
    let sent = sendmmsg(
        socket.as_raw_fd(),
        &mut headers,
        &slices,
        addresses,
        [],
        flags,
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
