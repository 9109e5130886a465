//! An operator at a browser sees the application move.

use interop::{Browser, Element, Shelfd, demo, settled, wait_until};
use std::time::Duration;

const START: Duration = Duration::from_secs(30);
const MOVE: Duration = Duration::from_secs(20);

/// The service unit of the cell that shows ACTIVE, as the page has it.
fn active_cell(browser: &Browser) -> Option<String> {
    let cell = browser.find("[data-su][data-si][data-ha='ACTIVE']")?;
    browser.attribute(&cell, "data-su")
}

fn wait_for_active(browser: &Browser, what: &str, is_right: impl Fn(&str) -> bool) -> String {
    wait_until(MOVE, what, || {
        let unit = active_cell(browser);
        unit.filter(|unit| is_right(unit))
            .ok_or_else(|| browser.text())
    })
}

/// The button that opens the handle of the blade in a slot.
fn open_handle(browser: &Browser, slot: u64) -> Element {
    let selector = format!("button[data-order='open-handle'][data-slot='{slot}']");
    wait_until(MOVE, "a button to open the handle", || {
        let found = browser.find(&selector);
        found.ok_or_else(|| format!("no {selector} in:\n{}", browser.text()))
    })
}

/// Logs in as the hint of the demo says, if the page asks; the order that waited for it goes on by
/// itself.
fn log_in_if_asked(browser: &Browser) {
    // The page asks at once when it knows that nobody is logged in, else when the order is refused.
    std::thread::sleep(Duration::from_millis(500));
    let Some(hint) = browser.find("dialog[open] .hint code") else {
        return;
    };
    let hint = browser.text_of(&hint);
    let words: Vec<&str> = hint
        .split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    let [name, password] = words.as_slice() else {
        panic!("a name and a password: {hint}")
    };
    for (field, text) in [("name", name), ("password", password)] {
        let input = browser.find(&format!("dialog[open] input[name='{field}']"));
        browser.type_text(&input.expect("a login has a field for it"), text);
    }
    let submit = browser.find("dialog[open] button[type='submit']");
    browser.click(&submit.expect("a login has a button"));
}

fn open_page(browser: &Browser, shelfd: &Shelfd) {
    browser.open(&format!("http://{}/", shelfd.http()));
}

// One click, and the active cell moves before the operator's
// eyes.
#[test]
fn a_click_on_open_handle_moves_the_active_cell() {
    let shelfd = demo();
    let (active, standby) = settled(&shelfd, START);
    let browser = Browser::start();
    open_page(&browser, &shelfd);
    wait_for_active(&browser, "the active cell", |unit| unit == active.dn);
    browser.click(&open_handle(&browser, active.slot));
    log_in_if_asked(&browser);
    // Without another click, and without loading the page again.
    wait_for_active(&browser, "the active cell at the other unit", |unit| {
        unit == standby.dn
    });
    wait_until(MOVE, "the blade in M1, its blue LED on", || {
        let slot = browser.find(&format!("[data-slot='{}'][data-state='M1']", active.slot));
        let led = slot.and_then(|slot| browser.attribute(&slot, "data-led"));
        led.filter(|led| led == "on")
            .map(|_| ())
            .ok_or_else(|| browser.text())
    });
}

// A shelf with one CMM has one member, which owns the hardware.
#[test]
fn the_page_shows_who_keeps_the_log() {
    let shelfd = demo();
    settled(&shelfd, START);
    let browser = Browser::start();
    open_page(&browser, &shelfd);
    let selector = "tr[data-member-node='1'][data-member-state='active'][data-in-step='true']";
    let row = wait_until(MOVE, "the member that is active", || {
        browser.find(selector).ok_or_else(|| browser.text())
    });
    assert_eq!(browser.find_all("tr[data-member-node]").len(), 1);
    let text = browser.text_of(&row);
    for words in ["CMM 1", "in view", "in step", env!("CARGO_PKG_VERSION")] {
        assert!(text.contains(words), "{words:?} in {text:?}");
    }
    let quorum = browser.find("dl[data-standing='primary'] .quorum");
    assert_eq!(browser.text_of(&quorum.expect("there is quorum")), "yes");
}

// The page follows what happens elsewhere too: it shows the shelf, not its own clicks.
#[test]
fn the_page_follows_a_component_that_is_killed_elsewhere() {
    let shelfd = demo();
    let (active, _) = settled(&shelfd, START);
    let browser = Browser::start();
    open_page(&browser, &shelfd);
    wait_for_active(&browser, "the active cell", |unit| unit == active.dn);
    let components = shelfd.components();
    let victim = components
        .iter()
        .find(|it| active.components.contains(&it.component));
    interop::kill9(victim.expect("the active component runs").pid);
    wait_until(MOVE, "the page shows what shelfctl shows", || {
        let (now, _) = settled(&shelfd, MOVE);
        let shown = active_cell(&browser);
        let is_same = shown.as_deref() == Some(&now.dn)
            && !shelfd.components().iter().any(|it| Some(it) == victim);
        is_same
            .then_some(())
            .ok_or_else(|| format!("page {shown:?}, shelfctl {}", now.dn))
    });
}
