//! The scenarios of a component's life, and the one place that knows the machine's API.

mod csi;
mod health;
mod life;
mod monitor;
mod stop;
mod survive;

use super::*;
use ais::amf::{CompCategory, CsiDescriptor, CsiFlags, CsiTransition};
use ais::node::{Command, HealthcheckSpec};
use ais_wire::{Callback, HealthcheckInvocation, PmErrors, PmStopQualifier, Request};
use alloc::string::ToString;
use alloc::{format, vec};

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

fn command(path: &str) -> Option<Command> {
    Some(Command {
        path: path.into(),
        arguments: Vec::new(),
        timeout_ms: 1000,
    })
}

/// An SA-aware component with one attempt at once and one with a delay beside the first.
fn sa_aware() -> ComponentSpec {
    ComponentSpec {
        component: dn("a=1"),
        category: CompCategory(CompCategory::SA_AWARE | CompCategory::LOCAL),
        pre_instantiable: true,
        environment: vec![("X".into(), "1".into())],
        instantiate: command("/inst"),
        terminate: None,
        cleanup: command("/clean"),
        am_start: None,
        am_stop: None,
        instantiate_attempts_max: 1,
        delayed_instantiate_attempts_max: 1,
        instantiate_delay_ms: 3000,
        am_start_attempts_max: 2,
        am_stop_attempts_max: 2,
        csi_set_timeout_ms: 500,
        csi_remove_timeout_ms: 500,
        quiescing_timeout_ms: 2000,
        terminate_callback_timeout_ms: 500,
        healthchecks: vec![HealthcheckSpec {
            key: b"h".to_vec(),
            period_ms: 100,
            duration_ms_max: 300,
        }],
        recovery: RecommendedRecovery::ComponentRestart,
    }
}

/// A component that does not know AMF.
fn plain() -> ComponentSpec {
    let category = CompCategory(CompCategory::LOCAL);
    ComponentSpec {
        category,
        pre_instantiable: false,
        terminate: command("/term"),
        ..sa_aware()
    }
}

fn monitored(spec: ComponentSpec) -> ComponentSpec {
    ComponentSpec {
        am_start: command("/amstart"),
        am_stop: command("/amstop"),
        ..spec
    }
}

/// What a scenario may begin with in one word, when it is about what comes later.
const BEGINNINGS: [(&str, &str); 3] = [
    (
        "(registered)",
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits",
    ),
    (
        "(started)",
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  waits",
    ),
    (
        "(monitored)",
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X",
    ),
];

/// Plays the lines at the margin to a component of `spec`, and compares all that it does with the
/// indented lines below each. The last line of a reply is what the machine waits for, if that
/// changed.
fn check(spec: &ComponentSpec, scenario: &str) {
    let begin = |text: String, (word, lines): (&str, &str)| text.replace(word, lines);
    let scenario = BEGINNINGS.into_iter().fold(scenario.to_string(), begin);
    let mut play = Play::new(spec.clone());
    let mut said = String::new();
    for line in scenario
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        if line.starts_with(' ') {
            continue;
        }
        said.push_str(line);
        said.push('\n');
        for reply in play.line(line) {
            said.push_str(&format!("  {reply}\n"));
        }
    }
    let wanted: Vec<_> = scenario
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let said: Vec<_> = said.lines().collect();
    assert!(
        said == wanted,
        "said:\n{}\n\nwanted:\n{}\n",
        said.join("\n"),
        wanted.join("\n")
    );
}

struct Play {
    machine: Lifecycle,
    spec: ComponentSpec,
    now_ms: u64,
    waits: Option<Time>,
}

fn time(ms: u64) -> Time {
    Time(ms * 1_000_000)
}

impl Play {
    fn new(spec: ComponentSpec) -> Self {
        let machine = Lifecycle::new(dn("a=1"), 0);
        Self {
            machine,
            spec,
            now_ms: 0,
            waits: None,
        }
    }

    fn line(&mut self, line: &str) -> Vec<String> {
        let words: Vec<_> = line.split(' ').collect();
        if let ["at", ms] = words[..] {
            self.now_ms = ms.parse().unwrap();
        }
        let input = if words == ["restart-agent"] {
            self.restarted(true)
        } else if words == ["restart-agent", "dead"] {
            self.restarted(false)
        } else {
            self.input(&words)
        };
        let pos = Pos {
            index: 1,
            time: time(self.now_ms),
        };
        let mut effects = Vec::new();
        self.machine.apply(pos, &input, &mut effects);
        let snapshot = postcard::to_allocvec(&self.machine).unwrap();
        assert!(postcard::from_bytes(&snapshot) == Ok(self.machine.clone()));
        let mut said: Vec<_> = effects.iter().map(shown).collect();
        let waits = self.machine.deadline();
        if waits != self.waits {
            self.waits = waits;
            said.push(waits.map_or("waits".into(), |t| format!("waits {}", t.0 / 1_000_000)));
        }
        said
    }

