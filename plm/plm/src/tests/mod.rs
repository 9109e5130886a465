//! Scenarios. In a script (`scripts/*.txt`) each line is an input; the indented lines below it are
//! everything that PLM replied, except for the state change notifications that accompany published
//! states. `UPDATE_GOLDEN=1` writes the replies anew.

mod config;
mod walk;

extern crate std;

use crate::state::{EE_ADMIN, EE_PRESENCE, HE_ADMIN, HE_PRESENCE, OPERATIONAL, READINESS, word};
use crate::{EeOrder, Effect, Input, Plm, Settings};
use ais::Dn;
use ais::imm::{AdminOperation, Attributes, Change, Object, Runtime, Value};
use ais::ntf::Kind;
use ais::plm::{Track, TrackResponse};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use hpi_model::EntityPath;
use hpi_model::HotSwapState;
use hpi_model::handover::{Action, ActionError, Identity, Notice};
use machine::{Machine, Pos};

/// Name, class and attributes of an object.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Two blades with an execution environment each; `ee2` also needs `ee1` where a script says so.
const SHELF: &[Row] = &[
    (
        "safDomain=d",
        "SaPlmDomain",
        &[("saPlmHEDeactivationPolicy", "u2")],
    ),
    (
        "safHEType=blade",
        "SaPlmHEBaseType",
        &[("saPlmHetHpiEntityType", "sPICMG_FRONT_BLADE")],
    ),
    (
        "safVersion=1,safHEType=blade",
        "SaPlmHEType",
        &[(
            "saPlmHetIdr",
            "sBOARD/MANUFACTURER=ACME,PRODUCT/PART_NUMBER=PN-82",
        )],
    ),
    (
        "safVersion=2,safHEType=blade",
        "SaPlmHEType",
        &[("saPlmHetIdr", "sBOARD/MANUFACTURER=ACME")],
    ),
    (
        "safEEType=os",
        "SaPlmEEBaseType",
        &[("saPlmEetProduct", "sLinux")],
    ),
    (
        "safVersion=1,safEEType=os",
        "SaPlmEEType",
        &[
            ("saPlmEetDefInstantiateTimeout", "t90"),
            ("saPlmEetDefTerminateTimeout", "t20"),
        ],
    ),
    (
        "safHE=b1,safDomain=d",
        "SaPlmHE",
        &[
            ("saPlmHEBaseHEType", "nsafHEType=blade"),
            (
                "saPlmHEEntityPaths",
                "sPICMG_FRONT_BLADE.0,PHYSICAL_SLOT.1,ADVANCEDTCA_CHASSIS.1",
            ),
        ],
    ),
    (
        "safHE=b2,safDomain=d",
        "SaPlmHE",
        &[
            ("saPlmHEBaseHEType", "nsafHEType=blade"),
            (
                "saPlmHEEntityPaths",
                "s{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,2}{PICMG_FRONT_BLADE,0}",
            ),
        ],
    ),
    (
        "safEE=e1,safHE=b1,safDomain=d",
        "SaPlmEE",
        &[("saPlmEEType", "nsafVersion=1,safEEType=os")],
    ),
    (
        "safEE=e2,safHE=b2,safDomain=d",
        "SaPlmEE",
        &[("saPlmEEType", "nsafVersion=1,safEEType=os")],
    ),
];

