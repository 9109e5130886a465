//! Switches: an operator, or the health of the active CMM, wants another one to be active.
//!
//! Source: Intel MPCMM0001 CMM software TPS (273888-007) §3.6.

use crate::members::Member;
use crate::{CALM, Effect, Event, HOLD, LINE_TIMEOUT, Obstacle, Out, Redundancy, Why};
use core::time::Duration;
use machine::{NodeId, Time};
use serde::{Deserialize, Serialize};

/// Under which condition a standby becomes active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// It is as healthy as the active one, and its software is not older: `failover -v 1`.
    SameOrNewer,
    /// It is as healthy as the active one, whatever it runs: `failover -v any`.
    AnyVersion,
    /// It is in step. Choice: one that is not could not know what it owns, and is refused.
    Forced,
}

/// Why a standby did not become active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// There is no such standby.
    NoStandby,
    /// It is active.
    AlreadyActive,
    /// Something keeps it from taking over.
    Obstacle(Obstacle),
    /// It has more major or minor events than the active one.
    LessHealthy,
    /// Its software is older.
    Older,
    /// Another switch is under way.
    Busy,
    /// The arbitration line did not move.
    LineStuck,
}

impl Refusal {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoStandby => "there is no such standby",
            Self::AlreadyActive => "it is active already",
            Self::Obstacle(obstacle) => obstacle.text(),
            Self::LessHealthy => "it is less healthy than the active one",
            Self::Older => "it runs older software than the active one",
            Self::Busy => "another switch is under way",
            Self::LineStuck => "the arbitration line did not move",
        }
    }
}

/// A switch that waits for the arbitration line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moving {
    to: NodeId,
    why: Why,
    /// Who waits for an answer.
    tag: Option<u64>,
    pub(crate) until: Time,
}

/// What keeps a healthier CMM from taking over by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hold {
    /// Nothing.
    None,
    /// There was a switch, or a try: nothing before this.
    Until(Time),
    /// An operator wanted it so, by force, and knew what the other one was like: nothing before the
    /// active CMM tells something else of its health.
    News,
}

impl Hold {
    pub(crate) fn until(self) -> Option<Time> {
        match self {
            Self::Until(time) => Some(time),
            Self::None | Self::News => None,
        }
    }

    pub(crate) fn pass(&mut self, now: Time) {
        if self.until().is_some_and(|until| until <= now) {
            *self = Self::None;
        }
    }

    pub(crate) fn news(&mut self, now: Time) {
        if *self == Self::News {
            *self = Self::Until(now.after(HOLD));
        }
    }

    /// Another CMM is active than the operator wanted.
    pub(crate) fn over(&mut self) {
        if *self == Self::News {
            *self = Self::None;
        }
    }

    fn holds(self, now: Time) -> bool {
        match self {
            Self::None => false,
            Self::Until(until) => until > now,
            Self::News => true,
        }
    }
}

impl Redundancy {
    pub(crate) fn switch(
        &mut self,
        tag: u64,
        to: Option<NodeId>,
        condition: Condition,
        out: &mut Out<'_>,
    ) {
        let to = to.or_else(|| self.healthiest());
        match self.may_switch(to, condition) {
            Ok(to) => {
                let forced = condition == Condition::Forced;
                let why = if forced { Why::Forced } else { Why::Operator };
                self.begin(to, why, Some(tag), out);
            }
            Err(why) => {
                out.event(Event::Refused { to, why });
                let result = Err(why);
                out.push(Effect::Answer { tag, result });
            }
        }
    }

    fn may_switch(&self, to: Option<NodeId>, condition: Condition) -> Result<NodeId, Refusal> {
        if self.moving.is_some() {
            return Err(Refusal::Busy);
        }
        let to = to.ok_or(Refusal::NoStandby)?;
        if self.active == Some(to) {
            return Err(Refusal::AlreadyActive);
        }
        if self.others.contains(&to) {
            return Err(Refusal::Obstacle(Obstacle::NotInStep));
        }
        if !self.holders.contains(&to) {
            return Err(Refusal::NoStandby);
        }
        if condition != Condition::Forced {
            self.is_fit(to, condition)?;
        }
        Ok(to)
    }

