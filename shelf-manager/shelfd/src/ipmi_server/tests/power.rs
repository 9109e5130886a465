//! What the shelf's feeds are said to carry.

use super::*;
use ipmi::command::Command as _;
use ipmi::command::picmg::{GetPowerLevel, PowerLevel};
use ipmi::fru::MultiRecord;
use ipmi::fru::picmg::{FedFru, PicmgBody, PicmgRecord, PowerDistribution, PowerFeed};
use ipmi::message::{CompletionCode, Response};
use ipmi::wire::Counted;

const EVERY_FRU: u8 = 0xfe;

fn feed(frus: &[(u8, u8)]) -> PowerFeed {
    let frus = frus.iter().map(|&(address, fru_id)| FedFru {
        hardware_address: address >> 1,
        fru_id,
    });
    PowerFeed {
        external_current_max: 600,
        internal_current_max: 0xffff,
        voltage_min: 80,
        frus: Counted(frus.collect()),
    }
}

impl Shelf {
    /// Two boards on the first feed, one of them on the second too.
    fn fed() -> Self {
        let mut shelf = Self::discovered();
        let manager = shelf.appliance.shelf.controller(0x20).unwrap();
        let mut manager = manager.description.clone();
        let fru = manager.frus.iter_mut().find(|fru| fru.fru_id == 254);
        let fru = fru.unwrap();
        let mut inventory = ipmi::fru::decode(&fru.inventory).unwrap();
        let feeds = [
            feed(&[(0x82, EVERY_FRU), (0x84, EVERY_FRU), (0xfc, 0)]),
            feed(&[(0x84, 0)]),
        ];
        let body = PicmgBody::PowerDistribution(PowerDistribution {
            feeds: Counted(feeds.to_vec()),
        });
        let record = PicmgRecord { version: 0, body };
        inventory.records.push(MultiRecord::picmg(&record));
        fru.inventory = inventory.encode();
        shelf.log(Command::Observed(Observation::ControllerFound(manager)));
        shelf
    }

    /// Who is asked, and what is told then; the boards answer one after the other.
    fn allocation(&mut self, first: u8, answers: &[Response]) -> (Vec<u8>, Response) {
        let outcome = self.outcome(Target::ShelfManager, (NetFn::GROUP, 0x22, &[0, first]));
        let Outcome::Gather(mut gathering) = outcome else {
            panic!("{outcome:?}");
        };
        let mut asked = vec![];
        for answer in answers {
            let (target, request) = gathering.next().unwrap();
            let Target::Ipmb(address) = target else {
                panic!("{target:?}");
            };
            assert_eq!((request.command, &request.data[..]), (0x12, &[0, 0, 0][..]));
            asked.push(address);
            gathering.take(answer).unwrap();
        }
        assert_eq!(gathering.next(), None);
        (asked, self.memory.power.told(&gathering))
    }
}

fn draws(level: u8, multiplier: u8, draws: &[u8]) -> Response {
    GetPowerLevel::respond(&PowerLevel {
        properties: 0x80 | level,
        delay: 0,
        multiplier,
        draws: draws.to_vec(),
    })
}

// Each board is asked once, and counts on each of its feeds; the count tells of changes.
#[test]
fn feeds_carry_what_their_boards_say() {
    let mut shelf = Shelf::fed();
    let two = [draws(2, 10, &[5, 20]), draws(1, 1, &[33])];
    let (asked, told) = shelf.allocation(0, &two);
    assert_eq!(asked, [0x82, 0x84]);
    assert_eq!(told.data, [0, 1, 0, 24, 0, 4, 0]);
    assert_eq!(shelf.allocation(1, &two).1.data, [0, 1, 0, 4, 0]);
    let off = [draws(0, 10, &[5, 20]), CompletionCode::INVALID_FIELD.into()];
    assert_eq!(shelf.allocation(0, &off).1.data, [0, 2, 0, 0, 0, 0, 0]);
}

// A sum that somebody is missing from is not told; nor are feeds that are not there.
#[test]
fn what_is_not_known_is_not_told() {
    let mut shelf = Shelf::fed();
    let request = (NetFn::GROUP, 0x22, &[0, 0][..]);
    let Outcome::Gather(mut gathering) = shelf.outcome(Target::ShelfManager, request) else {
        panic!("boards are asked");
    };
    let silent = gathering.take(&CompletionCode::TIMEOUT.into());
    assert_eq!(silent, Err(CompletionCode::TIMEOUT));
    assert_eq!(shelf.ask(NetFn::GROUP, 0x22, &[0, 2]), (0xc9, vec![0]));
    let mut bare = Shelf::discovered();
    assert_eq!(bare.ask(NetFn::GROUP, 0x22, &[0, 0]), (0xcb, vec![0]));
    assert_eq!(bare.ask(NetFn::GROUP, 0x22, &[0]), (0xc7, vec![0]));
}