/// Plays a script on the configured shelf and checks every reply.
#[track_caller]
fn check(name: &str) {
    let file = format!(
        "{}/src/tests/scripts/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let script = std::fs::read_to_string(&file).unwrap();
    let mut player = Player::new();
    player.say("config");
    let mut told = String::new();
    for line in script.lines().filter(|l| !l.starts_with("  ")) {
        if line == "----" {
            player = Player::new();
            player.say("config");
        }
        writeln!(told, "{line}").unwrap();
        if !line.is_empty() && !line.starts_with('#') && line != "----" {
            for effect in player.say(line) {
                if let Some(text) = show(&effect) {
                    writeln!(told, "  {text}").unwrap();
                }
            }
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &told).unwrap();
        return;
    }
    assert_eq!(told, script, "\n--- told:\n{told}");
}

#[test]
fn insertion_and_extraction() {
    check("hot_swap");
}

#[test]
fn surprises_and_failures() {
    check("failure");
}

#[test]
fn administrative_operations() {
    check("admin");
}

#[test]
fn who_is_not_heard_is_isolated() {
    check("isolation");
}

#[test]
fn what_a_restart_repeats() {
    check("audit");
}

struct Player {
    plm: Plm,
    at: Pos,
}

impl Player {
    fn new() -> Self {
        Self {
            plm: Plm::new(Settings::default()),
            at: Pos::default(),
        }
    }

    fn say(&mut self, line: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.at.index += 1;
        let input = self.input(line);
        if let Input::Config(changes) = &input {
            self.plm.validate(changes).unwrap();
        }
        // A snapshot before brings back the same machine, and the same input then has the same
        // effects.
        let bytes = postcard::to_allocvec(&self.plm).unwrap();
        let mut twin: Plm = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(twin, self.plm);
        self.plm.apply(self.at, &input, &mut effects);
        let mut again = Vec::new();
        twin.apply(self.at, &input, &mut again);
        assert_eq!((&twin, &again), (&self.plm, &effects));
        effects
    }

    fn input(&mut self, line: &str) -> Input {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "config" => Input::Config(SHELF.iter().map(create).collect()),
            "dependency" => Input::Config([create(&DEPENDENCY)].to_vec()),
            "policy" => Input::Config([policy(words[1])].to_vec()),
            "added" => Input::Hpi(Notice::Added {
                path: path(words[1]),
                identity: identity(words.get(3).copied().unwrap_or("PN-82")),
                state: Some(state(words[2])),
            }),
            "added-unmanaged" => Input::Hpi(Notice::Added {
                path: path(words[1]),
                identity: identity(words.get(2).copied().unwrap_or("PN-82")),
                state: None,
            }),
            "removed" => Input::Hpi(Notice::Removed(path(words[1]))),
            "failed" => Input::Hpi(Notice::Failed(path(words[1]))),
            "restored" => Input::Hpi(Notice::Restored(path(words[1]))),
            "hot-swap" => Input::Hpi(Notice::HotSwap {
                path: path(words[1]),
                previous: HotSwapState::NotPresent,
                current: state(words[2]),
            }),
            "no-response" | "moved" => {
                let action = match words[1] {
                    "set-active" => Action::SetActive(path(words[2])),
                    "set-inactive" => Action::SetInactive(path(words[2])),
                    "reset" => Action::Reset(path(words[2])),
                    other => Action::Request(path(words[2]), other == "insertion"),
                };
                let why = match words[0] {
                    "moved" => ActionError::InvalidState,
                    _ => ActionError::NoResponse,
                };
                Input::HpiFailed(action, why)
            }
            "ee-up" => Input::EeUp { ee: dn(words[1]) },
            "ee-down" => Input::EeDown { ee: dn(words[1]) },
            "lost" | "silent" => Input::EesLost {
                ees: words[1..].iter().map(|word| dn(word)).collect(),
                in_reach: words[0] == "silent",
            },
            "reset-done" => Input::HpiDone(Action::Reset(path(words[1]))),
            "reset-refused" => {
                Input::HpiFailed(Action::Reset(path(words[1])), ActionError::NotCapable)
            }
            "ee-terminated" => Input::EeTerminated { ee: dn(words[1]) },
            "respond" => Input::TrackResponse {
                invocation: words[1].parse().unwrap(),
                response: match words[2] {
                    "ok" => TrackResponse::Ok,
                    "rejected" => TrackResponse::Rejected,
                    _ => TrackResponse::Error,
                },
            },
            "after" => self.later(words[1], 1_000, Input::Tick),
            "after-ms" => self.later(words[1], 1, Input::Tick),
            "audit" => Input::Audit,
            // Nothing at all was entered into the log meanwhile.
            "audit-after" => self.later(words[1], 1_000, Input::Audit),
            _ => Input::Admin(operation(&words)),
        }
    }

    fn later(&mut self, time: &str, millis: u64, then: Input) -> Input {
        let millis = time.parse::<u64>().unwrap() * millis;
        self.at.time = self
            .at
            .time
            .after(core::time::Duration::from_millis(millis));
        then
    }
}

