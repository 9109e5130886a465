//! Against the processes of the test itself.

use super::*;
use rustix::fs::{FlockOperation, flock};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The own process is what /proc says of it, and a number that nobody has is nobody.
#[test]
fn processes_are_found() {
    let own = process(std::process::id()).unwrap();
    assert_eq!(process(own.pid), Some(own));
    assert!(own.started > 0);
    assert_eq!(process(u32::MAX), None);
    assert!(!boot_id().is_empty());
}

/// A tree goes as deep as it is asked to.
#[test]
fn trees_have_a_depth() {
    let mut child = Command::new("sh")
        .args(["-c", "sleep 5; :"])
        .spawn()
        .unwrap();
    let own = std::process::id();
    assert_eq!(tree(own, 0), [own]);
    assert!(tree(own, 1).contains(&child.id()));
    // The shell's own child may not be there yet.
    while tree(child.id(), -1).len() < 2 {
        thread::yield_now();
    }
    assert_eq!(tree(child.id(), 1).len(), 2);
    assert_eq!(tree(u32::MAX, -1), [0; 0]);
    for pid in tree(child.id(), -1) {
        pidfd(pid).and_then(kill);
    }
    child.wait().unwrap();
}

/// Only the processes of this component of this agent die.
#[test]
fn the_environment_marks_the_victims() {
    let start = |name: &str, socket: &str| {
        let mut command = Command::new("sleep");
        command.arg("5").env_clear().env("PATH", "/usr/bin:/bin");
        command
            .env("A", "long before the rest".repeat(5_000))
            .env(environment::COMPONENT_NAME, name)
            .env(environment::SOCKET, socket);
        command.spawn().unwrap()
    };
    let socket = format!("/tmp/node-test-{}", std::process::id());
    let mut victim = start("a=1", &socket);
    let mut others = [start("a=12", &socket), start("a=1", &format!("{socket}0"))];
    let victims = Victims {
        socket: socket.clone(),
        of: Of::One("a=1".into()),
        registered: Vec::new(),
        groups: Vec::new(),
    };
    assert!(victims.kill());
    assert!(!victim.wait().unwrap().success());
    for other in &mut others {
        assert_eq!(other.try_wait().unwrap(), None);
        other.kill().unwrap();
        other.wait().unwrap();
    }
}

/// A process that has been killed and gives back its memory holds its locks still: whoever is told
/// that it is gone may want them at once.
#[test]
fn locks_are_free_once_a_group_has_ended() {
    let directory = std::env::temp_dir().join(format!("node-locks-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (lock, ready) = (directory.join("lock"), directory.join("ready"));
    let program = r#"
        open my $lock, ">", $ARGV[0] or die; flock $lock, 2 or die;
        my $memory = "a" x 200_000_000;
        open my $ready, ">", $ARGV[1] or die; sleep 30"#;
    let mut leader = Command::new("sh")
        .args(["-c", r#"perl -e "$0" "$@" & wait"#, program])
        .args([&lock, &ready])
        .process_group(0)
        .spawn()
        .unwrap();
    while !ready.exists() {
        assert_eq!(leader.try_wait().unwrap(), None, "it waits for perl");
        thread::yield_now();
    }
    let victims = Victims {
        socket: directory.display().to_string(),
        of: Of::All,
        registered: Vec::new(),
        groups: vec![leader.id()],
    };
    assert!(victims.kill());
    let lock = fs::File::open(lock).unwrap();
    let free = flock(lock, FlockOperation::NonBlockingLockExclusive);
    leader.wait().unwrap();
    fs::remove_dir_all(directory).unwrap();
    assert_eq!(free, Ok(()));
}
