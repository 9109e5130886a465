//! Lines as people and tools type them, and what they read in reply.

use super::super::{Access, Config, Effect, Input, Server, Ticket};
use crate::serial::Mode;
use crate::serial::terminal::Settings;
use crate::server::User;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use machine::{Machine, Pos, Time};

struct Play {
    server: Server,
    now: Time,
    index: u64,
    asked: Vec<(Ticket, Target, u8, Request)>,
}

impl Play {
    fn new(config: Config) -> Self {
        let mut play = Self {
            server: Server::new(config).unwrap(),
            now: Time(1),
            index: 0,
            asked: vec![],
        };
        play.apply(&Input::Seed([3; 32]));
        play
    }

    fn open(settings: Settings) -> Self {
        Self::new(Config {
            terminal: settings,
            ..Config::new(Mode::Terminal, Access::Open { privilege: 4 })
        })
    }

    fn with_login() -> Self {
        let users = vec![
            User::new("admin", "secret", 4),
            User::new("reader", "look", 2),
        ];
        Self::new(Config {
            terminal: Settings::quiet(),
            ..Config::new(Mode::Terminal, Access::Login(users))
        })
    }

    /// What comes back, as text.
    fn apply(&mut self, input: &Input) -> String {
        self.index += 1;
        let at = Pos {
            index: self.index,
            time: self.now,
        };
        let mut effects = vec![];
        self.server.apply(at, input, &mut effects);
        let mut out = String::new();
        for effect in effects {
            match effect {
                Effect::Send(bytes) => out.push_str(core::str::from_utf8(&bytes).unwrap()),
                Effect::Ask {
                    ticket,
                    target,
                    privilege,
                    request,
                } => self.asked.push((ticket, target, privilege, request)),
                Effect::Opened { user } => out.push_str(&format!("<{user}>")),
                Effect::Closed => out.push_str("<closed>"),
            }
        }
        out
    }

    fn says(&mut self, typed: &str) -> String {
        self.apply(&Input::Received(typed.as_bytes().to_vec()))
    }

    fn line(&mut self, line: &str) -> String {
        self.says(&format!("{line}\r"))
    }

    fn answer(&mut self, code: u8, data: &[u8]) -> String {
        let (ticket, ..) = self.asked.remove(0);
        self.apply(&Input::Answer {
            ticket,
            response: Response {
                code: CompletionCode(code),
                data: data.to_vec(),
            },
        })
    }
}

// The standard's own example, Reset Watchdog Timer, and what a person sees of it.
#[test]
fn the_example_of_the_standard() {
    let mut play = Play::open(Settings::default());
    assert_eq!(play.line("[18 00 22]"), "[18 00 22]\r\n");
    let (_, target, privilege, request) = play.asked[0].clone();
    assert_eq!((target, privilege), (Target::ShelfManager, 4));
    assert_eq!((request.net_fn.0, request.command), (6, 0x22));
    assert_eq!(play.answer(0x00, &[]), "[1C 00 22 00]\r\n");
}

// A tool's way to write, a sequence number, a logical unit, and data in both directions.
#[test]
fn hex_in_each_form() {
    for typed in ["[b90401aabb]", "[B9 04 01 AA BB]", "[  b904 01 aaBB ]"] {
        let mut play = Play::open(Settings::quiet());
        assert_eq!(play.line(typed), "", "{typed}");
        let (_, _, _, request) = play.asked[0].clone();
        let found = (request.net_fn.0, request.lun, request.command);
        assert_eq!(found, (0x2e, 1, 1), "{typed}");
        assert_eq!(request.data, [0xaa, 0xbb]);
        assert_eq!(play.answer(0, &[0x0f]), "[BD 04 01 00 0F]\r\n");
    }
}

// What is no message is refused, and asks nobody.
#[test]
fn broken_lines() {
    let long = format!("[{}]", "0".repeat(121));
    let cases = [
        ("[1 00 01]", "[ERR C1]\r\n"),
        ("[18 00]", "[ERR CC]\r\n"),
        // A response, and one of somebody else.
        ("[1C 00 01 00]", "[ERR CC]\r\n"),
        ("[18 01 01]", "[ERR CC]\r\n"),
        ("[]", "[ERR C1]\r\n"),
        ("[SYS DANCE]", "[ERR C1]\r\n"),
        ("[sys tmode]", "[ERR C1]\r\n"),
        (&long, "[ERR C8]\r\n"),
        // Illegal characters, and no bracket at all.
        ("[18 \t00 01]", ""),
        ("[18 00 01] x", ""),
        ("18 00 01", ""),
    ];
    for (typed, reply) in cases {
        let mut play = Play::open(Settings::quiet());
        assert_eq!(play.line(typed), reply, "{typed:?}");
        assert_eq!(play.asked, []);
        // And the next line is understood.
        assert_eq!(play.line("[SYS TMODE]"), "[OK TMODE]\r\n", "{typed:?}");
    }
}