/// `NAME OBJECT [OPTION=VALUE]`; the invocation is always 900.
fn operation(words: &[&str]) -> AdminOperation {
    let names = [
        "lock",
        "unlock",
        "lock-instantiation",
        "unlock-instantiation",
        "shutdown",
        "repaired",
        "restart",
        "activate",
        "deactivate",
        "reset",
        "gone",
    ];
    let at = names.iter().position(|n| *n == words[0]);
    let option = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        (name.to_string(), Value::String(value.to_string()))
    };
    AdminOperation {
        invocation: 900,
        object: dn(words[1]),
        operation: at.unwrap_or_else(|| panic!("no input {}", words[0])) as u64 + 1,
        parameters: words[2..]
            .iter()
            .map(|text| option(text))
            .collect::<BTreeMap<_, _>>(),
    }
}

const DEPENDENCY: Row = (
    "safDependency=1,safEE=e2,safHE=b2,safDomain=d",
    "SaPlmDependency",
    &[
        ("saPlmDepNames", "nsafEE=e1,safHE=b1,safDomain=d"),
        ("saPlmDepMinNumber", "u1"),
    ],
);

fn policy(number: &str) -> Change {
    let value = Value::Uint32(number.parse().unwrap());
    let attributes = [("saPlmHEDeactivationPolicy".to_string(), [value].to_vec())];
    Change::Modify {
        dn: Dn::parse("safDomain=d").unwrap(),
        class: "SaPlmDomain".to_string(),
        attributes: attributes.into(),
    }
}

/// A value's first letter tells its type: `u` number, `t` seconds, `s` text, `n` name.
fn create((dn, class, values): &Row) -> Change {
    let value = |text: &str| {
        let (kind, text) = text.split_at(1);
        match kind {
            "u" => Value::Uint32(text.parse().unwrap()),
            "t" => Value::Time(text.parse::<i64>().unwrap() * 1_000_000_000),
            "n" => Value::Name(text.to_string()),
            _ => Value::String(text.to_string()),
        }
    };
    let mut attributes = Attributes::new();
    for (name, text) in *values {
        attributes.insert((*name).to_string(), [value(text)].to_vec());
    }
    let dn = Dn::parse(dn).unwrap();
    Change::Create(Object {
        dn,
        class: (*class).to_string(),
        attributes,
    })
}

/// `b1` and `b2` are blades, `e1` and `e2` run on them.
fn dn(short: &str) -> Dn {
    let text = match short {
        "d" => "safDomain=d".to_string(),
        b if b.starts_with('b') => format!("safHE={b},safDomain=d"),
        e => format!("safEE={e},safHE=b{},safDomain=d", &e[1..]),
    };
    Dn::parse(&text).unwrap()
}

fn short(dn: &Dn) -> &str {
    dn.value()
}

fn path(short: &str) -> EntityPath {
    let slot = &short[1..];
    let text = format!("{{ADVANCEDTCA_CHASSIS,1}}{{PHYSICAL_SLOT,{slot}}}{{PICMG_FRONT_BLADE,0}}");
    text.parse().unwrap()
}

fn short_path(path: &EntityPath) -> String {
    format!("b{}", path.0[1].location)
}

fn identity(part: &str) -> Identity {
    Identity {
        board_manufacturer: (part != "stranger").then(|| "ACME".to_string()),
        product_part_number: Some(part.to_string()),
        ..Identity::default()
    }
}

