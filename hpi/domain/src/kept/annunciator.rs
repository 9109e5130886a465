//! Annunciators: what calls for people's attention.
//!
//! What the implementation announces by itself are the alarms of the domain alarm table.
//! Source: SAI-HPI-B.03.02, `SaHpiAnnouncementT`, `saHpiAnnunciator…`.

use crate::alarm::AlarmTable;
use crate::entries::{Entries, Which, is_of};
use crate::{Domain, Out, Resource, Told, time_ns};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use hpi_model::instrument::AnnunciatorRec;
use hpi_model::{
    Announcement, AnnunciatorMode, Capabilities, Condition, HpiError, Instrument, RdrType,
    ResourceId, Severity,
};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most announcements of one annunciator; its record may allow fewer.
pub const ANNOUNCEMENTS_MAX: u32 = 256;

/// A call that changes an annunciator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnnunciatorCall {
    /// `saHpiAnnunciatorAcknowledge`.
    Acknowledge(Which),
    /// `saHpiAnnunciatorAdd`.
    Add {
        /// How bad.
        severity: Severity,
        /// Whether somebody has seen it already.
        acknowledged: bool,
        /// Why it is there.
        condition: Box<Condition>,
    },
    /// `saHpiAnnunciatorDelete`.
    Delete(Which),
    /// `saHpiAnnunciatorModeSet`.
    ModeSet(AnnunciatorMode),
}

/// What an annunciator announces.
///
/// Invariant: `of_alarms` names announcements that are there, and `dismissed` none of its alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annunciator {
    /// Who may add and delete announcements.
    pub mode: AnnunciatorMode,
    entries: Entries<Announcement>,
    /// Announcements by the alarm that each stands for.
    of_alarms: BTreeMap<u32, u32>,
    /// Alarms whose announcement a user deleted.
    dismissed: BTreeSet<u32>,
}

impl Annunciator {
    /// One that announces nothing yet.
    pub(crate) fn new(mode: AnnunciatorMode) -> Self {
        Self {
            mode,
            entries: Entries::default(),
            of_alarms: BTreeMap::new(),
            dismissed: BTreeSet::new(),
        }
    }

    /// Its announcements, in the order in which they were added.
    pub fn entries(&self) -> &Entries<Announcement> {
        &self.entries
    }

    fn call(
        &mut self,
        call: &AnnunciatorCall,
        (rec_max, at): (usize, Time),
    ) -> Result<Told, HpiError> {
        match call {
            AnnunciatorCall::Acknowledge(which) => {
                self.entries.acknowledge(*which)?;
            }
            AnnunciatorCall::Add { .. } | AnnunciatorCall::Delete(_)
                if self.mode == AnnunciatorMode::Auto =>
            {
                return Err(HpiError::ReadOnly);
            }
            AnnunciatorCall::Add {
                severity,
                acknowledged,
                condition,
            } => {
                if self.entries.len() >= rec_max {
                    return Err(HpiError::OutOfSpace);
                }
                let time_ns = time_ns(at);
                let added = self.entries.add(|id| Announcement {
                    id,
                    time_ns,
                    by_user: true,
                    severity: *severity,
                    acknowledged: *acknowledged,
                    condition: condition.as_ref().clone(),
                });
                let id = added.ok_or(HpiError::OutOfSpace)?.id;
                return Ok(Told::Added { id, time_ns });
            }
            AnnunciatorCall::Delete(which) => self.delete(*which)?,
            AnnunciatorCall::ModeSet(mode) => self.set_mode(*mode),
        }
        Ok(Told::Done)
    }

    /// Choice: what a user deletes is not announced again while its alarm lasts.
    fn delete(&mut self, which: Which) -> Result<(), HpiError> {
        if let Which::One(id) = which {
            self.entries.get(id).ok_or(HpiError::NotPresent)?;
        }
        self.entries.retain(|entry| match which {
            Which::One(id) => entry.id != id,
            Which::All(severity) => !is_of(severity, entry.severity),
        });
        let Self {
            entries,
            of_alarms,
            dismissed,
            ..
        } = self;
        of_alarms.retain(|alarm, id| {
            let stays = entries.get(*id).is_some();
            if !stays {
                dismissed.insert(*alarm);
            }
            stays
        });
        Ok(())
    }

    /// Choice: in automatic mode there is what the implementation announces, and all of that:
    /// nobody could delete what users had added.
    fn set_mode(&mut self, mode: AnnunciatorMode) {
        self.mode = mode;
        if mode == AnnunciatorMode::Auto {
            self.entries.retain(|entry| !entry.by_user);
            self.dismissed.clear();
        }
    }

