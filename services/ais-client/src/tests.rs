//! Against an agent that is a few lines of the test.

use super::*;
use ais::amf::{CsiFlags, CsiTransition};
use ais_wire::{Callback, Decoder, ToAgent, ToComponent};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

fn config(name: &str) -> Config {
    let file = format!("ais-client-{name}-{}", std::process::id());
    let socket = std::env::temp_dir().join(file);
    Config {
        component: dn("a=1"),
        socket,
        call_timeout: Duration::from_secs(2),
    }
}

/// The agent's end of a connection.
struct Agent {
    stream: UnixStream,
    decoder: Decoder,
}

impl Agent {
    fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        let mut agent = Self {
            stream,
            decoder: Decoder::default(),
        };
        assert!(matches!(agent.next(), ToAgent::Hello { version: 1, .. }));
        agent.say(&ToComponent::Hello { version: 1 });
        agent
    }

    fn say(&mut self, message: &ToComponent) {
        self.stream
            .write_all(&ais_wire::encode(message).unwrap())
            .unwrap();
    }

    fn next(&mut self) -> ToAgent {
        loop {
            if let Some(message) = self.decoder.message().unwrap() {
                return message;
            }
            let mut byte = [0];
            assert_eq!(self.stream.read(&mut byte).unwrap(), 1);
            self.decoder.feed(&byte);
        }
    }

    /// Takes a call and answers it.
    fn take(&mut self, result: Result<Reply, AisError>) -> Request {
        let ToAgent::Call { call, request } = self.next() else {
            panic!("no call");
        };
        self.say(&ToComponent::Answer { call, result });
        request
    }

    fn set_active(&mut self, number: u64) {
        let csi = CsiDescriptor {
            flags: CsiFlags::AddOne,
            csi: Some(dn("c=1")),
            transition: CsiTransition::NewAssign,
            active_component: None,
            standby_rank: 0,
            attributes: Vec::new(),
        };
        let callback = Callback::CsiSet {
            component: dn("a=1"),
            ha_state: HaState::Active,
            csi,
        };
        self.say(&ToComponent::Callback {
            invocation: Invocation(number),
            callback,
        });
    }
}

fn listen(path: &Path) -> UnixListener {
    let _ = std::fs::remove_file(path);
    UnixListener::bind(path).unwrap()
}

/// Removes the socket when the test ends.
struct Remove(PathBuf);

impl Drop for Remove {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn next(events: &Events) -> Event {
    events.next(Some(Duration::from_secs(2))).expect("an event")
}

/// Registered, assigned; the agent restarts, hears what the component holds, and disowns it another
/// time.
#[test]
fn a_component_outlives_its_agent() {
    let config = config("outlives");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let socket = config.socket.clone();
    let agent = std::thread::spawn(move || {
        let mut agent = Agent::accept(&listener);
        agent.take(Ok(Reply::Done));
        agent.take(Ok(Reply::Done));
        agent.set_active(7);
        let response = Request::Response {
            invocation: Invocation(7),
            error: None,
        };
        assert_eq!(agent.take(Ok(Reply::Done)), response);
        drop((agent, listener));

        let listener = listen(&socket);
        let mut agent = Agent::accept(&listener);
        let csis = vec![(dn("c=1"), HaState::Active)];
        let reconnect = Request::Reconnect {
            component: dn("a=1"),
            csis,
        };
        assert_eq!(agent.take(Ok(Reply::Done)), reconnect);
        assert!(matches!(
            agent.take(Ok(Reply::Done)),
            Request::HealthcheckStart { .. }
        ));
        agent.take(Ok(Reply::HaState(HaState::Active)));
        drop(agent);

        let mut agent = Agent::accept(&listener);
        assert_eq!(agent.take(Err(AisError::NotExist)), reconnect);
    });
    let (component, events) = Component::register(config).unwrap();
    let (style, recovery) = (
        HealthcheckInvocation::ComponentInvoked,
        RecommendedRecovery::ComponentRestart,
    );
    component.healthcheck_start(b"h", style, recovery).unwrap();
    let Event::CsiSet { invocation, .. } = next(&events) else {
        panic!("not assigned");
    };
    component.respond(invocation, Ok(())).unwrap();
    assert_eq!(next(&events), Event::Disconnected);
    assert_eq!(component.ha_state(dn("c=1")), Err(AisError::TryAgain));
    assert_eq!(next(&events), Event::Reconnected);
    assert_eq!(component.ha_state(dn("c=1")), Ok(HaState::Active));
    assert_eq!(next(&events), Event::Disconnected);
    assert_eq!(next(&events), Event::Disowned);
    assert_eq!(events.next(None), None);
    agent.join().unwrap();
}

/// What the agent refuses is told as it is.
#[test]
fn a_refusal_is_told() {
    let config = config("refusal");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let agent = std::thread::spawn(move || Agent::accept(&listener).take(Err(AisError::Exist)));
    let refused = Component::register(config).unwrap_err();
    assert!(
        matches!(refused, Error::Refused(AisError::Exist)),
        "{refused}"
    );
    agent.join().unwrap();
}

/// Nobody there, and somebody who speaks something else.
#[test]
fn no_agent_no_component() {
    let config = config("none");
    let _remove = Remove(config.socket.clone());
    assert!(matches!(
        Component::connect(config.clone()),
        Err(Error::Connect(_))
    ));
    let listener = listen(&config.socket);
    let stranger = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Closing with unread bytes would reset the connection before the answer is read.
        let _ = stream.read(&mut [0; 64]);
    });
    assert!(matches!(Component::connect(config), Err(Error::Protocol)));
    stranger.join().unwrap();
}