    fn is_fit(&self, to: NodeId, condition: Condition) -> Result<(), Refusal> {
        let active = self.active.and_then(|active| self.members.get(&active));
        let (Some(active), Some(standby)) = (active, self.members.get(&to)) else {
            return Err(Refusal::NoStandby);
        };
        let (active_health, health) = (active.or_healthy(), standby.or_healthy());
        let shared = active_health.obstacles();
        let own = health.obstacles();
        if let Some(obstacle) = own.difference(&shared).next() {
            return Err(Refusal::Obstacle(*obstacle));
        }
        if health.score() > active_health.score() {
            return Err(Refusal::LessHealthy);
        }
        if condition == Condition::SameOrNewer && standby.is_older_than(active) {
            return Err(Refusal::Older);
        }
        Ok(())
    }

    /// The standby with the fewest obstacles and the best score, the first of several.
    fn healthiest(&self) -> Option<NodeId> {
        self.standbys().min_by_key(|cmm| {
            let health = self.members.get(cmm).map(Member::or_healthy);
            let health = health.unwrap_or_default();
            (health.obstacles().len(), health.score())
        })
    }

    /// A healthier standby takes over, unless somebody just has. It must have told how it is.
    pub(crate) fn heal(&mut self, out: &mut Out<'_>) {
        if self.moving.is_some() || self.hold.holds(out.now) {
            return;
        }
        let health = |cmm: NodeId| self.members.get(&cmm)?.health.as_ref();
        let Some(active) = self.active.and_then(health) else {
            return;
        };
        let better = |cmm: &NodeId| health(*cmm).is_some_and(|own| own.is_better_than(active));
        if let Some(to) = self.healthiest().filter(better) {
            self.begin(to, Why::Health, None, out);
        }
    }

    /// Where there is a line, it moves first.
    fn begin(&mut self, to: NodeId, why: Why, tag: Option<u64>, out: &mut Out<'_>) {
        self.hold = match why {
            Why::Forced => Hold::News,
            Why::Health => Hold::Until(out.now.after(self.pause(out.now))),
            Why::First | Why::Line | Why::Left | Why::Operator => Hold::Until(out.now.after(HOLD)),
        };
        if self.line.is_some_and(|holder| holder != to) {
            let until = out.now.after(LINE_TIMEOUT);
            self.moving = Some(Moving {
                to,
                why,
                tag,
                until,
            });
            out.push(Effect::Line { to });
            return;
        }
        self.hand_to(to, why, out);
        if let Some(tag) = tag {
            out.push(Effect::Answer {
                tag,
                result: Ok(()),
            });
        }
    }

    /// How long there is no other switch by health after this one.
    fn pause(&mut self, now: Time) -> Duration {
        let restless = self.healed.filter(|(at, _)| now.since(*at) < CALM);
        let before = restless.map_or(0, |(_, before)| before + 1);
        self.healed = Some((now, before));
        let times = 1_u32.checked_shl(before).unwrap_or(u32::MAX);
        HOLD.saturating_mul(times).min(CALM)
    }

    /// Whether the line is where a switch wanted it, which is over with that.
    pub(crate) fn arrived(&mut self, out: &mut Out<'_>) -> bool {
        let line = self.line;
        let Some(moving) = self.moving.take_if(|moving| line == Some(moving.to)) else {
            return false;
        };
        self.hand_to(moving.to, moving.why, out);
        if let Some(tag) = moving.tag {
            out.push(Effect::Answer {
                tag,
                result: Ok(()),
            });
        }
        true
    }

    /// In a new view, a switch goes on when it still makes sense: the order may have been lost.
    pub(crate) fn move_on(&mut self, out: &mut Out<'_>) {
        let Some(to) = self.moving.as_ref().map(|moving| moving.to) else {
            return;
        };
        if self.active == Some(to) {
            self.end_move(Ok(()), out);
        } else if self.holders.contains(&to) {
            out.push(Effect::Line { to });
        } else {
            self.end_move(Err(Refusal::NoStandby), out);
        }
    }

    pub(crate) fn line_stuck(&mut self, out: &mut Out<'_>) {
        if self.moving.as_ref().is_some_and(|m| m.until <= out.now) {
            // A try by health has its pause already.
            let until = out.now.after(HOLD);
            self.hold = Hold::Until(self.hold.until().unwrap_or(until).max(until));
            self.end_move(Err(Refusal::LineStuck), out);
        }
    }

    fn end_move(&mut self, result: Result<(), Refusal>, out: &mut Out<'_>) {
        let Some(moving) = self.moving.take() else {
            return;
        };
        if let Err(why) = result {
            let to = Some(moving.to);
            out.event(Event::Refused { to, why });
        }
        if let Some(tag) = moving.tag {
            out.push(Effect::Answer { tag, result });
        }
    }
}
