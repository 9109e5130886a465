//! Two CMMs on which entries bring out defects, in any order of crashes, snapshots and views.

use crate::{CRASHES_MAX, Command, Do, Member, OLDEST, Program, Replay, VERSION};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use group::{Content, Event, Standing};
use machine::log::Entry;
use machine::{NodeId, Pos, Time};
use redundancy::Software;

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// What a CMM has on its disk, and made of it.
struct Cmm {
    member: Member,
    snapshot: Option<(usize, Vec<u8>)>,
    /// Entries that it has, and those of them that it was told of.
    told: usize,
    epoch: u64,
    crashes: BTreeMap<u64, u32>,
}

/// Both of them, and their log.
struct Pair {
    log: Vec<Entry>,
    cmms: BTreeMap<NodeId, Cmm>,
    /// Entries that end the process of one of them.
    defects: BTreeSet<(NodeId, u64)>,
    /// What they asked for, and is not in the log yet.
    asked: VecDeque<(NodeId, Command)>,
    epoch: u64,
    random: u64,
    spoilt: u32,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let cmm = |id| Cmm {
            member: Member::new(id, Program::this()),
            snapshot: None,
            told: 0,
            epoch: 0,
            crashes: BTreeMap::new(),
        };
        let mut pair = Self {
            log: Vec::new(),
            cmms: CMMS.map(|id| (id, cmm(id))).into(),
            defects: BTreeSet::new(),
            asked: VecDeque::new(),
            epoch: 0,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            spoilt: 0,
        };
        pair.view(None);
        pair
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % n
    }

    fn add(&mut self, content: &Content) -> u64 {
        let index = self.log.len() as u64 + 1;
        let time = Time(index * 1_000);
        let pos = Pos { index, time };
        let command = content.encode();
        self.log.push(Entry { pos, command });
        index
    }

    fn command(&mut self, from: NodeId, command: &Command) -> u64 {
        let number = self.log.len() as u64;
        let command = command.encode();
        self.add(&Content::Command {
            from,
            number,
            command,
        })
    }

    /// A view begins. A CMM that is spoilt, or is far behind, is given the state of the other one,
    /// if that has one.
    fn view(&mut self, behind: Option<NodeId>) {
        self.catch_up();
        let is_spoilt = |id: &NodeId| self.cmms[id].member.spoilt().is_some();
        let spoilt: Option<NodeId> = CMMS.into_iter().find(is_spoilt);
        let needy = spoilt.or(behind);
        self.epoch += 1;
        self.add(&Content::Primary {
            epoch: self.epoch,
            holders: CMMS.into_iter().filter(|id| Some(*id) != needy).collect(),
            others: needy.into_iter().collect(),
            nodes: CMMS.into(),
        });
        self.catch_up();
        if let Some(id) = needy {
            let giver = &self.cmms[&NodeId(3 - id.0)];
            let (at, state) = (giver.told, giver.member.snapshot());
            let Some(state) = state.filter(|_| at == self.log.len()) else {
                return;
            };
            let pos = self.log[at - 1].pos;
            let epoch = self.epoch;
            let cmm = self.cmms.get_mut(&id).unwrap();
            let given = Event::Install(pos, state.clone());
            cmm.member.take(given, &mut Vec::new());
            (cmm.snapshot, cmm.told, cmm.epoch) = (Some((at, state)), at, epoch);
        }
    }

    /// All are told of all entries.
    fn catch_up(&mut self) {
        for id in CMMS {
            while self.cmms[&id].told < self.log.len() {
                self.tell(id);
            }
            let epoch = self.epoch;
            let cmm = self.cmms.get_mut(&id).unwrap();
            cmm.epoch = epoch;
            let mut todo = Vec::new();
            let primary = Standing::Primary { epoch };
            cmm.member.take(Event::Standing(primary), &mut todo);
            self.done(id, todo);
        }
    }

    /// A CMM is told of the next entry.
    fn tell(&mut self, id: NodeId) {
        let cmm = self.cmms.get_mut(&id).unwrap();
        let Some(entry) = self.log.get(cmm.told).cloned() else {
            return;
        };
        cmm.told += 1;
        let event = Event::Entry(entry);
        let applies = cmm.member.would_apply(&event);
        if let Some(index) = applies.filter(|index| self.defects.contains(&(id, *index))) {
            *cmm.crashes.entry(index).or_default() += 1;
            return self.restart(id);
        }
        let mut todo = Vec::new();
        cmm.member.take(event, &mut todo);
        self.done(id, todo);
    }

    fn done(&mut self, id: NodeId, todo: Vec<Do>) {
        for it in &todo {
            if let Do::Submit(command @ Command::Quarantine { .. }) = it {
                self.asked.push_back((id, command.clone()));
            }
        }
        if todo.contains(&Do::Rebuild) {
            self.restart(id);
        }
    }

    /// A process starts with what its disk has; what ends it in that ends it too often.
    fn restart(&mut self, id: NodeId) {
        if self.below(2) == 0 {
            self.asked.retain(|(from, _)| *from != id);
        }
        let cmm = self.cmms.get_mut(&id).unwrap();
        let from = cmm.snapshot.as_ref().map_or(0, |(at, _)| *at);
        loop {
            let tried = core::cell::RefCell::new(Vec::new());
            let crashes: Vec<(u64, u32)> = cmm.crashes.iter().map(|it| (*it.0, *it.1)).collect();
            let held = Replay {
                snapshot: cmm.snapshot.as_ref().map(|(_, state)| state.as_slice()),
                entries: &self.log[from..cmm.told],
                crashes: &crashes,
                watch: &|index| tried.borrow_mut().push(index),
            };
            cmm.member = Member::replay(id, Program::this(), held).unwrap();
            let tried = tried.into_inner();
            let mut bad = tried.iter().filter(|it| self.defects.contains(&(id, **it)));
            match bad.next() {
                Some(index) => cmm.crashes.insert(*index, CRASHES_MAX),
                None => break,
            };
        }
        self.spoilt += u32::from(cmm.member.spoilt().is_some());
    }

    fn snapshot(&mut self, id: NodeId) {
        let cmm = self.cmms.get_mut(&id).unwrap();
        if let Some(state) = cmm.member.snapshot() {
            cmm.snapshot = Some((cmm.told, state));
        }
    }

    /// What was asked for first gets its place.
    fn grant(&mut self) {
        if let Some((from, command)) = self.asked.pop_front() {
            self.command(from, &command);
        }
    }

    fn happen(&mut self) {
        let id = CMMS[usize::try_from(self.below(2)).unwrap()];
        match self.below(40) {
            0..16 => self.tell(id),
            16..24 => {
                let text = alloc::format!("{}", self.log.len());
                let software = Software {
                    text,
                    machines_min: OLDEST,
                    machines_max: VERSION,
                };
                let index = self.command(id, &Command::Software(software));
                if self.below(4) == 0 {
                    self.defects.insert((id, index));
                }
            }
            24..30 => self.snapshot(id),
            30 => self.restart(id),
            31 => self.view(None),
            32 => self.view(Some(id)),
            _ => self.grant(),
        }
        let stands = |id: &NodeId| {
            let cmm = &self.cmms[id];
            cmm.told == self.log.len() && cmm.member.spoilt().is_some()
        };
        assert!(!CMMS.iter().all(stands), "both need the other one's state");
    }
}

/// Whatever comes between, one of the two has a state that the other one can take; and once nothing
/// happens any more, both have the same.
#[test]
fn one_always_has_a_state_to_give() {
    let mut spoilt = 0;
    for seed in 0..200 {
        let mut pair = Pair::new(seed);
        for _ in 0..300 {
            pair.happen();
        }
        for _ in 0..20 {
            while !pair.asked.is_empty() {
                pair.grant();
                pair.catch_up();
            }
            pair.view(None);
        }
        let states = CMMS.map(|id| pair.cmms[&id].member.snapshot());
        assert!(states[0].is_some(), "seed {seed}");
        assert_eq!(states[0], states[1], "seed {seed}");
        spoilt += pair.spoilt;
    }
    assert!(spoilt > 100, "it never came to it");
}
