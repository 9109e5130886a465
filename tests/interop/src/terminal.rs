//! Programs that want a terminal.

use crate::{program, wait_until};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For each step of a program.
const LIMIT: Duration = Duration::from_secs(30);

/// A program at a terminal of its own. It ends with this value.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Runs a command line of the shell.
    ///
    /// # Panics
    /// When there is no terminal to be had.
    pub fn run(command: &str) -> Self {
        let mut child = Command::new(program("script", "bsdutils"))
            .args(["-qefc", command, "/dev/null"])
            .env("LC_ALL", "C")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script is installed");
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut output, screen) = (child.stdout.take().expect("a pipe"), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
                screen.push_str(&text);
            }
        });
        Self { child, shown }
    }

    /// Types, and waits until the screen shows something.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn types(&mut self, keys: &str, wanted: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        input.write_all(keys.as_bytes()).expect("a running program");
        input.flush().expect("a running program");
        wait_until(LIMIT, wanted, || {
            let shown = self.shown();
            shown.contains(wanted).then_some(()).ok_or(shown)
        });
    }

    /// All that was shown so far.
    pub fn shown(&self) -> String {
        let shown = self.shown.lock();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the program ends by itself.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn ends(mut self) {
        wait_until(LIMIT, "the program ends", || match self.child.try_wait() {
            Ok(Some(_)) => Ok(()),
            _ => Err(self.shown()),
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}
