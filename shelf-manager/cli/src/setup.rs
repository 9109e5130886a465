//! What a shelf's ring needs before it can be: its configuration, and a key.

use crate::arguments::{Init, NodeArgument};
use crate::socket::Failure;
use corosync_conf::{Conf, Log, Node, Role};
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of a key, as `corosync-keygen` makes them.
/// Source: corosync-keygen(8) of Corosync 3.1.7.
const KEY_BYTES: usize = 256;

/// Who may read the files: everybody the configuration, root alone the key.
const CONF_MODE: u32 = 0o644;
const KEY_MODE: u32 = 0o600;

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    conf: PathBuf,
    key: PathBuf,
    key_is_new: bool,
    expected_votes: usize,
    nodes: Vec<WrittenNode>,
}

#[derive(Debug, Serialize)]
struct WrittenNode {
    id: u32,
    name: String,
    votes: u32,
}

/// Writes both files, or none of them.
pub(crate) fn run(init: Init, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let conf = conf(&init);
    let text = conf
        .text()
        .map_err(|error| Failure::Setup(error.to_string()))?;
    let (file, key) = (init.dir.join("corosync.conf"), init.dir.join("authkey"));
    check(&init, &file, &key)?;
    if !init.keep_key {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::Setup(format!("no random numbers for a key: {error}")))?;
        write(&key, &bytes, KEY_MODE)?;
    }
    write(&file, text.as_bytes(), CONF_MODE)?;
    let node = |node: &Node| WrittenNode {
        id: node.id,
        name: node.name.clone(),
        votes: u32::from(node.role == Role::Cmm),
    };
    let written = Written {
        conf: file,
        key,
        key_is_new: !init.keep_key,
        expected_votes: conf.expected_votes(),
        nodes: conf.nodes.iter().map(node).collect(),
    };
    tell(&written, json, out)
}

fn conf(init: &Init) -> Conf {
    let given = || init.cmms.iter().chain(&init.blades);
    let taken: Vec<u32> = given().filter_map(|node| node.id).collect();
    let mut free = (1..).filter(|id| !taken.contains(id));
    let mut node = |node: &NodeArgument, role| Node {
        id: node.id.or_else(|| free.next()).unwrap_or_default(),
        name: node.name.clone(),
        links: node.addresses.clone(),
        role,
    };
    let cmms: Vec<Node> = init.cmms.iter().map(|it| node(it, Role::Cmm)).collect();
    let blades = init.blades.iter().map(|it| node(it, Role::Blade));
    Conf {
        cluster: init.name.clone(),
        has_line: cmms.len() == 2 && !init.no_line,
        nodes: cmms.iter().cloned().chain(blades).collect(),
        token_ms: init.token,
        log: Log::Syslog,
    }
}

/// Refuses what would overwrite something, or could not be written.
fn check(init: &Init, conf: &Path, key: &Path) -> Result<(), Failure> {
    let dir = init.dir.display();
    if !init.dir.is_dir() {
        return Err(Failure::Setup(format!(
            "{dir} is no folder: install the package corosync, or name another with --dir"
        )));
    }
    if init.keep_key {
        return match key.exists() {
            true => Ok(()),
            false => Err(Failure::Setup(format!(
                "there is no {} to keep: leave out --keep-key",
                key.display()
            ))),
        };
    }
    let there = [conf, key].into_iter().find(|path| path.exists());
    match there.filter(|_| !init.force) {
        None => Ok(()),
        Some(path) => Err(Failure::Setup(format!(
            "{} is there already: --force replaces configuration and key, --keep-key the \
             configuration alone",
            path.display()
        ))),
    }
}

/// Writes a file as a whole: at no time is there half of one under its name.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let written = || -> io::Result<()> {
        // One that was left behind may be open to others.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written()
        .map_err(|error| Failure::Setup(format!("{} cannot be written: {error}", path.display())))
}

fn tell(written: &Written, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(written)?)?);
    }
    let (conf, key) = (written.conf.display(), written.key.display());
    let what = match written.key_is_new {
        true => format!("Wrote {conf} and {key}.\nCopy both to each node"),
        false => format!("Wrote {conf}.\nCopy it to each node"),
    };
    Ok(writeln!(
        out,
        "{what}, the key readable for root alone; then, on each: systemctl restart corosync"
    )?)
}

#[cfg(test)]
mod tests;