    fn restarted(&mut self, alive: bool) -> Input {
        let record = Box::new(self.machine.record().expect("something ran"));
        self.machine = Lifecycle::new(dn("a=1"), 0);
        Input::Adopt {
            record,
            alive,
            reconnect_ms_max: 3000,
        }
    }

    fn input(&self, words: &[&str]) -> Input {
        match *words {
            ["instantiate"] => Input::Instantiate(Box::new(self.spec.clone())),
            ["configure"] => Input::Configure(Box::new(self.spec.clone())),
            ["terminate"] => Input::Terminate,
            ["cleanup"] => Input::Cleanup,
            ["at", _] => Input::Tick,
            ["exit", run, status] => ended(run, CommandEnd::Exited(status.parse().unwrap())),
            ["killed", run] => ended(run, CommandEnd::Killed),
            ["cannot-run", run] => ended(run, CommandEnd::Failed),
            ["ended", pid] => Input::ProcessEnded {
                pid: number(pid),
                end: None,
            },
            ["ended", pid, status] => {
                let end = Some(ProcessEnd::Exited(status.parse().unwrap()));
                Input::ProcessEnded {
                    pid: number(pid),
                    end,
                }
            }
            ["lost", client] => Input::ConnectionLost(Client(number(client).into())),
            ["set", order, state, csi] => Input::SetCsi {
                invocation: Invocation(number(order).into()),
                ha_state: ha_state(state),
                csi: descriptor(csi),
            },
            ["remove", order, csi] => Input::RemoveCsi {
                invocation: Invocation(number(order).into()),
                csi: (csi != "all").then(|| dn(csi)),
            },
            ["pm-start", pid, errors] => Input::PmStart {
                client: Client(1),
                call: 9,
                pids: if pid == "none" {
                    vec![]
                } else {
                    vec![number(pid)]
                },
                errors: PmErrors(number(errors)),
                recovery: RecommendedRecovery::NodeFailover,
            },
            ["pm-stop", pid, errors] => Input::PmStop {
                client: Client(1),
                call: 9,
                qualifier: PmStopQualifier::Process,
                pids: vec![number(pid)],
                errors: PmErrors(number(errors)),
            },
            [client, ..] => self.call(number(client), &words[1..]),
            [] => unreachable!("no words"),
        }
    }

    /// `1 register …`: a call of the process `10 + client`.
    fn call(&self, client: u32, words: &[&str]) -> Input {
        let component = dn("a=1");
        let error = |word: &str| (word != "ok").then_some(AisError::FailedOperation);
        let key = b"h".to_vec();
        let recovery = RecommendedRecovery::NodeFailover;
        let invocation = |word| Invocation(number(word).into());
        let request = match *words {
            ["register", ..] => Request::ComponentRegister {
                component,
                proxy: None,
            },
            ["finalize"] => Request::Unregister { component },
            ["reconnect", ref csis @ ..] => {
                let csi = |csi: &&str| (dn(csi), HaState::Active);
                Request::Reconnect {
                    component,
                    csis: csis.iter().map(csi).collect(),
                }
            }
            ["respond", callback, word] => Request::Response {
                invocation: invocation(callback),
                error: error(word),
            },
            ["complete", callback, word] => Request::QuiescingComplete {
                invocation: invocation(callback),
                error: error(word),
            },
            ["healthcheck", "stop"] => Request::HealthcheckStop { component, key },
            ["healthcheck", "confirm", word] => Request::HealthcheckConfirm {
                component,
                key,
                error: error(word),
            },
            ["healthcheck", style] => Request::HealthcheckStart {
                component,
                key: if style == "unknown" { vec![1] } else { key },
                invocation: if style == "own" {
                    HealthcheckInvocation::ComponentInvoked
                } else {
                    HealthcheckInvocation::AmfInvoked
                },
                recovery,
            },
            ["report"] => Request::ErrorReport {
                component,
                detected_ns: 0,
                recovery: RecommendedRecovery::NoRecommendation,
            },
            ["clear"] => Request::ErrorClear { component },
            ["state", csi] => Request::HaStateGet {
                component,
                csi: dn(csi),
            },
            _ => panic!("no such line: {words:?}"),
        };
        // A connection above 10 belongs to the same process as the one with ten less.
        let process = Process {
            pid: 10 + client % 10,
            started: 1,
        };
        let foreground = words.contains(&"foreground");
        let caller = Caller {
            client: Client(client.into()),
            process,
            foreground,
        };
        Input::Request {
            caller,
            call: 9,
            request,
        }
    }
}

