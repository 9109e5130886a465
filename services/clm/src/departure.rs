//! Leaving in order: `Validate` and `Start`, asked for by PLM or by an administrator.

use crate::{Clm, Effect, Steps, TRACKERS_MAX, TrackerId};
use ais::Dn;
use ais::clm::{ChangeStep, ClusterChange, LeaveCause, Track, TrackResponse};
use ais::plm;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};

/// Choice: how long trackers may take where the node does not say; a lock must not wait for ever.
const LOCK_TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);

/// Who wants the nodes to leave, and so must learn what the trackers said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// PLM, in its step with this invocation.
    Platform(Option<u64>),
    /// An administrator locks the node.
    Lock(u64),
    /// An administrator shuts the node down.
    Shutdown(u64),
}

/// One step that trackers still have to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Departure {
    pub(crate) origin: Origin,
    pub(crate) step: ChangeStep,
    pub(crate) nodes: Vec<Dn>,
    pub(crate) awaiting: BTreeSet<TrackerId>,
    /// When the trackers' time is up; `None` while they may take as long as they need.
    pub(crate) deadline: Option<Time>,
    /// The worst answer so far.
    pub(crate) verdict: TrackResponse,
}

impl Clm {
    /// One step of a readiness change of execution environments.
    pub(crate) fn platform(&mut self, at: Pos, track: &plm::Track, effects: &mut Vec<Effect>) {
        let leaving = self.leaving_nodes(track);
        match track.step {
            plm::ChangeStep::Validate | plm::ChangeStep::Start => {
                let step = if track.step == plm::ChangeStep::Validate {
                    ChangeStep::Validate
                } else {
                    ChangeStep::Start
                };
                self.begin(
                    at,
                    (Origin::Platform(track.invocation), step),
                    leaving,
                    effects,
                );
            }
            plm::ChangeStep::Aborted => self.abort(&self.members_of(track), effects),
            plm::ChangeStep::Completed => self.platform_completed(at, track, effects),
        }
    }

    /// Members whose execution environment is about to leave service.
    fn leaving_nodes(&self, track: &plm::Track) -> Vec<Dn> {
        let leaving = track
            .entities
            .iter()
            .filter(|entity| entity.expected == plm::ReadinessState::OutOfService);
        let nodes = leaving.filter_map(|entity| self.node_of(&entity.ee));
        let members = nodes.filter(|dn| self.nodes[*dn].member.is_some());
        members.cloned().collect()
    }

    /// Members that a change is about, whatever becomes of them: what is aborted leaves readiness
    /// as it is, so the readiness expected then says nothing.
    fn members_of(&self, track: &plm::Track) -> Vec<Dn> {
        let nodes = track
            .entities
            .iter()
            .filter_map(|entity| self.node_of(&entity.ee));
        let members = nodes.filter(|dn| self.nodes[*dn].member.is_some());
        members.cloned().collect()
    }

    fn platform_completed(&mut self, at: Pos, track: &plm::Track, effects: &mut Vec<Effect>) {
        let (mut planned, mut failed, mut up) = (Vec::new(), Vec::new(), Vec::new());
        for entity in &track.entities {
            let in_service = match entity.expected {
                plm::ReadinessState::InService => true,
                plm::ReadinessState::OutOfService => false,
                plm::ReadinessState::Stopping => continue, // Still serves; its `Start` comes.
            };
            if in_service {
                self.ready.insert(entity.ee.clone());
            } else {
                self.ready.remove(&entity.ee);
            }
            let Some(dn) = self.node_of(&entity.ee).cloned() else {
                continue;
            };
            let node = self.nodes.get_mut(&dn).expect("just found by its name");
            if in_service {
                node.up = node.up.or(Some(at.time));
                up.push(dn);
            } else if track.cause.is_orderly() {
                node.up = None;
                planned.push(dn);
            } else {
                node.up = None;
                failed.push(dn);
            }
        }
        self.leave_all(at, &failed, LeaveCause::Failure, effects);
        self.leave_all(at, &planned, LeaveCause::Planned, effects);
        for dn in planned.iter().chain(&failed) {
            self.call_off(at, dn, effects);
        }
        self.join_all(at, &up, effects);
    }

    /// Asks the trackers that take part in this step; with none, the step is over at once.
    pub(crate) fn begin(
        &mut self,
        at: Pos,
        (origin, step): (Origin, ChangeStep),
        nodes: Vec<Dn>,
        effects: &mut Vec<Effect>,
    ) {
        let takes_part = |steps: &Steps| match step {
            ChangeStep::Validate => steps.validate,
            ChangeStep::Start => steps.start,
            ChangeStep::Aborted | ChangeStep::Completed => false,
        };
        let trackers = self.trackers.iter().filter(|(_, steps)| takes_part(steps));
        let awaiting: BTreeSet<TrackerId> = trackers.map(|(tracker, _)| *tracker).collect();
        let departure = Departure {
            deadline: self.supervision(at, &origin, &nodes),
            origin,
            step,
            nodes,
            awaiting,
            verdict: TrackResponse::Ok,
        };
        if departure.nodes.is_empty() || departure.awaiting.is_empty() {
            return self.conclude(at, departure, effects);
        }
        self.invocation_last += 1;
        let track = Track {
            invocation: Some(self.invocation_last),
            step,
            view: self.view,
            nodes: self.node_changes(
                &departure.nodes,
                (ClusterChange::Left, Some(LeaveCause::Planned)),
            ),
        };
        self.tell(departure.awaiting.iter().copied(), &track, effects);
        self.departures.insert(self.invocation_last, departure);
    }

