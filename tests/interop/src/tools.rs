//! Operators' IPMI tools of Debian, as they come.

use crate::{Place, Terminal, output_of, program};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

/// Longest that any of their commands may take, in seconds: a tool that waits for an answer retries
/// for longer.
const LIMIT_S: &str = "60";

/// Who asks, over which cipher suite.
#[derive(Clone, Debug)]
pub struct Operator<'a> {
    /// Where the shelf manager listens.
    pub at: SocketAddr,
    /// User name.
    pub user: &'a str,
    /// Password.
    pub password: &'a str,
    /// Cipher suite: 3 or 17.
    pub suite: &'a str,
}

impl Operator<'_> {
    /// What `ipmitool -I lanplus` prints.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn ipmitool(&self, arguments: &[&str]) -> String {
        output_of(self.ipmitool_command().args(arguments))
    }

    /// The same, also when it fails.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn try_ipmitool(&self, arguments: &[&str]) -> Output {
        let output = self.ipmitool_command().args(arguments).output();
        output.expect("ipmitool is installed")
    }

    /// The same for somebody who types `answers` at its questions.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn ask_ipmitool(&self, arguments: &[&str], answers: &str) -> Output {
        let mut child = self
            .ipmitool_command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ipmitool is installed");
        let mut input = child.stdin.take().expect("a pipe");
        // It need not ask.
        input.write_all(answers.as_bytes()).unwrap_or_default();
        drop(input);
        child.wait_with_output().expect("our own process")
    }

    /// `ipmitool` at a terminal.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn ipmitool_terminal(&self, arguments: &str) -> Terminal {
        at_terminal(&self.ipmitool_command(), arguments)
    }

    /// FreeIPMI's console at a terminal.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn ipmiconsole_terminal(&self, arguments: &str) -> Terminal {
        let mut command = limited("ipmiconsole", "freeipmi-tools");
        self.identify(&mut command);
        at_terminal(&command, arguments)
    }

    /// What a tool of FreeIPMI prints, without any workaround flag. Its cache of sensor records is
    /// in `place`.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn freeipmi(&self, place: &Place, tool: &str, arguments: &[&str]) -> String {
        let mut command = self.freeipmi_command(tool);
        if ["ipmi-sensors", "ipmi-sel", "ipmi-fru"].contains(&tool) {
            command
                .args(["--quiet-cache", "--sdr-cache-directory"])
                .arg(place.path());
        }
        output_of(command.args(arguments))
    }

    /// The same, also when it fails.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn try_freeipmi(&self, tool: &str, arguments: &[&str]) -> Output {
        let output = self.freeipmi_command(tool).args(arguments).output();
        output.expect("the tools of FreeIPMI are installed")
    }

    fn ipmitool_command(&self) -> Command {
        let (host, port) = (self.at.ip().to_string(), self.at.port().to_string());
        let mut command = limited("ipmitool", "ipmitool");
        command.args(["-I", "lanplus", "-H", &host, "-p", &port]);
        command.args(["-U", self.user, "-P", self.password, "-C", self.suite]);
        command
    }

    fn freeipmi_command(&self, tool: &str) -> Command {
        let mut command = limited(tool, "freeipmi-tools");
        command.args(["-D", "LAN_2_0"]);
        self.identify(&mut command);
        command
    }

    /// To a tool of FreeIPMI.
    fn identify(&self, command: &mut Command) {
        command.args(["-h", &self.at.to_string()]);
        command.args(["-u", self.user, "-p", self.password, "-I", self.suite]);
    }
}

/// Runs a command, with more arguments, at a terminal.
fn at_terminal(command: &Command, arguments: &str) -> Terminal {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    // The limit must not take the terminal away from the program.
    let line = words
        .join(" ")
        .replacen("timeout", "timeout --foreground", 1);
    Terminal::run(&format!("{line} {arguments}"))
}

#[track_caller]
fn limited(name: &str, package: &str) -> Command {
    let mut command = Command::new("timeout");
    command.arg(LIMIT_S).arg(program(name, package));
    command
}