fn number(word: &str) -> u32 {
    word.parse()
        .unwrap_or_else(|_| panic!("{word} is no number"))
}

fn ended(run: &str, end: CommandEnd) -> Input {
    Input::CommandEnded {
        run: Run(number(run)),
        end,
    }
}

fn ha_state(word: &str) -> HaState {
    match word {
        "active" => HaState::Active,
        "standby" => HaState::Standby,
        "quiesced" => HaState::Quiesced,
        "quiescing" => HaState::Quiescing,
        _ => panic!("no such state: {word}"),
    }
}

fn descriptor(csi: &str) -> CsiDescriptor {
    let all = csi == "all";
    CsiDescriptor {
        flags: if all {
            CsiFlags::TargetAll
        } else {
            CsiFlags::AddOne
        },
        csi: (!all).then(|| dn(csi)),
        transition: CsiTransition::NewAssign,
        active_component: None,
        standby_rank: 0,
        attributes: vec![("port".into(), "80".into())],
    }
}

fn shown(effect: &Effect) -> String {
    match effect {
        Effect::Run {
            run,
            which,
            command,
            environment,
        } => {
            assert_eq!(environment.last().unwrap().0, "SA_AMF_COMPONENT_NAME");
            let names: Vec<_> = environment
                .iter()
                .rev()
                .skip(1)
                .map(|(name, _)| name.as_str())
                .collect();
            let names = names.join(" ");
            format!("run {} {which:?} {} {names}", run.0, command.path)
        }
        Effect::Kill(run) => format!("kill {}", run.0),
        Effect::KillAll(run) => format!("run {} kill-all", run.0),
        Effect::Watch(pid) => format!("watch {pid}"),
        Effect::Callback {
            client,
            invocation,
            callback,
        } => {
            let what = match callback {
                Callback::Healthcheck { .. } => "Healthcheck".to_string(),
                Callback::Terminate { .. } => "Terminate".to_string(),
                Callback::CsiSet { ha_state, csi, .. } => {
                    format!("CsiSet {} {:?}", ha_state.word(), csi.csi)
                }
                Callback::CsiRemove { csi, .. } => format!("CsiRemove {csi:?}"),
            };
            format!("call back {} #{} {what}", client.0, invocation.0)
        }
        Effect::Answer { client, result, .. } => format!("answer {} {result:?}", client.0),
        Effect::Report(report) => format!("{report:?}"),
    }
}

/// Lines that may come in any order, and do in the field.
const LINES: [&str; 40] = [
    "instantiate",
    "configure",
    "terminate",
    "cleanup",
    "exit 1 0",
    "exit 2 0",
    "exit 3 0",
    "exit 4 0",
    "exit 5 1",
    "exit 6 0",
    "killed 2",
    "cannot-run 3",
    "1 register",
    "1 register foreground",
    "2 register",
    "1 finalize",
    "1 reconnect c=1",
    "11 reconnect",
    "1 respond 1 ok",
    "1 respond 2 ok",
    "1 respond 3 failed",
    "1 complete 1 ok",
    "1 complete 2 failed",
    "1 healthcheck amf",
    "1 healthcheck own",
    "1 healthcheck stop",
    "1 healthcheck confirm ok",
    "2 report",
    "1 clear",
    "1 state c=1",
    "lost 1",
    "lost 2",
    "ended 11",
    "pm-start 50 7",
    "ended 50 1",
    "set 70 active c=1",
    "set 71 quiescing all",
    "set 72 quiesced c=1",
    "remove 73 c=1",
    "remove 74 all",
];

proptest::proptest! {
    /// Whatever comes in whatever order: no panic, and when no time limit is left nothing is under
    /// way.
    #[test]
    fn any_order_settles(
        lines in proptest::collection::vec((0..LINES.len(), 0..400_u64), 0..60),
        kind in 0..3,
    ) {
        let kinds = [sa_aware(), plain(), monitored(plain())];
        let spec = kinds[usize::try_from(kind).unwrap()].clone();
        let mut play = Play::new(spec);
        for (line, ms) in lines {
            play.now_ms += ms;
            play.line(LINES[line]);
            play.line(&format!("at {}", play.now_ms));
        }
        // Nothing answers any more: every time limit passes, except that healthchecks and delays go
        // round.
        play.line("cleanup");
        for _ in 0..20 {
            let Some(waits) = play.machine.deadline() else { break };
            play.line(&format!("at {}", waits.0 / 1_000_000));
        }
        proptest::prop_assert_eq!(play.machine.deadline(), None);
        proptest::prop_assert!(
            play.machine.is_idle() || play.machine.phase == Phase::TerminationFailed
        );
    }
}