    /// A lock waits for `saClmNodeLockCallbackTimeout`; PLM supervises its own steps; a shutdown
    /// waits.
    fn supervision(&self, at: Pos, origin: &Origin, nodes: &[Dn]) -> Option<Time> {
        let Origin::Lock(_) = origin else {
            return None;
        };
        let node = self.nodes.get(nodes.first()?)?;
        let configured = node.lock_timeout.map(Duration::from_nanos);
        Some(at.time.after(configured.unwrap_or(LOCK_TIMEOUT_DEFAULT)))
    }

    /// A tracker answers. An answer that nobody waits for is ignored.
    pub(crate) fn respond(
        &mut self,
        at: Pos,
        (tracker, invocation): (TrackerId, u64),
        response: TrackResponse,
        effects: &mut Vec<Effect>,
    ) {
        let Some(departure) = self.departures.get_mut(&invocation) else {
            return;
        };
        if !departure.awaiting.remove(&tracker) {
            return;
        }
        let ends_it = response != TrackResponse::Ok;
        departure.verdict = departure.verdict.max(response);
        if !ends_it && !departure.awaiting.is_empty() {
            return;
        }
        if let Some(departure) = self.departures.remove(&invocation) {
            self.conclude(at, departure, effects);
        }
    }

    /// All have answered, one has rejected, or the time is up.
    fn conclude(&mut self, at: Pos, departure: Departure, effects: &mut Vec<Effect>) {
        match departure.origin {
            Origin::Platform(Some(invocation)) => effects.push(Effect::PlatformResponse {
                invocation,
                response: match departure.verdict {
                    TrackResponse::Ok => plm::TrackResponse::Ok,
                    TrackResponse::Rejected => plm::TrackResponse::Rejected,
                    TrackResponse::Error => plm::TrackResponse::Error,
                },
            }),
            Origin::Platform(None) => {}
            Origin::Lock(_) | Origin::Shutdown(_) => self.admin_concluded(at, departure, effects),
        }
    }

    /// The departure of these nodes was called off after `Validate`.
    pub(crate) fn abort(&mut self, nodes: &[Dn], effects: &mut Vec<Effect>) {
        // An administrator's own departure of the same node goes on.
        self.departures.retain(|_, departure| {
            !matches!(departure.origin, Origin::Platform(_))
                || !departure.nodes.iter().any(|dn| nodes.contains(dn))
        });
        if nodes.is_empty() {
            return;
        }
        let track = Track {
            invocation: None,
            step: ChangeStep::Aborted,
            view: self.view,
            nodes: self.node_changes(nodes, (ClusterChange::NoChange, None)),
        };
        let asked = self.trackers.iter().filter(|(_, steps)| steps.validate);
        self.tell(asked.map(|(tracker, _)| *tracker), &track, effects);
    }

    /// The node has left meanwhile, for a reason of its own: nobody needs to be asked any more.
    pub(crate) fn call_off(&mut self, at: Pos, dn: &Dn, effects: &mut Vec<Effect>) {
        let concerned = self.departures.iter().filter(|(_, d)| d.nodes.contains(dn));
        let invocations: Vec<u64> = concerned.map(|(invocation, _)| *invocation).collect();
        for invocation in invocations {
            if let Some(departure) = self.departures.remove(&invocation) {
                self.conclude(at, departure, effects);
            }
        }
    }

    /// Trackers that let their time pass count as failed.
    pub(crate) fn expire(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let late = |departure: &Departure| departure.deadline.is_some_and(|by| by <= at.time);
        let expired = self.departures.iter().filter(|(_, d)| late(d));
        let invocations: Vec<u64> = expired.map(|(invocation, _)| *invocation).collect();
        for invocation in invocations {
            if let Some(mut departure) = self.departures.remove(&invocation) {
                departure.verdict = TrackResponse::Error;
                self.conclude(at, departure, effects);
            }
        }
    }

    pub(crate) fn subscribe(&mut self, tracker: TrackerId, steps: Steps) {
        if self.trackers.len() < TRACKERS_MAX || self.trackers.contains_key(&tracker) {
            self.trackers.insert(tracker, steps);
        }
    }

    pub(crate) fn unsubscribe(&mut self, at: Pos, tracker: TrackerId, effects: &mut Vec<Effect>) {
        if tracker == TrackerId::AMF {
            return;
        }
        self.trackers.remove(&tracker);
        let owing: Vec<u64> = self.departures.keys().copied().collect();
        for invocation in owing {
            self.respond(at, (tracker, invocation), TrackResponse::Ok, effects);
        }
    }
}
