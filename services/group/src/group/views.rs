//! Views: how they begin, and end.

use super::{Effect, Group, Out, Standing};
use crate::decide::{Agreed, Decision, Promise, State, decide, superseded};
use crate::transfer::Incoming;
use crate::view::View;
use crate::{Content, Member, Message, NodeId, RingId};
use alloc::collections::BTreeSet;

impl Group {
    pub(super) fn config(
        &mut self,
        ring: RingId,
        (members, nodes): (&BTreeSet<Member>, &BTreeSet<NodeId>),
        out: &mut Out<'_>,
    ) {
        self.view.changed(ring, members, self.is_needed());
        self.count = 0;
        self.nodes.clone_from(nodes);
        self.halt(out);
        self.speak(out);
    }

    /// Nobody is heard any more, and whatever happened meanwhile is not known when somebody is.
    pub(super) fn disconnected(&mut self, out: &mut Out<'_>) {
        self.view = View::default();
        self.nodes.clear();
        self.halt(out);
        self.is_frozen = false;
    }

    /// Whether nobody can have gone on with the log without this member.
    pub(super) fn is_needed(&self) -> bool {
        self.is_primary() && !self.is_frozen && self.ledger.holders().contains(&self.node())
    }

    pub(super) fn quorum(&mut self, ring: RingId, quorate: bool, out: &mut Out<'_>) {
        let was_direct = self.view.is_direct();
        let is_news = self.view.verdict(ring, quorate);
        // A verdict on a ring that has gone may be what this view waits for.
        let is_late_news = self.view.is_direct() != was_direct && self.is_deciding();
        if is_news || is_late_news {
            self.speak(out);
        }
    }

    /// Whether what the members say is still to decide what becomes of the view.
    fn is_deciding(&self) -> bool {
        let waits = matches!(self.phase, Standing::Forming | Standing::Awaits(_));
        waits && self.agreed.is_none()
    }

    /// Tells the view where this member stands, once it knows whether the ring is quorate.
    pub(super) fn speak(&mut self, out: &mut Out<'_>) {
        let Some(quorate) = self.view.is_quorate() else {
            return;
        };
        self.is_frozen = !quorate;
        let required = State::required(&self.ledger, &self.options.configured);
        let state = State {
            view: self.view.id(),
            round: self.view.round(),
            quorate,
            role: self.options.role,
            position: self.ledger.position(),
            required,
            promised: self.promised.clone(),
            known: self.known,
            direct: self.view.is_direct(),
            forced: self.view.is_forced(),
            renounces: self.renounces,
            held: self.held,
            time: out.now,
            since: self.started.filter(|_| !self.is_superseded),
        };
        out.say(&Message::State(state));
    }

    pub(super) fn spoke(&mut self, from: Member, state: State, out: &mut Out<'_>) {
        if !self.view.spoke(from, state) {
            return;
        }
        let has_begun = matches!(
            self.phase,
            Standing::Primary { .. } | Standing::CatchingUp { .. }
        );
        if has_begun || self.agreed.is_some() {
            return self.new_round(out);
        }
        self.decide(out);
    }

    /// Somebody said what cannot be read.
    pub(super) fn strange(&mut self, from: Member, out: &mut Out<'_>) {
        if self.view.is_strange(from) && self.is_deciding() {
            self.decide(out);
        }
    }

    /// Decides what becomes of the view, once all have spoken.
    fn decide(&mut self, out: &mut Out<'_>) {
        let Some(states) = self.view.all_states() else {
            return;
        };
        self.superseded = superseded(states);
        self.is_superseded |= self.superseded.contains(&self.options.member);
        if self.is_superseded {
            self.phase = Standing::Superseded;
            return;
        }
        match decide(states) {
            Decision::NotQuorate => self.phase = Standing::NotQuorate,
            Decision::Awaits(missing) => self.phase = Standing::Awaits(missing),
            Decision::Primary(agreed) => {
                self.phase = Standing::Forming;
                if !agreed.in_sync.contains(&self.options.member) {
                    self.view.left_behind();
                }
                if agreed.keepers.contains(&self.options.member) {
                    let promise = self.promise(agreed.epoch, &agreed.holders);
                    self.known = promise.epoch;
                    self.promising = Some(promise.clone());
                    out.push(Effect::Promise(promise));
                }
                self.agreed = Some(agreed);
            }
        }
    }

    /// Where members stood when the view began says nothing any more: all speak anew.
    pub(super) fn new_round(&mut self, out: &mut Out<'_>) {
        self.view.new_round(self.is_needed());
        self.halt(out);
        self.speak(out);
    }

    /// What is to be promised before a view begins.
    ///
    /// While the entry that began the view before is not on this member's disk, what was promised
    /// then must not be forgotten: with the loss of power, the promise is all that is left of it.
    pub(super) fn promise(&self, epoch: u64, holders: &BTreeSet<NodeId>) -> Promise {
        let mut holders = holders.clone();
        if self.synced < self.begun {
            holders.extend(&self.promised.holders);
        }
        Promise { epoch, holders }
    }

    /// The promise that the view waits for is on disk.
    pub(super) fn promised(&mut self, epoch: u64, out: &mut Out<'_>) {
        if let Some(promise) = self.promising.take_if(|it| it.epoch == epoch) {
            self.promised = promise;
            out.say(&Message::Promise { epoch });
        }
    }

    pub(super) fn others_promise(&mut self, from: Member, epoch: u64, out: &mut Out<'_>) {
        let Some(agreed) = self.agreed.as_mut().filter(|it| it.epoch == epoch) else {
            return;
        };
        agreed.keepers.remove(&from);
        if agreed.keepers.is_empty()
            && let Some(agreed) = self.agreed.take()
        {
            self.begin(agreed, out);
        }
    }

    /// The view is primary.
    pub(super) fn begin(&mut self, agreed: Agreed, out: &mut Out<'_>) {
        let is_out = |it: &Member| self.superseded.contains(it) || self.view.is_stranger(*it);
        let members = self.view.members().iter().filter(|it| !is_out(it));
        let members: BTreeSet<Member> = members.copied().collect();
        let behind = members.difference(&agreed.in_sync).copied().collect();
        self.giving.begin(behind);
        let is_in_sync = agreed.in_sync.contains(&self.options.member);
        if !is_in_sync || agreed.from != self.ledger.position() {
            return self.fall_behind(&agreed, out);
        }
        let Agreed {
            epoch,
            from,
            holders,
            time,
            ..
        } = agreed;
        self.incoming = Incoming::default();
        self.phase = Standing::Primary { epoch };
        self.begun = from.index + 1;
        if holders.contains(&self.node()) {
            self.held = epoch;
        }
        self.acked = None;
        self.promises.restart(&holders, self.begun);
        self.outbox.restart(self.ledger.seen(self.node()));
        let nodes = members.iter().map(|member| member.node);
        let others = nodes.filter(|node| !holders.contains(node)).collect();
        let content = Content::Primary {
            epoch,
            holders,
            others,
            nodes: self.nodes.clone(),
        };
        self.append(&content, time, out);
    }

    /// The view orders nothing any more.
    pub(super) fn halt(&mut self, out: &mut Out<'_>) {
        if self.is_primary() && !self.is_frozen {
            self.say_promised(out);
        }
        self.phase = Standing::Forming;
        (self.agreed, self.promising) = (None, None);
        self.giving.stop();
        self.incoming.stop();
        self.parts.clear();
    }
}
