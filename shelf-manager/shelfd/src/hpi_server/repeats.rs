//! The replies to calls that a client may repeat, see [`appliance::hpi::Repeats`].

use super::answer::answer;
use super::events::NO_SESSION;
use super::{Outcome, Payload};
use crate::core::Core;
use appliance::{Clocks, hpi};
use hpi_domain::{DoneCall, Mark, SessionId, Told};
use hpi_model::HpiError;
use hpi_server::ConnectionId;
use machine::Time;
use openhpi_wire::function::{Call, OK, failed, gives_nothing};
use openhpi_wire::{ByteOrder, changes};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Most connections that wait for what comes of one call: it can only be repeated so often.
const WAITING_MAX: usize = 4;

/// Takes the payload of a reply, and keeps it as long as it may be asked for once more.
#[derive(Debug)]
pub(crate) struct Reply {
    client: oneshot::Sender<Payload>,
    kept: Option<Arc<Mutex<Came>>>,
}

/// What came of a call.
#[derive(Debug)]
enum Came {
    /// Nothing yet: these wait for it.
    Nothing(Vec<oneshot::Sender<Payload>>),
    /// This reply.
    Reply(Payload),
    /// The log has it.
    Logged(Result<Told, HpiError>),
}

impl Reply {
    /// To a call that nobody needs to repeat.
    pub(super) fn once(client: oneshot::Sender<Payload>) -> Self {
        Self { client, kept: None }
    }

    /// Replies. A client that is gone does not need it, but may come back.
    pub(super) fn send(self, payload: Payload) {
        if let Some(kept) = &self.kept {
            let mut came = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut *came, Came::Reply(payload.clone()));
            if let Came::Nothing(waiting) = before {
                for client in waiting {
                    let _ = client.send(payload.clone());
                }
            }
        }
        let _ = self.client.send(payload);
    }
}

/// A call that comes in.
pub(super) struct Coming<'a> {
    pub(super) connection: ConnectionId,
    /// Whether its connection is new.
    pub(super) is_first: bool,
    pub(super) session: Option<SessionId>,
    pub(super) order: ByteOrder,
    pub(super) function: u32,
    pub(super) payload: &'a [u8],
}

impl Coming<'_> {
    /// What is the same when the call is repeated, and only then.
    fn digest(&self) -> [u8; 16] {
        let order = u8::from(self.order == ByteOrder::Little);
        let hash = Sha256::new()
            .chain_update([order])
            .chain_update(self.function.to_le_bytes())
            .chain_update(self.payload)
            .finalize();
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash[..16]);
        digest
    }
}

/// What is to be done about a call.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is new. Where it changes something, the log is to know it by the mark.
    New(Reply, Option<Mark>),
    /// It is repeated, and this is what came of it.
    Known(Result<Told, HpiError>, Reply),
    /// It is repeated, and answered.
    Answered,
}

/// Calls that may be repeated.
#[derive(Debug, Default)]
pub(super) struct Repeats(hpi::Repeats<Arc<Mutex<Came>>>);

impl Repeats {
    /// `done` is what the log held when this program started, or began to serve the shelf.
    pub(super) fn new<'a>(
        done: impl Iterator<Item = (SessionId, &'a DoneCall)>,
        clocks: Clocks,
    ) -> Self {
        Self(hpi::Repeats::new(done, clocks, logged))
    }

    /// From now on this program serves the shelf; another one may have done so until now.
    pub(super) fn take_over<'a>(
        &mut self,
        done: impl Iterator<Item = (SessionId, &'a DoneCall)>,
        clocks: Clocks,
    ) {
        let is_pending = |came: &Arc<Mutex<Came>>| {
            let came = came.lock().unwrap_or_else(PoisonError::into_inner);
            matches!(*came, Came::Nothing(_))
        };
        self.0.take_over(done, clocks, (logged, is_pending));
    }

    /// Takes a call in.
    pub(super) fn take(
        &mut self,
        coming: &Coming<'_>,
        client: oneshot::Sender<Payload>,
        now: Time,
    ) -> Taken {
        let ConnectionId(connection) = coming.connection;
        let (Some(session), true) = (coming.session, changes(coming.function)) else {
            self.0.called(connection);
            return Taken::New(Reply::once(client), None);
        };
        let call = hpi::Coming {
            connection,
            is_first: coming.is_first,
            session,
            digest: coming.digest(),
        };
        let fresh = Arc::new(Mutex::new(Came::Nothing(Vec::new())));
        match self.0.take(&call, Arc::clone(&fresh), now) {
            hpi::Taken::New(mark) => {
                let kept = Some(fresh);
                Taken::New(Reply { client, kept }, Some(mark))
            }
            hpi::Taken::Again(came) => again(came, client),
        }
    }

    /// A connection ended: the reply to its last call may not have arrived.
    pub(super) fn closed(&mut self, ConnectionId(connection): ConnectionId, now: Time) {
        self.0.closed(connection, now);
    }
}

fn logged(done: &DoneCall) -> Arc<Mutex<Came>> {
    Arc::new(Mutex::new(Came::Logged(done.result.clone())))
}

/// Answers a call that is repeated, or lets it wait until the first one is answered.
fn again(came: Arc<Mutex<Came>>, client: oneshot::Sender<Payload>) -> Taken {
    let mut locked = came.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *locked {
        Came::Nothing(waiting) if waiting.len() >= WAITING_MAX => drop(client),
        Came::Nothing(waiting) => waiting.push(client),
        // A client that is gone again may come back once more.
        Came::Reply(payload) => drop(client.send(payload.clone())),
        Came::Logged(result) => {
            let result = result.clone();
            drop(locked);
            let kept = Some(came);
            return Taken::Known(result, Reply { client, kept });
        }
    }
    Taken::Answered
}

impl Core {
    /// Answers a call that was carried out before this program started.
    pub(super) fn hpi_recall(
        &mut self,
        (order, function): (ByteOrder, u32),
        call: &Call,
        (result, reply): (Result<Told, HpiError>, Reply),
    ) {
        let told = match result {
            Ok(told) => told,
            Err(why) => return reply.send(failed(order, why.code())),
        };
        reply.send(match answer(self.hpi_view(), order, call, NO_SESSION) {
            Outcome::Log(_, _, finish) => finish(told),
            // It would be refused now, because it was carried out.
            Outcome::Reply(_) if gives_nothing(function) => failed(order, OK),
            Outcome::Reply(payload) => payload,
            Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Event(..) => {
                failed(order, HpiError::Error.code())
            }
        });
    }
}

#[cfg(test)]
mod tests;