// The longest line that each management controller must take.
#[test]
fn the_longest_line() {
    let data = "00".repeat(57);
    let typed = format!("[300001{data}]");
    assert_eq!(typed.len(), 122);
    let mut play = Play::open(Settings::quiet());
    assert_eq!(play.line(&typed), "");
    assert_eq!(play.asked[0].3.data.len(), 57);
}

// People mistype: delete, escape, a second bracket, a line in two pieces.
#[test]
fn line_editing() {
    let cases = [
        (
            "[SYS TMODX\x08E]\r",
            "[SYS TMODX\x08 \x08E]\r\n[OK TMODE]\r\n",
        ),
        (
            "[SYS TMODE]\x7f]\r",
            "[SYS TMODE]\x08 \x08]\r\n[OK TMODE]\r\n",
        ),
        ("[\x7fSYS TMODE]\r", "[\x08 \x08"),
        (
            "[SYS\x1b\r[SYS TMODE]\r",
            "[SYS\r\n[SYS TMODE]\r\n[OK TMODE]\r\n",
        ),
        ("[SYS [SYS TMODE]\r", "[SYS [SYS TMODE]\r\n[OK TMODE]\r\n"),
        ("[SYS TM\\\rODE]\r", "[SYS TM\\\r\nODE]\r\n[OK TMODE]\r\n"),
        (
            "[SYS TM\\\r\nODE]\r\n",
            "[SYS TM\\\r\nODE]\r\n[OK TMODE]\r\n",
        ),
        ("[SYS TM\\ODE]\r", "[SYS TM\\"),
        ("\x1b(", "[TMODE OK]\r\n"),
    ];
    for (typed, seen) in cases {
        let mut play = Play::open(Settings::default());
        assert_eq!(play.says(typed), seen, "{typed:?}");
    }
}

// Each of the settings shows.
#[test]
fn settings() {
    let cases = [
        // Handshake.
        ([0x01, 0x11], "[SYS]\r\n[OK TMODE]\r\n"),
        ([0x00, 0x01], "[OK TMODE]"),
        ([0x00, 0x21], "[OK TMODE]\0"),
        ([0x00, 0x31], "[OK TMODE]\r"),
        ([0x00, 0x42], "[OK TMODE]\n\r"),
        ([0x00, 0x51], "[OK TMODE]\n"),
        ([0x02, 0x51], "[SYS TMODE]\n[OK TMODE]\n"),
    ];
    for (bytes, seen) in cases {
        let settings = Settings::from_bytes(bytes).unwrap();
        assert_eq!(settings.bytes(), bytes);
        let mut play = Play::open(settings);
        assert_eq!(play.line("[SYS TMODE]"), seen, "{bytes:02x?}");
    }
    for reserved in [
        [0x40, 0x11],
        [0x10, 0x11],
        [0x08, 0x11],
        [0, 0x61],
        [0, 0x10],
        [0, 0x13],
    ] {
        assert_eq!(Settings::from_bytes(reserved), None, "{reserved:02x?}");
    }
    // A delete echoes as itself.
    let mut play = Play::open(Settings::from_bytes([0x22, 0x11]).unwrap());
    assert_eq!(play.says("[A\x08"), "[A\x7f");
}