fn state(word: &str) -> HotSwapState {
    match word {
        "inactive" => HotSwapState::Inactive,
        "insertion-pending" => HotSwapState::InsertionPending,
        "active" => HotSwapState::Active,
        "extraction-pending" => HotSwapState::ExtractionPending,
        other => panic!("no state {other}"),
    }
}

fn show(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Hpi(action) => show_action(action),
        Effect::Ee(EeOrder::Instantiate { ee }) => format!("instantiate {}", short(ee)),
        Effect::Ee(EeOrder::Terminate { ee }) => format!("terminate {}", short(ee)),
        Effect::Ee(EeOrder::Restart { ee }) => format!("restart {}", short(ee)),
        Effect::Ee(EeOrder::PowerLost { ee }) => format!("power-lost {}", short(ee)),
        Effect::Track(track) => show_track(track),
        Effect::AdminResult(result) => match &result.result {
            Ok(()) => "answer OK".to_string(),
            Err((code, _)) => format!("answer {}", code.name()),
        },
        Effect::Runtime(Runtime::Update { dn, attributes }) => show_runtime(dn, attributes),
        Effect::Runtime(other) => format!("{other:?}"),
        Effect::Notify(notification) => match &notification.kind {
            Kind::StateChange { .. } => return None,
            Kind::Alarm { severity, alarm } => {
                format!("{alarm} {severity:?}: {}", notification.text)
            }
            Kind::Miscellaneous => format!("warning: {}", notification.text),
        },
    })
}

fn show_action(action: &Action) -> String {
    match action {
        Action::SetActive(path) => format!("set active {}", short_path(path)),
        Action::SetInactive(path) => format!("set inactive {}", short_path(path)),
        Action::Request(path, true) => format!("request insertion {}", short_path(path)),
        Action::CancelPolicy(path) => format!("cancel policy {}", short_path(path)),
        Action::Request(path, false) => format!("request extraction {}", short_path(path)),
        Action::SetPower(path, on) => format!("power {on} {}", short_path(path)),
        Action::Reset(path) => format!("reset {}", short_path(path)),
    }
}

fn show_track(track: &Track) -> String {
    let mut text = format!(
        "track {:?} {:?} from {}:",
        track.step,
        track.cause,
        short(&track.root)
    );
    for entity in &track.entities {
        let now = word(READINESS, entity.current as u32);
        let then = word(READINESS, entity.expected as u32);
        let change = if now == then {
            now.to_string()
        } else {
            format!("{now} -> {then}")
        };
        write!(text, " {} {change}", short(&entity.ee)).unwrap();
    }
    if let Some(invocation) = track.invocation {
        write!(text, " (answer {invocation})").unwrap();
    }
    text
}

/// Published states by the standard's words; flags as a number; what it is mapped to.
fn show_runtime(dn: &Dn, attributes: &Attributes) -> String {
    let mut text = short(dn).to_string();
    let is_he = dn.tag() == "safHE";
    for (name, values) in attributes {
        let number = values.first().and_then(Value::as_u64).unwrap_or(0);
        let number32 = u32::try_from(number).unwrap();
        match &name[7..] {
            "AdminState" => {
                write!(
                    text,
                    " {}",
                    word(if is_he { HE_ADMIN } else { EE_ADMIN }, number32)
                )
                .unwrap();
            }
            "OperationalState" => write!(text, " {}", word(OPERATIONAL, number32)).unwrap(),
            "PresenceState" => {
                let words = if is_he { HE_PRESENCE } else { EE_PRESENCE };
                write!(text, " {}", word(words, number32)).unwrap();
            }
            "ReadinessState" => write!(text, " {}", word(READINESS, number32)).unwrap(),
            "ReadinessFlags" => write!(text, " flags {number:x}").unwrap(),
            "CurrHEType" => {
                let value = values.first().and_then(Value::as_str).unwrap_or("nothing");
                write!(text, " is {value}").unwrap();
            }
            _ => {}
        }
    }
    text
}
