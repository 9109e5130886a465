//! The demo is a guest on the machine that it runs on.

use interop::{demo, settled};
use std::time::Duration;

const START: Duration = Duration::from_secs(30);

// The simulated blades lose their power with the daemon that simulates them; the next demo begins
// anew.
#[test]
fn an_ended_demo_leaves_nothing_running_and_nothing_behind() {
    let mut shelfd = demo();
    settled(&shelfd, START);
    assert_eq!(shelfd.components().len(), 2);
    shelfd.terminate();
    assert_eq!(shelfd.components(), []);
    assert!(!shelfd.place().file("run/journal.db").exists());
    shelfd.restart();
    let (active, _) = settled(&shelfd, START);
    assert!(
        active.dn.contains("SU1"),
        "as at the first start: {active:?}"
    );
}
