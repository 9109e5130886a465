//! Operators' IPMI tools of Debian, as they come.

use crate::{Place, output_of, program};
use std::net::SocketAddr;
use std::process::{Command, Output};

/// Longest that any of their commands may take: a tool that waits for an answer retries for longer.
const LIMIT: &str = "20";

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
        output_of(&mut self.ipmitool_command(arguments))
    }

    /// The same, also when it fails.
    ///
    /// # Panics
    /// When it is not installed.
    #[track_caller]
    pub fn try_ipmitool(&self, arguments: &[&str]) -> Output {
        let output = self.ipmitool_command(arguments).output();
        output.expect("ipmitool is installed")
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
    pub fn try_freeipmi(&self, tool: &str) -> Output {
        let output = self.freeipmi_command(tool).output();
        output.expect("the tools of FreeIPMI are installed")
    }

    fn ipmitool_command(&self, arguments: &[&str]) -> Command {
        let (host, port) = (self.at.ip().to_string(), self.at.port().to_string());
        let mut command = limited("ipmitool", "ipmitool");
        command.args(["-I", "lanplus", "-H", &host, "-p", &port]);
        command.args(["-U", self.user, "-P", self.password, "-C", self.suite]);
        command.args(arguments);
        command
    }

    fn freeipmi_command(&self, tool: &str) -> Command {
        let mut command = limited(tool, "freeipmi-tools");
        command.args(["-D", "LAN_2_0", "-h", &self.at.to_string()]);
        command.args(["-u", self.user, "-p", self.password, "-I", self.suite]);
        command
    }
}

#[track_caller]
fn limited(name: &str, package: &str) -> Command {
    let mut command = Command::new("timeout");
    command.arg(LIMIT).arg(program(name, package));
    command
}
