//! CMMs that lose their way to the chassis, while the ring lives.

use crate::events::Events;
use crate::step;
use cluster::shelf::{PATIENCE, Shelf};
use std::time::{Duration, Instant};

/// How long a CMM may be active without a way to the chassis, while another one has one: three
/// seconds until its session is given up, six until it complains, five for the line; and as much
/// again, as CI machines are loaded.
const LOST_MAX: Duration = Duration::from_secs(28);

/// Longer than all pauses after one switch, so that what would go back had gone.
const RESTLESS: Duration = Duration::from_secs(15);

const NO_BUS: &str = "it does not reach the management bus";

/// The healthy one has the hardware, and nothing goes back and forth.
pub(crate) fn cmms_lose_the_bus(shelf: &mut Shelf) {
    shelf.await_health(1, &[]);
    shelf.await_health(2, &[]);
    let active = shelf.active();
    let other = 3 - active;
    step("the active CMM loses its way to the chassis", || {
        shelf.cluster.cut_bus(active);
        let cut = Instant::now();
        shelf.await_active(other);
        assert!(cut.elapsed() < LOST_MAX, "{:?}", cut.elapsed());
        shelf.await_health(active, &[NO_BUS]);
        Events::start(&shelf.cluster).see_handle(shelf);
    });
    step("so does the other: nothing is better elsewhere", || {
        shelf.cluster.cut_bus(other);
        shelf.await_health(other, &[NO_BUS]);
        std::thread::sleep(RESTLESS);
        assert_eq!(shelf.active(), other);
    });
    step("both have it again", || {
        shelf.cluster.mend_bus(active);
        shelf.cluster.mend_bus(other);
        shelf.await_health(other, &[]);
        shelf.await_health(active, &[]);
        assert_eq!(shelf.active(), other);
        shelf.settled();
        Events::start(&shelf.cluster).see_handle(shelf);
    });
}

impl Health for Shelf {
    fn await_health(&self, cmm: u32, wanted: &[&str]) {
        self.wait_until(2 * PATIENCE, &format!("CMM {cmm} finds {wanted:?}"), || {
            let view = self.seen_by(1)?;
            let members = view["members"].as_array().ok_or("no members")?;
            let own = members.iter().find(|it| it["node"] == cmm).ok_or("none")?;
            match own["health"] == serde_json::json!(wanted) {
                true => Ok(()),
                false => Err(own.to_string()),
            }
        });
    }
}

/// What CMMs say of themselves.
trait Health {
    /// Waits until a CMM finds nothing but this wrong with itself.
    fn await_health(&self, cmm: u32, wanted: &[&str]);
}