// The configuration is read and changed in words and in messages, until the next start only.
#[test]
fn changing_the_settings() {
    let mut play = Play::open(Settings::quiet());
    assert_eq!(play.line("[SYS SET TCFG]"), "V:00 11\r\nN:00 11\r\n");
    assert_eq!(play.line("[SYS SET TCFG -V 00 51]"), "V:00 51\nN:00 11\n");
    assert_eq!(play.line("[SYS SET TCFG -N 00 51]"), "[ERR D5]\n");
    assert_eq!(play.line("[SYS SET TCFG -V FF 51]"), "[ERR CC]\n");
    assert_eq!(play.line("[SYS SET TCFG -V 1]"), "[ERR CC]\n");
    assert_eq!(
        play.line("[30 00 11 02 1D 00 00]"),
        "[34 00 11 00 11 00 51]\n"
    );
    assert_eq!(play.line("[30 00 10 0E 1D 02 31]"), "[34 00 10 00]\r");
    assert_eq!(
        play.line("[30 00 11 0E 1D 00 00]"),
        "[30 00 11 0E 1D 00 00]\r[34 00 11 00 11 02 31]\r"
    );
    assert_eq!(
        play.line("[30 00 11 02 02 00 00]"),
        "[30 00 11 02 02 00 00]\r[34 00 11 80]\r"
    );
}

// Nothing but the password is understood before it was said, and nothing after good-bye.
#[test]
fn login() {
    let mut play = Play::with_login();
    for line in [
        "[18 00 01]",
        "[SYS RESET]",
        "[SYS SET TCFG]",
        "[SYS HEALTH QUERY]",
    ] {
        let reply = play.line(line);
        assert!(
            ["[1C 00 01 D4]\r\n", "[ERR D4]\r\n"].contains(&&*reply),
            "{line}: {reply}"
        );
    }
    assert_eq!(play.line("[SYS PWD -U admin wrong]"), "[ERR D4]\r\n");
    assert_eq!(play.line("[SYS PWD -U admin]"), "[ERR D4]\r\n");
    assert_eq!(play.line("[SYS PWD -N secret]"), "[ERR D4]\r\n");
    assert_eq!(play.line("[SYS TMODE]"), "[OK TMODE]\r\n");
    assert_eq!(play.line("[SYS PWD -U admin secret]"), "<admin>[OK]\r\n");
    assert_eq!(play.line("[18 04 01]"), "");
    assert_eq!(play.answer(0, &[0x20]), "[1C 04 01 00 20]\r\n");
    // Another one takes the line over, with a level of its own.
    assert_eq!(
        play.line("[SYS PWD -U reader look]"),
        "<closed><reader>[OK]\r\n"
    );
    assert_eq!(play.line("[SYS RESET]"), "[ERR D4]\r\n");
    assert_eq!(play.line("[18 00 3B 04]"), "[1C 00 3B 81]\r\n");
    assert_eq!(play.line("[SYS PWD -X]"), "<closed>[OK]\r\n");
    assert_eq!(play.line("[18 00 01]"), "[1C 00 01 D4]\r\n");
}

// A wrong password ends the session that is open; an answer that comes later is nobody's.
#[test]
fn a_wrong_password_logs_out() {
    let mut play = Play::with_login();
    play.line("[SYS PWD -U admin secret]");
    play.line("[18 04 01]");
    assert_eq!(play.line("[SYS PWD -U admin x]"), "<closed>[ERR D4]\r\n");
    assert_eq!(play.answer(0, &[]), "");
    assert_eq!(play.line("[18 04 01]"), "[1C 04 01 D4]\r\n");
}

// Whoever tries passwords is slowed down, and not even the right one helps meanwhile.
#[test]
fn guessing_is_slow() {
    let mut play = Play::with_login();
    for _ in 0..4 {
        assert_eq!(play.line("[SYS PWD -U admin x]"), "[ERR D4]\r\n");
    }
    assert_eq!(play.line("[SYS PWD -U admin secret]"), "[ERR C0]\r\n");
    play.now = play.now.after(Duration::from_secs(1));
    assert_eq!(play.line("[SYS PWD -U admin secret]"), "<admin>[OK]\r\n");
}

// A console that goes away without a word is out after a minute; its questions die with it.
#[test]
fn silence_logs_out() {
    let mut play = Play::with_login();
    assert_eq!(play.server.deadline(), None);
    play.line("[SYS PWD -U admin secret]");
    play.now = play.now.after(Duration::from_secs(30));
    play.line("[18 04 01]");
    assert_eq!(
        play.server.deadline(),
        Some(play.now.after(Duration::from_secs(60)))
    );
    play.now = play.now.after(Duration::from_secs(59));
    assert_eq!(play.apply(&Input::Tick), "");
    play.now = play.now.after(Duration::from_secs(1));
    assert_eq!(play.apply(&Input::Tick), "<closed>");
    assert_eq!(play.answer(0, &[]), "");
    assert_eq!(play.server.deadline(), None);
}

