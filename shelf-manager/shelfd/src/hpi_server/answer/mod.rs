//! Which function is answered by whom: each group of functions in its own file.

use super::{Finish, Outcome, View, log, reply, resource};
use hpi_domain::{LogCall, ResourceCall, SessionId, SwitchCall, Told, UserCall};
use hpi_model::{Capabilities, HpiError, ResourceId};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::*;

/// What answers a call.
pub(super) struct Asked<'a> {
    view: View<'a>,
    order: ByteOrder,
    /// In which session; for `SessionOpen`, the id of the session that it opens.
    session: SessionId,
}

/// Answers a call. `fresh` is the id of a session, should one be opened.
pub(super) fn answer(view: View<'_>, order: ByteOrder, call: &Call, fresh: SessionId) -> Outcome {
    let session = call.session().map(SessionId);
    let is_open = |session| view.appliance.hpi.sessions().is_open(session);
    if session.is_some_and(|session| !is_open(session)) {
        return Outcome::Reply(failed(order, HpiError::InvalidSession.code()));
    }
    let session = session.unwrap_or(fresh);
    dispatch(
        &Asked {
            view,
            order,
            session,
        },
        call,
    )
}

/// A function that is answered.
trait Answered: Function {
    fn answer(&self, asked: &Asked<'_>) -> Outcome;
}

macro_rules! dispatches {
    ($($number:literal $name:ident { $($field:ident: $ty:ty),* } => $reply:ty;)*) => {
        fn dispatch(asked: &Asked<'_>, call: &Call) -> Outcome {
            match call {
                $(Call::$name(call) => call.answer(asked),)*
            }
        }
    };
}

openhpi_wire::all_functions!(dispatches);

impl<'a> Asked<'a> {
    /// Replies at once.
    fn say<F: Function>(&self, _: &F, result: Result<F::Reply, HpiError>) -> Outcome {
        Outcome::Reply(reply::<F>(self.order, &result))
    }

    /// Replies once the log holds it.
    fn log<F: Function<Reply = ()>>(&self, call: &F, user: Result<UserCall, HpiError>) -> Outcome {
        match user {
            Ok(user) => self.log_then::<F>(user, |_| ()),
            Err(why) => self.say(call, Err(why)),
        }
    }

    /// Replies once the log holds it, with what came of it.
    fn log_then<F: Function>(
        &self,
        user: UserCall,
        then: impl FnOnce(Told) -> F::Reply + Send + 'static,
    ) -> Outcome {
        let order = self.order;
        let finish: Finish = Box::new(move |told| reply::<F>(order, &Ok(then(told))));
        Outcome::Log(self.session, user, finish)
    }

    /// Logs something about an event log.
    fn log_log<F: Function<Reply = ()>>(
        &self,
        (call, id): (&F, u32),
        user: Result<LogCall, HpiError>,
    ) -> Outcome {
        let user = log::of(self.view, id).and(user);
        self.log(
            call,
            user.map(|user| UserCall::EventLog(ResourceId(id), user)),
        )
    }

    /// Logs something about a resource.
    fn log_resource<F: Function<Reply = ()>>(
        &self,
        (call, id): (&F, u32),
        user: Result<ResourceCall, HpiError>,
    ) -> Outcome {
        let of_resource = |user| UserCall::Resource(ResourceId(id), user);
        self.log(call, user.map(of_resource))
    }

    /// Logs something that is to be done with a resource.
    fn log_switch<F: Function<Reply = ()>>(
        &self,
        (call, id): (&F, u32),
        user: Result<SwitchCall, HpiError>,
    ) -> Outcome {
        let of_resource = |user| UserCall::Switch(ResourceId(id), user);
        self.log(call, user.map(of_resource))
    }

    fn resource(&self, id: u32) -> Result<&'a hpi_domain::Resource, HpiError> {
        resource::find(self.view, id)
    }

    /// A resource whose hot swap is managed.
    fn managed(&self, id: u32) -> Result<&'a hpi_domain::Resource, HpiError> {
        let resource = self.resource(id)?;
        let capabilities = resource.rpt.capabilities;
        match capabilities.has(Capabilities::MANAGED_HOTSWAP) {
            true => Ok(resource),
            false => Err(HpiError::Capability),
        }
    }
}

/// Declares how functions are answered.
macro_rules! answers {
    ($($name:ident($asked:ident, $call:ident) => $outcome:expr;)*) => { $(
        impl Answered for $name {
            fn answer(&self, $asked: &Asked<'_>) -> Outcome {
                let $call = self;
                $outcome
            }
        }
    )* };
}

mod alarm;
mod annunciator;
mod configuration;
mod dimi;
mod domain;
mod events;
mod fumi;
mod hot_swap;
mod instrument;
mod inventory;
mod openhpi;
mod watchdog;
