//! The shelf behind what a port offers.

use chassis::{Config, HandleError, OperatorError, spawn};
use ipmi::command::Command;
use ipmi::command::picmg::SetFruActivation;
use ipmi::port::{PortEvent, PortOrder, Target};
use std::collections::BTreeSet;

/// The hot swap state that the next event tells, and of whom.
fn hot_swap(event: Option<PortEvent>) -> (u8, u8) {
    match event {
        Some(PortEvent::Event(record)) => (record[7], record[13] & 0x0f),
        other => panic!("an event, not {other:?}"),
    }
}

#[tokio::test]
async fn a_blade_goes_and_comes() {
    let (orders, mut events, hands) = spawn(Config::default());
    assert_eq!(events.recv().await, Some(PortEvent::Up));
    let mut payload = hands.payload();
    assert_eq!(*payload.borrow_and_update(), BTreeSet::from([1, 2, 3, 4]));

    assert_eq!(hands.open_handle(1), Ok(()));
    assert_eq!(hot_swap(events.recv().await), (0x82, 5));
    let activate = |activate| PortOrder {
        token: 5,
        target: Target::Ipmb(0x82),
        request: SetFruActivation {
            fru_id: 0,
            activate,
        }
        .request(),
    };
    orders.send(activate(0)).await.expect("a shelf");
    let answer = events.recv().await;
    assert!(
        matches!(answer, Some(PortEvent::Answer { token: 5, .. })),
        "{answer:?}"
    );
    assert_eq!(hot_swap(events.recv().await), (0x82, 6));
    assert_eq!(hot_swap(events.recv().await), (0x82, 1));
    assert_eq!(*payload.borrow_and_update(), BTreeSet::from([2, 3, 4]));

    assert_eq!(hands.close_handle(1), Ok(()));
    assert_eq!(hot_swap(events.recv().await), (0x82, 2));
    orders.send(activate(1)).await.expect("a shelf");
    events.recv().await;
    assert_eq!(hot_swap(events.recv().await), (0x82, 3));
    assert_eq!(hot_swap(events.recv().await), (0x82, 4));

    assert_eq!(hands.pull(2), Ok(()));
    assert!(!payload.borrow_and_update().contains(&2));
    let empty = Err(HandleError::Refused(OperatorError::Empty));
    assert_eq!(hands.pull(2), empty);
    drop(orders);
    assert_eq!(events.recv().await, None);
    assert_eq!(hands.insert(2), Err(HandleError::Gone));
}
