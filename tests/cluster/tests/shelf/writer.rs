//! A client that writes all the time, and remembers what was acknowledged.

use cluster::shelf::{CMMS, PATIENCE, Shelf, locked, shelfctl};
use cluster::{Cluster, Node};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An AMF node that the shelf does without: operations on it concern nobody.
const OBJECT: &str = "safAmfNode=blade14,safAmfCluster=shelf";
/// Which are told from each other in the log: `SaAmfAdminOperationIdT` of lock and unlock.
const OPERATIONS: [(&str, u64); 2] = [("lock", 2), ("unlock", 1)];
/// Entries that are read at once.
const PAGE: u64 = 500;

/// What was acknowledged.
struct Acknowledged {
    operation: u64,
    /// The log was at least so long before.
    after: u64,
}

/// Writes by way of whichever CMM answers, until it is checked.
pub(crate) struct Writer {
    over: Arc<Mutex<bool>>,
    thread: std::thread::JoinHandle<Vec<Acknowledged>>,
}

impl Writer {
    pub(crate) fn start(cluster: &Arc<Cluster>) -> Self {
        let over = Arc::new(Mutex::new(false));
        let (ends, cluster) = (Arc::clone(&over), Arc::clone(cluster));
        let thread = std::thread::spawn(move || {
            let mut acknowledged = Vec::new();
            let mut turn = 0;
            while !*locked(&ends) {
                let (word, operation) = OPERATIONS[turn % OPERATIONS.len()];
                let written = CMMS.iter().find_map(|cmm| write(cluster.node(*cmm), word));
                match written {
                    Some(Written::Acknowledged { after }) => {
                        acknowledged.push(Acknowledged { operation, after });
                        turn += 1;
                    }
                    // Its acknowledgement was lost with the CMM.
                    Some(Written::Before) => turn += 1,
                    None => {}
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            acknowledged
        });
        Self { over, thread }
    }

    /// Everything that was acknowledged is in the log of both CMMs, in its order, as far as the log
    /// is kept entry by entry.
    pub(crate) fn check(self, shelf: &Shelf) {
        *locked(&self.over) = true;
        let acknowledged = self.thread.join().unwrap();
        for cmm in CMMS {
            let (first, logged) = shelf.wait_until(PATIENCE, "the log", || logged(shelf, cmm));
            let kept = acknowledged.iter().filter(|write| write.after >= first);
            let wanted: Vec<u64> = kept.map(|write| write.operation).collect();
            assert!(wanted.len() > 10, "{} writes", wanted.len());
            let mut rest = logged.iter();
            for (count, operation) in wanted.iter().enumerate() {
                assert!(
                    rest.any(|number| number == operation),
                    "CMM {cmm} lost write {count} of {}: {wanted:?} are not in {logged:?}",
                    wanted.len()
                );
            }
        }
    }
}

enum Written {
    Acknowledged { after: u64 },
    Before,
}

fn write(node: &Node, word: &str) -> Option<Written> {
    let status = shelfctl(node).args(["status", "--json"]).output().ok()?;
    let status: Value = serde_json::from_slice(&status.stdout).ok()?;
    let after = status["status"]["log_index"].as_u64()?;
    let output = shelfctl(node).args(["admin", word, OBJECT]).output().ok()?;
    let refusal = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Some(Written::Acknowledged { after }),
        false if refusal.contains("SA_AIS_ERR_NO_OP") => Some(Written::Before),
        false => None,
    }
}

/// Index of the oldest entry that a CMM keeps, and the operations on the object from there on.
fn logged(shelf: &Shelf, cmm: u32) -> Result<(u64, Vec<u64>), String> {
    let mut operations = Vec::new();
    let mut from = 1;
    loop {
        let page = PAGE.to_string();
        let words = ["log", "--from", &from.to_string(), "--last", &page];
        let view = shelf.ask(cmm, &words)?;
        let first = view["log"]["first"].as_u64().ok_or("no entry is kept")?;
        let entries = view["log"]["entries"].as_array().ok_or("no entries")?;
        let Some(last) = entries.last() else {
            return Ok((first, operations));
        };
        from = last["index"].as_u64().ok_or("no index")? + 1;
        for entry in entries {
            let text = entry["text"].as_str().unwrap_or_default();
            if entry["kind"] != "Invoke" || !text.contains("safAmfNode=blade14,") {
                continue;
            }
            for (_, number) in OPERATIONS {
                if text.contains(&format!("operation: {number},")) {
                    operations.push(number);
                }
            }
        }
    }
}