/// Words, the request that they make, its answer, and the words of that.
type Worded<'a> = (&'a str, &'a [u8], (u8, &'a [u8]), &'a str);

// What the words ask of the chassis.
#[test]
fn chassis_in_words() {
    let cases: [Worded<'_>; 12] = [
        ("RESET", &[0x02, 3], (0, &[]), "[OK]\r\n"),
        ("POWER ON", &[0x02, 1], (0, &[]), "[OK]\r\n"),
        ("POWER OFF", &[0x02, 0], (0xd5, &[]), "[ERR D5]\r\n"),
        ("IDENTIFY", &[0x04], (0, &[]), "[OK]\r\n"),
        ("IDENTIFY -ON", &[0x04], (0, &[]), "[OK]\r\n"),
        ("IDENTIFY -ON 1E", &[0x04, 0x1e], (0, &[]), "[OK]\r\n"),
        ("IDENTIFY -OFF", &[0x04, 0], (0, &[]), "[OK]\r\n"),
        (
            "SET BOOT 80 04 00 00 00",
            &[0x08, 5, 0x80, 4, 0, 0, 0],
            (0, &[]),
            "[OK]\r\n",
        ),
        (
            "HEALTH QUERY",
            &[0x01],
            (0, &[0x01, 0, 0x08]),
            "PWR:ON H:uf T:?? V:?? PS:ok C:uf D:ok S:ok O:??\r\n",
        ),
        (
            "HEALTH QUERY",
            &[0x01],
            (0, &[0x00, 0, 0x00]),
            "PWR:OFF H:ok T:?? V:?? PS:ok C:ok D:ok S:ok O:??\r\n",
        ),
        (
            "HEALTH QUERY -V",
            &[0x01],
            (0, &[0x09, 0, 0x05]),
            "SYS Health:Unspecified fault\r\nPower:ON\r\nTemperature:Unknown\r\n\
             Voltage:Unknown\r\nPowerSystem:Unspecified fault\r\nCooling:OK\r\n\
             Drives:Unspecified fault\r\nSecurity:Unspecified fault\r\nOther:Unknown\r\n",
        ),
        ("HEALTH QUERY", &[0x01], (0, &[0x01]), "[ERR FF]\r\n"),
    ];
    for (words, asked, (code, data), reply) in cases {
        let mut play = Play::open(Settings::quiet());
        assert_eq!(play.line(&format!("[SYS {words}]")), "", "{words}");
        let (_, target, _, request) = play.asked[0].clone();
        assert_eq!((target, request.net_fn.0), (Target::ShelfManager, 0));
        assert_eq!(
            [&[request.command], &request.data[..]].concat(),
            asked,
            "{words}"
        );
        assert_eq!(play.answer(code, data), reply, "{words}");
    }
    let mut play = Play::open(Settings::quiet());
    for wrong in [
        "POWER",
        "SET BOOT 80",
        "SET BOOT 80 04 00 00 GG",
        "IDENTIFY -ON 100",
    ] {
        let reply = play.line(&format!("[SYS {wrong}]"));
        assert!(reply.starts_with("[ERR C"), "{wrong}: {reply}");
    }
    assert_eq!(play.asked, []);
}

// Lines in words that come before the one in front is answered are all asked, and all answered.
#[test]
fn impatient_people() {
    let mut play = Play::open(Settings::quiet());
    for words in ["POWER OFF", "POWER ON", "POWER ON"] {
        assert_eq!(play.line(&format!("[SYS {words}]")), "");
    }
    let asked = play.asked.iter().map(|(_, _, _, asked)| asked.data[0]);
    assert_eq!(asked.collect::<Vec<_>>(), [0, 1, 1]);
    for code in [0, 0xd5, 0] {
        let reply = if code == 0 {
            "[OK]\r\n"
        } else {
            "[ERR D5]\r\n"
        };
        assert_eq!(play.answer(code, &[]), reply);
    }
}

