//! Questions of somebody with a session, on their way to whoever answers them.

use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use session::server::Ticket;
use tokio::sync::{mpsc, oneshot};

/// One request that somebody with a session made, and that somebody must answer.
#[derive(Debug)]
pub struct Question {
    /// Whom it is for: the shelf manager, or a controller on IPMB-0.
    pub target: Target,
    /// Privilege level at which it is asked: 1 callback, 2 user, 3 operator, 4 administrator. The
    /// standard's table of privileges has been applied already.
    pub privilege: u8,
    /// The request.
    pub request: Request,
    /// Takes the answer. A request for a controller that could not be delivered is answered as
    /// [`session::server::Input::Answer`] says.
    pub reply: Reply,
}

/// Takes the answer to one question. Dropped, it answers "timeout".
#[derive(Debug)]
pub struct Reply(Way);

/// How an answer comes back to its asker.
#[derive(Debug)]
enum Way {
    /// With its ticket, among those to others.
    Shared(Ticket, mpsc::Sender<(Ticket, Response)>),
    /// Alone.
    Once(oneshot::Sender<Response>),
    /// It was given already.
    Done,
}

impl Reply {
    /// Answers; the error is the answer, when nobody takes it any more.
    pub fn send(mut self, response: Response) -> Result<(), Response> {
        self.answer(response)
    }

    /// Whether nobody takes the answer any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.0 {
            Way::Shared(_, answers) => answers.is_closed(),
            Way::Once(answer) => answer.is_closed(),
            Way::Done => true,
        }
    }

    fn answer(&mut self, response: Response) -> Result<(), Response> {
        match std::mem::replace(&mut self.0, Way::Done) {
            Way::Shared(ticket, answers) => {
                // There is a place for each question that was taken.
                let sent = answers.try_send((ticket, response));
                sent.map_err(|why| why.into_inner().1)
            }
            Way::Once(answer) => answer.send(response),
            Way::Done => Err(response),
        }
    }
}

/// For a question that somebody in this program has.
impl From<oneshot::Sender<Response>> for Reply {
    fn from(answer: oneshot::Sender<Response>) -> Self {
        Self(Way::Once(answer))
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        // Without a server there is nobody to answer.
        let _ = self.answer(CompletionCode::TIMEOUT.into());
    }
}

/// How many questions there may be.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many wait for whoever answers them.
    pub(crate) waiting_max: usize,
    /// How many are taken, but not answered yet, those of sessions that ended counted.
    pub(crate) open_max: usize,
}

/// The asker's end of all questions of one server.
///
/// Invariant: at most [`Limits::open_max`] questions are open, and no more answers wait.
pub(crate) struct Questions {
    limits: Limits,
    questions: mpsc::Sender<Question>,
    open: usize,
    answers: mpsc::Sender<(Ticket, Response)>,
    answered: mpsc::Receiver<(Ticket, Response)>,
}

impl Questions {
    /// Both ends.
    pub(crate) fn new(limits: Limits) -> (Self, mpsc::Receiver<Question>) {
        let (questions, asks) = mpsc::channel(limits.waiting_max);
        let (answers, answered) = mpsc::channel(limits.open_max);
        let questions = Self {
            limits,
            questions,
            open: 0,
            answers,
            answered,
        };
        (questions, asks)
    }

    /// Hands a question over; with too many, the answer is "node busy" at once.
    pub(crate) fn ask(
        &mut self,
        ticket: Ticket,
        (target, privilege): (Target, u8),
        request: Request,
    ) -> Option<(Ticket, Response)> {
        let busy = Some((ticket, CompletionCode::NODE_BUSY.into()));
        if self.open >= self.limits.open_max {
            return busy;
        }
        let Ok(place) = self.questions.try_reserve() else {
            return busy;
        };
        place.send(Question {
            target,
            privilege,
            request,
            reply: Reply(Way::Shared(ticket, self.answers.clone())),
        });
        self.open += 1;
        None
    }

    /// Waits for the next answer; `None` when nobody answers questions any more. Nothing is lost
    /// when the wait is given up.
    pub(crate) async fn answered(&mut self) -> Option<(Ticket, Response)> {
        tokio::select! {
            answer = self.answered.recv() => {
                self.open = self.open.saturating_sub(1);
                answer
            }
            () = self.questions.closed() => None,
        }
    }

    /// The next answer, if it is there.
    pub(crate) fn answered_already(&mut self) -> Option<(Ticket, Response)> {
        let answer = self.answered.try_recv().ok()?;
        self.open = self.open.saturating_sub(1);
        Some(answer)
    }
}

#[cfg(test)]
mod tests;
