//! Changes of inventories against a device that does what it is asked, and against worse ones.

use super::{CHUNK, Change, DEVICE_BUSY, Edits, WRITE_PROTECTED, start};
use crate::hpi_server::{Outcome, Step};
use hpi_domain::{FruAddress, InventoryCall, ResourceCall, SessionId, Told, UserCall};
use hpi_model::{AreaType, FieldType, HpiError, ResourceId, TextBuffer};
use ipmi::command::Command;
use ipmi::command::storage::{
    FruAreaInfo, FruData, FruWritten, GetFruAreaInfo, ReadFruData, WriteFruData,
};
use ipmi::fru::{self, Area, Board};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ipmi::text::Text;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{Function, IdrAreaAdd};

const FRU: FruAddress = FruAddress {
    address: 0x82,
    fru_id: 3,
};

fn refused(code: CompletionCode) -> Response {
    Response {
        code,
        data: Vec::new(),
    }
}

/// A FRU device.
struct Device {
    bytes: Vec<u8>,
    in_words: bool,
    /// Each write is refused so often before it is done.
    busy: u8,
    refused: u8,
    /// Writes that are done before the device refuses all others.
    writes_left: usize,
    /// What was asked.
    log: Vec<String>,
}

impl Device {
    fn new() -> Self {
        let inventory = fru::Inventory {
            board: Some(Area::ok(Board {
                serial_number: Text::latin1("S1"),
                ..Board::default()
            })),
            ..fru::Inventory::default()
        };
        let mut bytes = inventory.encode();
        bytes.resize(256, 0);
        Self {
            bytes,
            in_words: false,
            busy: 0,
            refused: 0,
            writes_left: usize::MAX,
            log: Vec::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        let unit = if self.in_words { 2 } else { 1 };
        if GetFruAreaInfo::is(request) {
            return GetFruAreaInfo::respond(&FruAreaInfo {
                size: 256,
                access: u8::from(self.in_words),
            });
        }
        if let Ok(read) = ReadFruData::read_request(request) {
            let from = usize::from(read.offset) * unit;
            let data = self.bytes[from..][..usize::from(read.count) * unit].to_vec();
            assert!(data.len() <= CHUNK);
            let count = read.count;
            return ReadFruData::respond(&FruData { count, data });
        }
        let write = WriteFruData::read_request(request).unwrap();
        assert_eq!(write.fru_id, FRU.fru_id);
        if self.refused < self.busy {
            self.refused += 1;
            return refused(DEVICE_BUSY);
        }
        if self.writes_left == 0 {
            return refused(WRITE_PROTECTED);
        }
        (self.refused, self.writes_left) = (0, self.writes_left - 1);
        let offset = usize::from(write.offset) * unit;
        self.log.push(format!("{} at {offset}", write.data.len()));
        self.bytes[offset..][..write.data.len()].copy_from_slice(&write.data);
        let count = u8::try_from(write.data.len() / unit).unwrap();
        WriteFruData::respond(&FruWritten { count })
    }

    fn board(&self) -> Board {
        let board = fru::decode(&self.bytes).unwrap().board.unwrap();
        assert_eq!(board.integrity, fru::Integrity::Ok);
        board.content
    }

    /// Carries out a call: what is logged, and the reply.
    fn change(
        &mut self,
        edits: &Edits,
        call: InventoryCall,
    ) -> (Option<Vec<u8>>, Result<u32, i32>) {
        let change = Change {
            session: SessionId(1),
            order: ByteOrder::Little,
            resource: ResourceId(5),
            fru: FRU,
            call,
            told: Box::new(|id| IdrAreaAdd::reply(ByteOrder::Little, &id)),
        };
        let mut outcome = start(edits, Target::Ipmb(0x82), change);
        for _ in 0..1_000 {
            match outcome {
                Outcome::Ask(Target::Ipmb(0x82), request, then) => {
                    outcome = Outcome::from(then(self.answer(&request)));
                }
                Outcome::Log(SessionId(1), call, finish) => {
                    let UserCall::Resource(ResourceId(5), ResourceCall::InventoryWritten(bytes)) =
                        call
                    else {
                        panic!("{call:?}");
                    };
                    return (Some(bytes), told(&finish(Told::Done)));
                }
                Outcome::Reply(payload) => return (None, told(&payload)),
                Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Log(..) | Outcome::Event(..) => {
                    panic!("another's")
                }
            }
        }
        panic!("it ends");
    }
}

fn told(payload: &[u8]) -> Result<u32, i32> {
    IdrAreaAdd::read_reply(ByteOrder::Little, payload).unwrap()
}

fn serial(serial: &str) -> InventoryCall {
    InventoryCall::FieldSet {
        area: 2,
        id: 4,
        kind: FieldType::SerialNumber,
        value: TextBuffer::english(serial),
    }
}

/// The area goes to free bytes, then the header names it, then it is read back and logged.
#[test]
fn a_field_is_set() {
    for (in_words, busy) in [(false, 0), (true, 0), (false, 7)] {
        let mut device = Device {
            in_words,
            busy,
            ..Device::new()
        };
        let (logged, told) = device.change(&Edits::default(), serial("another serial number"));
        assert_eq!(told, Ok(4));
        assert_eq!(device.board().serial_number.text(), "another serial number");
        assert_eq!(device.log, ["16 at 24", "16 at 40", "8 at 56", "8 at 0"]);
        let logged = logged.unwrap();
        assert_eq!(logged, device.bytes[..logged.len()]);
        assert_eq!(logged.len(), 64);
    }
}

/// Whenever the device stops to take writes, the board says what it said before, and all are told.
#[test]
fn a_change_that_fails_leaves_the_old_inventory() {
    for writes_left in 0..4 {
        let mut device = Device {
            writes_left,
            ..Device::new()
        };
        let before = device.board();
        let (logged, told) = device.change(&Edits::default(), serial("another serial number"));
        assert_eq!(told, Err(HpiError::ReadOnly.code()));
        assert_eq!(device.board(), before);
        assert!(logged.is_some(), "what is there is logged");
    }
}

/// What cannot be done touches nothing; a device that is always busy is given up.
#[test]
fn a_change_is_refused() {
    let mut device = Device::new();
    let again = InventoryCall::AreaAdd(AreaType::BoardInfo, Some(2));
    let refused = device.change(&Edits::default(), again);
    assert_eq!(refused, (None, Err(HpiError::Duplicate.code())));
    assert!(device.log.is_empty());
    device.busy = u8::MAX;
    let (_, told) = device.change(&Edits::default(), serial("S2"));
    assert_eq!(told, Err(HpiError::Busy.code()));
}

/// Two do not write at the same time; who ends, however it ends, makes place for the next.
#[test]
fn one_at_a_time() {
    let edits = Edits::default();
    let mut device = Device::new();
    let held = edits.hold(FRU).unwrap();
    let refused = device.change(&edits, serial("S2"));
    assert_eq!(refused, (None, Err(HpiError::Busy.code())));
    drop(held);
    assert_eq!(device.change(&edits, serial("S2")).1, Ok(4));
    device.writes_left = 0;
    assert!(device.change(&edits, serial("S3")).1.is_err());
    device.writes_left = usize::MAX;
    assert_eq!(device.change(&edits, serial("S4")).1, Ok(4));
}

/// A controller that does not know inventories, or stops to answer.
#[test]
fn no_device() {
    let change = Change {
        session: SessionId(1),
        order: ByteOrder::Little,
        resource: ResourceId(5),
        fru: FRU,
        call: serial("S2"),
        told: Box::new(|id| IdrAreaAdd::reply(ByteOrder::Little, &id)),
    };
    let Outcome::Ask(_, _, then) = start(&Edits::default(), Target::Ipmb(0x82), change) else {
        panic!("the device is asked");
    };
    let Step::Reply(payload) = then(refused(CompletionCode::INVALID_COMMAND)) else {
        panic!("there is an answer");
    };
    assert_eq!(told(&payload), Err(HpiError::InvalidCmd.code()));
}