/// A process that lives as long as this is not dropped.
struct Sleeper(std::process::Child);

impl Sleeper {
    fn start() -> Self {
        let child = std::process::Command::new("sleep").arg("60").spawn();
        Self(child.unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process that ended under the eyes of an agent is not reported to the next one.
#[test]
fn what_ended_before_is_no_news() {
    let config = config("no-news");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let (ended, has_ended) = std::sync::mpsc::channel();
    let agent = std::thread::spawn(move || {
        let mut agent = Agent::accept(&listener);
        agent.take(Ok(Reply::Done));
        has_ended.recv().unwrap();
        drop(agent);
        let mut agent = Agent::accept(&listener);
        let clear = Request::ErrorClear {
            component: dn("b=1"),
        };
        assert_eq!(agent.take(Ok(Reply::Done)), clear);
    });
    let (component, events) = Component::connect(config).unwrap();
    let sleeper = Sleeper::start();
    let errors = PmErrors(PmErrors::NON_ZERO_EXIT);
    let recovery = RecommendedRecovery::NodeFailover;
    component
        .pm_start((sleeper.0.id(), 0), errors, recovery)
        .unwrap();
    drop(sleeper);
    ended.send(()).unwrap();
    assert_eq!(next(&events), Event::Disconnected);
    assert_eq!(next(&events), Event::Reconnected);
    component.error_clear(dn("b=1")).unwrap();
    agent.join().unwrap();
}

/// A component that is closed while it comes back to a new agent stays closed.
#[test]
fn finalized_while_reconnecting() {
    let config = config("closed-again");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let (closed, is_closed) = std::sync::mpsc::channel();
    let (came, has_come) = std::sync::mpsc::channel();
    let agent = std::thread::spawn(move || {
        let mut agent = Agent::accept(&listener);
        agent.take(Ok(Reply::Done));
        drop(agent);
        let mut agent = Agent::accept(&listener);
        let ToAgent::Call { call, .. } = agent.next() else {
            panic!("no call");
        };
        came.send(()).unwrap();
        is_closed.recv().unwrap();
        let result = Ok(Reply::Done);
        agent.say(&ToComponent::Answer { call, result });
        assert_eq!(agent.stream.read(&mut [0]).unwrap(), 0);
    });
    let (component, events) = Component::register(config).unwrap();
    has_come.recv().unwrap();
    component.finalize();
    closed.send(()).unwrap();
    assert_eq!(next(&events), Event::Disconnected);
    assert_eq!(events.next(None), None);
    agent.join().unwrap();
}

/// A process that is watched, and ends while there is no agent, is reported to the next one.
#[test]
fn watching_goes_on() {
    let config = config("watching");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let sleeper = Sleeper::start();
    let pid = sleeper.0.id();
    let agent = std::thread::spawn(move || {
        let mut agent = Agent::accept(&listener);
        let watch = agent.take(Ok(Reply::Done));
        agent.take(Ok(Reply::Done));
        drop(agent);
        let mut agent = Agent::accept(&listener);
        let Request::PmStart { errors, .. } = agent.take(Err(AisError::NotExist)) else {
            panic!("not watched: {watch:?}");
        };
        assert_eq!(
            errors,
            PmErrors(PmErrors::NON_ZERO_EXIT | PmErrors::ABNORMAL_END)
        );
        assert!(matches!(
            agent.take(Ok(Reply::Done)),
            Request::ErrorReport { .. }
        ));
    });
    let (component, events) = Component::connect(config).unwrap();
    let recovery = RecommendedRecovery::NodeFailover;
    component
        .pm_start((pid, 0), PmErrors(PmErrors::ALL), recovery)
        .unwrap();
    component
        .pm_stop(PmStopQualifier::Process, pid, PmErrors(PmErrors::ZERO_EXIT))
        .unwrap();
    assert_eq!(next(&events), Event::Disconnected);
    assert_eq!(next(&events), Event::Reconnected);
    agent.join().unwrap();
}

/// A call that nobody answers ends.
#[test]
fn calls_time_out() {
    let config = Config {
        call_timeout: Duration::from_millis(20),
        ..config("timeout")
    };
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let agent = std::thread::spawn(move || {
        let mut agent = Agent::accept(&listener);
        let call = agent.next();
        (agent, call)
    });
    let (component, _events) = Component::connect(config).unwrap();
    assert_eq!(component.error_clear(dn("b=1")), Err(AisError::Timeout));
    agent.join().unwrap();
}

/// What is closed on purpose is closed.
#[test]
fn finalized() {
    let config = config("finalized");
    let _remove = Remove(config.socket.clone());
    let listener = listen(&config.socket);
    let agent = std::thread::spawn(move || Agent::accept(&listener));
    let (component, events) = Component::connect(config).unwrap();
    component.finalize();
    assert_eq!(events.next(None), None);
    agent.join().unwrap();
}
