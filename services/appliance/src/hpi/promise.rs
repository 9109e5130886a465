//! What the answer to a call of HPI's waits for.

use hpi_domain::UserCall;

/// What an answer promises of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// The failure of one CMM cannot lose it.
    Stable,
    /// Nor can the loss of power.
    Durable,
}

impl Promise {
    /// What the answer to this call promises.
    ///
    /// Choice: a session, and whether it is subscribed, outlives programs and CMMs. Should all of
    /// these lose their power at once, the client opens another one; so nobody waits for a disk
    /// who opens or closes one.
    pub fn of(call: &UserCall) -> Self {
        match call {
            UserCall::SessionOpen
            | UserCall::SessionClose
            | UserCall::Subscribe
            | UserCall::Unsubscribe => Self::Stable,
            UserCall::EventTaken(_)
            | UserCall::EventAdd(..)
            | UserCall::DomainTagSet(_)
            | UserCall::EventLog(..)
            | UserCall::Alarm(_)
            | UserCall::Annunciator(..)
            | UserCall::SensorEnables(..)
            | UserCall::Resource(..)
            | UserCall::AutoInsertTimeoutSet(_)
            | UserCall::Switch(..)
            | UserCall::Instrument(..)
            | UserCall::Repeatable(..)
            | UserCall::ParameterSet(_)
            | UserCall::Inject(_) => Self::Durable,
        }
    }
}