    /// Announces the alarms that there are, and no others, unless all of it is the users' matter.
    ///
    /// Choice: alarms that find no place wait until there is one. Who has seen an alarm has seen
    /// its announcement.
    fn follow(&mut self, alarms: &AlarmTable, (rec_max, at): (usize, Time)) {
        if self.mode == AnnunciatorMode::User {
            return;
        }
        let is_alarm = |alarm: u32| alarms.entries().get(alarm).is_some();
        let Self {
            entries, of_alarms, ..
        } = self;
        of_alarms.retain(|alarm, id| {
            let stays = is_alarm(*alarm);
            if !stays {
                entries.remove(*id);
            }
            stays
        });
        self.dismissed.retain(|alarm| is_alarm(*alarm));
        for alarm in alarms.entries().iter() {
            if let Some(id) = self.of_alarms.get(&alarm.id) {
                if let Some(entry) = self.entries.get_mut(*id) {
                    entry.acknowledged |= alarm.acknowledged;
                }
                continue;
            }
            if self.dismissed.contains(&alarm.id) || self.entries.len() >= rec_max {
                continue;
            }
            let added = self.entries.add(|id| Announcement {
                id,
                time_ns: time_ns(at),
                by_user: false,
                severity: alarm.severity,
                acknowledged: alarm.acknowledged,
                condition: alarm.condition.clone(),
            });
            if let Some(added) = added {
                self.of_alarms.insert(alarm.id, added.id);
            }
        }
    }
}

/// How many announcements an annunciator takes.
fn max(rec: &AnnunciatorRec) -> usize {
    let max = match rec.max_conditions {
        0 => ANNOUNCEMENTS_MAX,
        max => max.min(ANNOUNCEMENTS_MAX),
    };
    usize::try_from(max).unwrap_or(usize::MAX)
}

impl Resource {
    /// An annunciator, with its record.
    pub fn annunciator(&self, num: u32) -> Result<(&AnnunciatorRec, &Annunciator), HpiError> {
        if !self.rpt.capabilities.has(Capabilities::ANNUNCIATOR) {
            return Err(HpiError::Capability);
        }
        let rdr = self.rdr_of(RdrType::Annunciator, num);
        let kept = self.kept.annunciators.get(&num);
        match (rdr.map(|rdr| &rdr.instrument), kept) {
            (Some(Instrument::Annunciator(rec)), Some(kept)) => Ok((rec, kept)),
            (_, _) => Err(HpiError::NotPresent),
        }
    }
}

impl Domain {
    pub(crate) fn annunciator_call(
        &mut self,
        (id, num): (ResourceId, u32),
        call: &AnnunciatorCall,
        out: &Out<'_>,
    ) -> Result<Told, HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let (rec, _) = resource.annunciator(num)?;
        let (max, is_fixed) = (max(rec), rec.mode_read_only);
        if is_fixed && matches!(call, AnnunciatorCall::ModeSet(_)) {
            return Err(HpiError::ReadOnly);
        }
        let kept = resource.kept.annunciators.get_mut(&num);
        let kept = kept.ok_or(HpiError::NotPresent)?;
        let told = kept.call(call, (max, out.at.time))?;
        kept.follow(&self.alarms, (max, out.at.time));
        Ok(told)
    }

    /// Lets all annunciators follow the alarms, where those or annunciators may be others now.
    pub(crate) fn announce(&mut self, touched: &[ResourceId], at: Time) {
        let mut touched = touched.iter().filter_map(|id| self.resources.get(id));
        let is_touched = touched.any(|it| !it.kept.annunciators.is_empty());
        if !self.alarms.is_news() && !is_touched {
            return;
        }
        for resource in self.resources.values_mut() {
            for (num, kept) in &mut resource.kept.annunciators {
                let mut recs = resource
                    .rdrs
                    .iter()
                    .filter_map(|rdr| match &rdr.instrument {
                        Instrument::Annunciator(rec) => Some(rec),
                        Instrument::Control(_)
                        | Instrument::Sensor(_)
                        | Instrument::Inventory(_)
                        | Instrument::Watchdog(_)
                        | Instrument::Dimi(_)
                        | Instrument::Fumi(_) => None,
                    });
                if let Some(rec) = recs.find(|rec| rec.num == *num) {
                    kept.follow(&self.alarms, (max(rec), at));
                }
            }
        }
    }
}
