//! Calls that the hardware answers.

use super::events::Logged;
use super::repeats::Reply;
use super::{Step, Then};
use crate::core::Core;
use hpi_domain::{SessionId, UserCall};
use hpi_model::HpiError;
use ipmi::message::{Request, Response};
use ipmi::port::Target;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::failed;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// How long a call may wait for the hardware, however often it has to be asked.
///
/// Choice: a controller that works answers in milliseconds; one that is silent is asked three times
/// in three seconds. Who waits behind others for it is told by then that there is no answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The shelf manager itself, as tools reach it: it knows more than the hardware at 20h, which is
/// another target.
pub(super) const OURSELVES: Target = Target::Ipmb(SHELF_MANAGER);
/// Address of the shelf manager. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
const SHELF_MANAGER: u8 = 0x20;

/// The hardware must be asked, once more or for the first time, for a call.
pub(crate) struct Again {
    target: Target,
    request: Request,
    then: Then,
    order: ByteOrder,
    reply: Reply,
    /// When whoever called is told that there is no answer.
    until: Instant,
}

/// What the core has to do for a call that waits.
#[derive(Debug)]
pub(crate) enum Later {
    /// Ask the hardware.
    Ask(Again),
    /// Log what came of it.
    Log((SessionId, UserCall), Logged),
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Again").field(&self.request).finish()
    }
}

impl Again {
    /// Asks for the first time.
    pub(super) fn first(
        (target, request): (Target, Request),
        then: Then,
        (order, reply): (ByteOrder, Reply),
    ) -> Self {
        let until = Instant::now() + PATIENCE;
        Self {
            target,
            request,
            then,
            order,
            reply,
            until,
        }
    }

    /// Waits for the answer, and goes on with it.
    async fn go_on(self, answered: oneshot::Receiver<Response>, later: mpsc::Sender<Later>) {
        let Ok(Ok(response)) = timeout_at(self.until, answered).await else {
            return self.give_up();
        };
        match (self.then)(response) {
            Step::Reply(payload) => self.reply.send(payload),
            Step::Ask(target, request, then) => {
                let step = Self {
                    target,
                    request,
                    then,
                    ..self
                };
                let _ = later.send(Later::Ask(step)).await;
            }
            Step::GoOn(after, (target, request), then) => {
                tokio::time::sleep(after).await;
                let step = Self::first((target, request), then, (self.order, self.reply));
                let _ = later.send(Later::Ask(step)).await;
            }
            Step::Log(session, call, finish) => {
                let (order, reply) = (self.order, self.reply);
                let logged = Logged {
                    order,
                    finish,
                    reply,
                };
                let _ = later.send(Later::Log((session, call), logged)).await;
            }
        }
    }

    fn give_up(self) {
        self.reply
            .send(failed(self.order, HpiError::NoResponse.code()));
    }
}

impl Core {
    /// Hands a question to the hardware, and its answer on.
    pub(super) fn hpi_hardware(&mut self, ask: Again) {
        let (asks, answered) = oneshot::channel();
        let question = (ask.target, ask.request.clone());
        if ask.target == OURSELVES {
            self.ask_ourselves(question, asks.into());
        } else {
            self.ask_hardware(question, asks.into());
        }
        let later = self.hpi.later.0.clone();
        tokio::spawn(ask.go_on(answered, later));
    }
}
