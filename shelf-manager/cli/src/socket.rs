//! The client's end of the control socket.

use serde_json::from_str;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use web_api::{
    ANSWER_BYTES_MAX, Answer, Follow, Notice, Order, Outcome, Query, Refusal, Reply, Request,
};

/// How long the daemon may take to answer; longer than it allows its core.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody listens.
    NotRunning(PathBuf, io::Error),
    /// The conversation broke.
    Connection(io::Error),
    /// The daemon said something else than what belongs here.
    Answer(String),
    /// The daemon refused.
    Refused(Refusal),
    /// What was to be set up is not right, or cannot be written.
    Setup(String),
    /// Nothing can be printed.
    Output(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning(path, error) => {
                writeln!(f, "no shelfd answers on {}: {error}", path.display())?;
                writeln!(
                    f,
                    "Start one with `shelfd demo` or `shelfd run --config FILE`, or name the"
                )?;
                write!(
                    f,
                    "folder of a running one with --run-dir or OPENSHELF_RUN."
                )
            }
            Self::Connection(error) => write!(f, "the connection to shelfd broke: {error}"),
            Self::Answer(text) => write!(f, "shelfd did not answer as expected: {text}"),
            Self::Refused(refusal) => write!(f, "{} ({})", refusal.text, refusal.code.word()),
            Self::Setup(text) => f.write_str(text),
            Self::Output(error) => write!(f, "cannot print: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Answer(error.to_string())
    }
}

/// A connection to the daemon.
pub(crate) struct Socket(BufReader<UnixStream>);

impl Socket {
    pub(crate) fn connect(path: &Path) -> Result<Self, Failure> {
        let stream = UnixStream::connect(path);
        let stream = stream.map_err(|error| Failure::NotRunning(path.to_owned(), error))?;
        stream
            .set_read_timeout(Some(ANSWER_TIMEOUT))
            .map_err(Failure::Connection)?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn query(&mut self, query: Query) -> Result<Reply, Failure> {
        self.send(&Request::Query(query))?;
        match self.answer()? {
            Answer::Reply(reply) => Ok(reply),
            other @ (Answer::Outcome(_) | Answer::Notice(_) | Answer::Error(_)) => {
                Err(unexpected(other))
            }
        }
    }

    pub(crate) fn order(&mut self, order: Order) -> Result<Outcome, Failure> {
        self.send(&Request::Order(order))?;
        match self.answer()? {
            Answer::Outcome(outcome) => Ok(outcome),
            other @ (Answer::Reply(_) | Answer::Notice(_) | Answer::Error(_)) => {
                Err(unexpected(other))
            }
        }
    }

    /// Asks for notices, which may be long in coming.
    pub(crate) fn follow(&mut self, wanted: Follow) -> Result<(), Failure> {
        self.0
            .get_ref()
            .set_read_timeout(None)
            .map_err(Failure::Connection)?;
        self.send(&Request::Follow(wanted))
    }

    pub(crate) fn notice(&mut self) -> Result<Notice, Failure> {
        match self.answer()? {
            Answer::Notice(notice) => Ok(*notice),
            other @ (Answer::Reply(_) | Answer::Outcome(_) | Answer::Error(_)) => {
                Err(unexpected(other))
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.0
            .get_mut()
            .write_all(&line)
            .map_err(Failure::Connection)
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let limit = u64::try_from(ANSWER_BYTES_MAX).expect("a length fits 64 bits") + 1;
        let mut line = String::new();
        let mut limited = (&mut self.0).take(limit);
        let count = limited.read_line(&mut line).map_err(Failure::Connection)?;
        if count == 0 {
            return Err(Failure::Connection(io::ErrorKind::UnexpectedEof.into()));
        }
        if !line.ends_with('\n') {
            return Err(Failure::Answer("a line without end".into()));
        }
        Ok(from_str(&line)?)
    }
}

fn unexpected(answer: Answer) -> Failure {
    match answer {
        Answer::Error(refusal) => Failure::Refused(refusal),
        Answer::Reply(_) => Failure::Answer("a reply".into()),
        Answer::Outcome(_) => Failure::Answer("an outcome".into()),
        Answer::Notice(_) => Failure::Answer("a notice".into()),
    }
}