// The answer of a blade is marked as bridged, and an impatient tool's second question is not asked
// twice.
#[test]
fn bridging() {
    let mut play = Play::open(Settings::quiet());
    let get_device_id = "[18 28 34 40 9A 18 4E 20 28 01 B7]";
    assert_eq!(play.line(get_device_id), "");
    assert_eq!(play.line(get_device_id), "");
    let (_, target, _, request) = play.asked[0].clone();
    assert_eq!((target, request.command), (Target::Ipmb(0x9a), 0x01));
    assert_eq!(play.asked.len(), 1);
    let reply = play.answer(0, &[0x11, 0x22]);
    assert_eq!(reply, "[1C 28 34 00]\r\n[1C 29 01 00 11 22]\r\n");
    // Nobody there.
    play.line(get_device_id);
    assert_eq!(play.answer(0x83, &[]), "[1C 28 34 83]\r\n");
    // A wrong checksum inside, and a Send Message inside a Send Message.
    let reply = play.line("[18 28 34 40 9A 18 4E 20 28 01 B8]");
    assert_eq!(reply, "[1C 28 34 CC]\r\n");
}

// Without tracking the answer waits to be fetched, once.
#[test]
fn message_queue() {
    let mut play = Play::open(Settings::quiet());
    assert_eq!(play.line("[18 04 33]"), "[1C 04 33 80]\r\n");
    play.line("[18 28 34 00 9A 18 4E 20 2A 01 B5]");
    assert_eq!(play.answer(0, &[0x11]), "[1C 28 34 00]\r\n");
    assert_eq!(play.line("[18 04 31]"), "[1C 04 31 00 01]\r\n");
    let message = play.line("[18 04 33]");
    assert_eq!(message, "[1C 04 33 00 00 1E C2 9A 28 01 00 11 2C]\r\n");
    assert_eq!(play.line("[18 04 31]"), "[1C 04 31 00 00]\r\n");
    play.line("[18 28 34 00 9A 18 4E 20 2A 01 B5]");
    play.answer(0, &[0x11]);
    assert_eq!(play.line("[18 04 30 01]"), "[1C 04 30 00]\r\n");
    assert_eq!(play.line("[18 04 33]"), "[1C 04 33 80]\r\n");
}

// Too many questions at once are refused; an answer that is longer than a tool's buffer, too.
#[test]
fn limits() {
    let mut play = Play::open(Settings::quiet());
    for sequence in 0..super::super::QUESTIONS_MAX {
        assert_eq!(play.line(&format!("[18 {:02X} 01]", sequence << 2)), "");
    }
    assert_eq!(play.line("[18 FC 01]"), "[1C FC 01 C0]\r\n");
    assert_eq!(play.line("[SYS RESET]"), "[ERR C0]\r\n");
    assert_eq!(play.answer(0, &[0; 37]), "[1C 00 01 CA]\r\n");
    let longest = format!("[1C 04 01 00{}]\r\n", " 00".repeat(36));
    assert_eq!(play.answer(0, &[0; 36]), longest);
}

// The channel, the session, and who we are.
#[test]
fn questions_about_the_line() {
    let mut play = Play::with_login();
    let cases = [
        (
            "[18 00 38 0E 04]",
            "[1C 00 38 00 02 04 14 00 00 00 00 00]\r\n",
        ),
        ("[18 00 38 01 04]", "[1C 00 38 CC]\r\n"),
        (
            "[18 00 37]",
            "[1C 00 37 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00]\r\n",
        ),
    ];
    for (line, reply) in cases {
        assert_eq!(play.line(line), reply, "{line}");
    }
    play.line("[SYS PWD -U admin secret]");
    let cases = [
        (
            "[18 00 42 0E]",
            "[1C 00 42 00 02 05 09 41 F2 1B 00 00 00]\r\n",
        ),
        (
            "[18 00 42 00]",
            "[1C 00 42 00 00 01 01 00 F2 1B 00 00 00]\r\n",
        ),
        ("[18 00 42 05]", "[1C 00 42 CC]\r\n"),
        ("[18 00 3D 00]", "[1C 00 3D 00 01 01 01 02 04 02]\r\n"),
        ("[18 00 3D 02]", "[1C 00 3D 00 00 01 01]\r\n"),
        ("[18 00 3B 00]", "[1C 00 3B 00 04]\r\n"),
        ("[18 00 3B 02]", "[1C 00 3B 00 02]\r\n"),
        ("[18 00 3C 01 02 03 04]", "[1C 00 3C 87]\r\n"),
        ("[18 00 3C]", "[1C 00 3C C7]\r\n"),
    ];
    for (line, reply) in cases {
        assert_eq!(play.line(line), reply, "{line}");
    }
}
