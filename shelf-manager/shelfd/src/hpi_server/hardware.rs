//! Calls that the hardware answers.

use super::events::Logged;
use super::repeats::Reply;
use super::{Step, Then, ThenBoth};
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
    asking: Asking,
    caller: Caller,
}

/// What it is asked, and how the call goes on then.
enum Asking {
    One(Request, Then),
    Both([Request; 2], ThenBoth),
}

/// Its answers on their way, and how the call goes on then.
enum Waiting {
    One(oneshot::Receiver<Response>, Then),
    Both([oneshot::Receiver<Response>; 2], ThenBoth),
}

/// Who waits.
struct Caller {
    order: ByteOrder,
    reply: Reply,
    /// When it is told that there is no answer.
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
        let requests = match &self.asking {
            Asking::One(request, _) => std::slice::from_ref(request),
            Asking::Both(requests, _) => requests,
        };
        f.debug_tuple("Again").field(&requests).finish()
    }
}

impl Again {
    /// Asks for the first time.
    pub(super) fn first(
        (target, request): (Target, Request),
        then: Then,
        caller: (ByteOrder, Reply),
    ) -> Self {
        Self::begin(target, Asking::One(request, then), caller)
    }

    /// Asks two things for the first time.
    pub(super) fn first_both(
        (target, requests): (Target, [Request; 2]),
        then: ThenBoth,
        caller: (ByteOrder, Reply),
    ) -> Self {
        Self::begin(target, Asking::Both(requests, then), caller)
    }

    fn begin(target: Target, asking: Asking, (order, reply): (ByteOrder, Reply)) -> Self {
        let until = Instant::now() + PATIENCE;
        let caller = Caller {
            order,
            reply,
            until,
        };
        Self {
            target,
            asking,
            caller,
        }
    }
}

impl Waiting {
    /// How the call goes on; `None` where there is no answer.
    async fn step(self) -> Option<Step> {
        match self {
            Self::One(answer, then) => Some(then(answer.await.ok()?)),
            Self::Both([first, second], then) => {
                Some(then([first.await.ok()?, second.await.ok()?]))
            }
        }
    }
}

impl Caller {
    /// Waits for what the hardware says, and goes on with it.
    async fn go_on(self, waiting: Waiting, later: mpsc::Sender<Later>) {
        let Ok(Some(step)) = timeout_at(self.until, waiting.step()).await else {
            let silence = failed(self.order, HpiError::NoResponse.code());
            return self.reply.send(silence);
        };
        let next = match step {
            Step::Reply(payload) => return self.reply.send(payload),
            Step::Ask(target, request, then) => self.again(target, Asking::One(request, then)),
            Step::AskBoth(target, requests, then) => {
                self.again(target, Asking::Both(requests, then))
            }
            Step::GoOn(after, (target, request), then) => {
                tokio::time::sleep(after).await;
                let caller = (self.order, self.reply);
                Later::Ask(Again::first((target, request), then, caller))
            }
            Step::Log(session, call, finish) => {
                let (order, reply) = (self.order, self.reply);
                let logged = Logged {
                    order,
                    finish,
                    reply,
                };
                Later::Log((session, call), logged)
            }
        };
        let _ = later.send(next).await;
    }

    fn again(self, target: Target, asking: Asking) -> Later {
        Later::Ask(Again {
            target,
            asking,
            caller: self,
        })
    }
}

impl Core {
    /// Hands questions to the hardware, and what it says on.
    pub(super) fn hpi_hardware(&mut self, ask: Again) {
        let waiting = match ask.asking {
            Asking::One(request, then) => {
                Waiting::One(self.hpi_question(ask.target, request), then)
            }
            Asking::Both(requests, then) => {
                let answers = requests.map(|request| self.hpi_question(ask.target, request));
                Waiting::Both(answers, then)
            }
        };
        let later = self.hpi.later.0.clone();
        tokio::spawn(ask.caller.go_on(waiting, later));
    }

    fn hpi_question(&mut self, target: Target, request: Request) -> oneshot::Receiver<Response> {
        let (asks, answered) = oneshot::channel();
        if target == OURSELVES {
            self.ask_ourselves((target, request), asks.into());
        } else {
            self.ask_hardware((target, request), asks.into());
        }
        answered
    }
}
