//! This member's replica, and the engine that it hangs on.

use crate::config::{self, DamagedJournal, Role};
use crate::failure::Failure;
use crate::start::Plan;
use appliance::{Member, Program, Replay};
use engine::{Engine, Replica};
use engine::{Loopback, NoDisk};
use group::{Disk, Ledger, Options, Promise, Transport};
use journal::{Journal, JournalError, Recovered};
use machine::NodeId;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Notify;

/// The node of a CMM without others.
const ALONE: NodeId = NodeId(1);

/// Called when an engine has news.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// What a daemon hangs on.
pub(crate) struct Opened {
    pub(crate) member: Member,
    pub(crate) engine: Box<dyn Engine + Send>,
    /// The arbitration line; `None` when there is none.
    pub(crate) line: Option<corosync::Look>,
    /// What was set aside, and why, for people; `None` where the journal was as it should be.
    pub(crate) aside: Option<String>,
}

/// Opens the journal, if this member has one, and brings its replica to where it stood.
pub(crate) fn open(plan: &Plan, news: &Arc<Notify>) -> Result<Opened, Failure> {
    let news = Arc::clone(news);
    let wake: Wake = Arc::new(move || news.notify_one());
    match plan.config.cluster.engine {
        config::Engine::Local => {
            let (journal, recovered) = journal(&plan.run_dir, &wake)?;
            let member = group::Member {
                node: ALONE,
                incarnation: std::process::id(),
            };
            let options = options(member, Role::Cmm, recovered.required([ALONE].into()));
            let kept = Kept::holder(journal, recovered, ALONE)?;
            let (member, engine) = kept.onto(options, Loopback::new(member));
            Ok(Opened {
                member,
                engine,
                line: None,
                aside: None,
            })
        }
        config::Engine::Corosync => on_ring(plan, wake),
    }
}

fn on_ring(plan: &Plan, wake: Wake) -> Result<Opened, Failure> {
    let cluster = &plan.config.cluster;
    let me = NodeId(cluster.node.unwrap_or_default());
    let mut ring = corosync::Options::new(me, cluster.group());
    ring.line = cluster.line.clone().into();
    ring.wake = Arc::clone(&wake);
    let ring = corosync::Ring::new(ring).map_err(|why| format!("[cluster] {why}"))?;
    let line = (cluster.line != config::Line::None).then(|| ring.look());
    let cmms = cluster.cmms.iter().map(|node| NodeId(*node));
    let of = |cmms| options(ring.member(), cluster.role, cmms);
    let mut aside = None;
    let (member, engine) = match cluster.role {
        Role::Cmm => {
            let opened = journal(&plan.run_dir, &wake);
            let (journal, recovered) = match (opened, cluster.damaged_journal) {
                (Err(why), DamagedJournal::SetAside) if why.is_damage() => {
                    aside = Some(set_aside(&plan.run_dir, me, &why)?);
                    journal(&plan.run_dir, &wake)?
                }
                (opened, _) => opened?,
            };
            let options = of(recovered.required(cmms.collect()));
            Kept::holder(journal, recovered, me)?.onto(options, ring)
        }
        Role::Blade => {
            let options = of(cmms.collect());
            Kept::follower(me).onto(options, ring)
        }
    };
    Ok(Opened {
        member,
        engine,
        line,
        aside,
    })
}

/// A disk, where the log stands there, what was promised there, and the replica that is there.
struct Kept<D> {
    disk: D,
    ledger: Ledger,
    promised: Promise,
    replica: Member,
}

impl Kept<Journal> {
    fn holder(mut journal: Journal, recovered: Recovered, me: NodeId) -> Result<Self, Failure> {
        let replica = replay(&mut journal, &recovered, me)?;
        Ok(Self {
            disk: journal,
            ledger: recovered.ledger,
            promised: recovered.promise,
            replica,
        })
    }
}

impl Kept<NoDisk> {
    fn follower(me: NodeId) -> Self {
        Self {
            disk: NoDisk::default(),
            ledger: Ledger::default(),
            promised: Promise::default(),
            replica: Member::new(me, Program::this()),
        }
    }
}

impl<D: Disk + Send + 'static> Kept<D> {
    fn onto<T: Transport + Send + 'static>(
        self,
        options: Options,
        transport: T,
    ) -> (Member, Box<dyn Engine + Send>) {
        let stands = (self.disk, self.ledger, self.promised);
        let mut engine = Replica::new(options, stands, transport);
        if self.replica.spoilt().is_some() {
            engine.renounce();
        }
        (self.replica, Box::new(engine))
    }
}

fn options(member: group::Member, role: Role, configured: BTreeSet<NodeId>) -> Options {
    Options {
        member,
        role: match role {
            Role::Cmm => group::Role::Holder,
            Role::Blade => group::Role::Follower,
        },
        configured,
    }
}

fn journal(run_dir: &Path, wake: &Wake) -> Result<(Journal, Recovered), JournalError> {
    Journal::open(&path_of(run_dir), Arc::clone(wake))
}

/// Puts an empty journal in the place of a damaged one; what people are told.
///
/// Choice: once for each start. A disk that damages the next one as well ends the daemon.
fn set_aside(run_dir: &Path, me: NodeId, damage: &JournalError) -> Result<String, Failure> {
    let aside = Journal::set_aside(&path_of(run_dir), me)?;
    let text = format!(
        "{}; it is {} now, and what was in it comes from the other CMM",
        damage.what(),
        aside.display()
    );
    tracing::error!("{text}");
    Ok(text)
}

fn path_of(run_dir: &Path) -> PathBuf {
    run_dir.join("journal.db")
}

/// Applies what the journal held. An entry that brings out a defect is noted and tried once more;
/// after that the replica stops before it. What this program cannot go on with ends it before it
/// joins anything.
fn replay(journal: &mut Journal, recovered: &Recovered, me: NodeId) -> Result<Member, Failure> {
    loop {
        let crashes = journal
            .crashes()
            .map_err(|why| format!("journal: {why:?}"))?;
        let applying = Cell::new(None);
        let held = Replay {
            snapshot: recovered.snapshot.as_ref().map(|it| it.state.as_slice()),
            entries: &recovered.entries,
            crashes: &crashes,
            watch: &|index| applying.set(Some(index)),
        };
        let program = Program::this();
        let replayed = catch_unwind(AssertUnwindSafe(|| Member::replay(me, program, held)));
        let defect = match replayed {
            Ok(Ok(member)) => return Ok(member),
            Ok(Err(why)) => return Err(why.into()),
            Err(defect) => defect,
        };
        let Some(index) = applying.get() else {
            resume_unwind(defect)
        };
        let noted = journal.note_crash(index);
        noted.map_err(|why| format!("journal: {why:?}"))?;
    }
}

#[cfg(test)]
mod tests;
