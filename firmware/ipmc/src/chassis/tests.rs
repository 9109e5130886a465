//! In bytes, as tools ask.

use crate::config::{Config, ShelfManagerConfig};
use crate::{Effect, Input, Ipmc};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::message::{NetFn, Request};
use machine::{Machine, Pos};

/// Completion code and data.
fn ask(config: Config, command: u8, data: &[u8]) -> (u8, Vec<u8>) {
    let mut controller = Ipmc::new(config);
    let request = Request {
        net_fn: NetFn::CHASSIS,
        lun: 0,
        command,
        data: data.to_vec(),
    };
    let mut effects = vec![];
    let input = Input::Request {
        from: 0x20,
        request,
    };
    controller.apply(Pos::default(), &input, &mut effects);
    match effects.first() {
        Some(Effect::Response(response)) => (response.code.0, response.data.clone()),
        other => panic!("a response, not {other:?}"),
    }
}

#[test]
fn only_the_shelf_manager_answers() {
    let manager = || Config {
        shelf_manager: Some(ShelfManagerConfig {
            shelf_address: "Shelf".into(),
            sites: vec![],
            controllers: [0x10, 0x12],
        }),
        ..Config::default()
    };
    assert_eq!(
        ask(manager(), 0x00, &[]),
        (0, vec![0, 0x20, 0x20, 0x20, 0x20])
    );
    assert_eq!(ask(manager(), 0x01, &[]), (0, vec![0x61, 0, 0]));
    assert_eq!(ask(manager(), 0x02, &[0]).0, 0xd6);
    assert_eq!(ask(manager(), 0x02, &[6]).0, 0xcc);
    assert_eq!(ask(manager(), 0x02, &[]).0, 0xc7);
    assert_eq!(ask(manager(), 0x07, &[]), (0, vec![0, 0]));
    assert_eq!(ask(manager(), 0x03, &[]).0, 0xc1);
    assert_eq!(ask(Config::default(), 0x01, &[]).0, 0xc1);
}
