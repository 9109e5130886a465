//! Annunciators.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, check, condition};
use hpi_domain::{Annunciator, AnnunciatorCall, Told, UserCall};
use hpi_model::{AnnunciatorMode, HpiError, ResourceId};
use openhpi_wire::function::*;
use openhpi_wire::types::Announcement;

answers! {
    AnnunciatorGetNext(it, call) => it.say(call, {
        let after = condition::after(call.announcement.entry, call.announcement.timestamp);
        annunciator(it, (call.resource, call.annunciator)).and_then(|found| {
            let severity = condition::any_severity(call.severity)?;
            let next = found.entries().next(after, severity, call.unacknowledged)?;
            Ok(condition::announcement(next))
        })
    });
    AnnunciatorGet(it, call) => it.say(call, {
        annunciator(it, (call.resource, call.annunciator)).and_then(|found| {
            let entry = found.entries().get(condition::one(call.entry)?);
            entry.map(condition::announcement).ok_or(HpiError::NotPresent)
        })
    });
    AnnunciatorAcknowledge(it, call) => log(it, (call, call.resource, call.annunciator), {
        condition::which(call.entry, call.severity).map(AnnunciatorCall::Acknowledge)
    });
    AnnunciatorAdd(it, call) => {
        let found = annunciator(it, (call.resource, call.annunciator));
        match found.and_then(|_| added(&call.announcement)) {
            Ok(user) => {
                let (id, announcement) = (ResourceId(call.resource), call.announcement.clone());
                let user = UserCall::Annunciator(id, call.annunciator, user);
                it.log_then::<Self>(user, move |told| with_id(announcement, &told))
            }
            Err(why) => it.say(call, Err(why)),
        }
    };
    AnnunciatorDelete(it, call) => log(it, (call, call.resource, call.annunciator), {
        condition::which(call.entry, call.severity).map(AnnunciatorCall::Delete)
    });
    AnnunciatorModeGet(it, call) => it.say(call, {
        annunciator(it, (call.resource, call.annunciator)).map(|found| found.mode.number())
    });
    AnnunciatorModeSet(it, call) => log(it, (call, call.resource, call.annunciator), {
        let mode = AnnunciatorMode::from_number(call.mode).ok_or(HpiError::InvalidParams);
        mode.map(AnnunciatorCall::ModeSet)
    });
}

fn annunciator<'a>(
    it: &Asked<'a>,
    (resource, num): (u32, u32),
) -> Result<&'a Annunciator, HpiError> {
    Ok(it.resource(resource)?.annunciator(num)?.1)
}

/// Replies once the log holds it. An annunciator that is not there is told before what is wrong
/// with the call.
fn log<F: Function<Reply = ()>>(
    it: &Asked<'_>,
    (call, resource, num): (&F, u32, u32),
    user: Result<AnnunciatorCall, HpiError>,
) -> Outcome {
    let found = annunciator(it, (resource, num));
    it.log(call, {
        found
            .and(user)
            .map(|user| UserCall::Annunciator(ResourceId(resource), num, user))
    })
}

/// Source: SAI-HPI-B.03.02, `saHpiAnnunciatorAdd`, return values.
fn added(announcement: &Announcement) -> Result<AnnunciatorCall, HpiError> {
    Ok(AnnunciatorCall::Add {
        severity: check::severity(announcement.severity)?,
        acknowledged: announcement.acknowledged,
        condition: condition::read(&announcement.condition)?.into(),
    })
}

fn with_id(announcement: Announcement, told: &Told) -> Announcement {
    match *told {
        Told::Added { id, time_ns } => Announcement {
            entry: id,
            timestamp: time_ns,
            added_by_user: true,
            ..announcement
        },
        Told::Done | Told::Later | Told::Entry(_) => announcement,
    }
}
