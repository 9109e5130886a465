//! Whether a member's program can go on with the log.

use super::{Do, Member, Ownership};
use crate::{Command, Unfit};
use alloc::vec::Vec;

impl Member {
    /// What this member tells the log before anything else, once it has started.
    pub fn software(&self) -> Command {
        Command::Software(self.program.software())
    }

    /// Why this member takes no part any more.
    pub fn unfit(&self) -> Option<Unfit> {
        self.unfit
    }

    /// Whether the version of the rules is another one than that with which the disk begins: then
    /// everybody shall begin from the present state.
    ///
    /// Choice: a program need not know more than two versions. One that begins from a state of the
    /// older and follows entries to one above the newer would be asked for three, and no program
    /// could go on with such a journal, nor with entries of others that lead so far.
    pub fn is_outdated(&self) -> bool {
        self.applies() && self.kept != self.appliance.redundancy.version()
    }

    /// The disk begins with the present state.
    pub fn renewed(&mut self) {
        self.kept = self.appliance.redundancy.version();
    }

    /// Whether this program can run the rules that the log goes on by; else it is over.
    pub(super) fn fits(&mut self, todo: &mut Vec<Do>) -> bool {
        let version = self.appliance.redundancy.version();
        self.kept = self.kept.or(version);
        match version.filter(|version| !self.program.runs(*version)) {
            Some(version) => {
                self.leave(Unfit::Version(version), todo);
                false
            }
            None => true,
        }
    }

    /// This program cannot go on. What it has not carried out yet it never does, as one that died:
    /// the audit of the next view has it done.
    pub(super) fn leave(&mut self, why: Unfit, todo: &mut Vec<Do>) {
        self.unfit = Some(why);
        self.unstable.clear();
        self.answers.clear();
        self.stuck = None;
        if self.owns.is_some() {
            self.own(Ownership::Lost, todo);
        }
        todo.push(Do::Unfit(why));
    }

    /// Tells the log what this member runs, where it is not what the log has of it.
    pub(super) fn tell_software(&self, todo: &mut Vec<Do>) {
        let known = self.known().and_then(|it| it.software.as_ref());
        if self.is_primary() && self.applies() && known != Some(&self.program.software()) {
            todo.push(Do::Submit(self.software()));
        }
    }

    /// What the log has of this member.
    pub(super) fn known(&self) -> Option<&redundancy::Member> {
        let mut members = self.appliance.redundancy.members();
        members.find(|(id, _)| *id == self.me).map(|(_, it)| it)
    }

    /// Whether it applies what the log gets.
    pub(super) fn applies(&self) -> bool {
        self.stuck.is_none() && self.spoilt.is_none() && self.unfit.is_none()
    }
}
