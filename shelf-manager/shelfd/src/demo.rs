//! What `shelfd demo` runs: a simulated shelf, two blades with a 2N counter, spare blades.

use crate::Fixture;
use crate::config::{
    Alerts, Chassis, Cluster, Config, Listen, Model, Node, NodeName, Privilege, User,
};
use crate::start::Plan;
use ais::Dn;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Slots that hold a blade when the demo starts; slot 14 stays free for one to be inserted.
const BLADES: std::ops::RangeInclusive<u8> = 1..=13;
/// How long a blade's operating system takes to start.
const BOOT_MS: u64 = 300;

/// The model, built in so that the demo needs no file.
const FILES: [(&str, &str); 6] = [
    (
        "classes/amf.xml",
        include_str!("../../../examples/models/classes/amf.xml"),
    ),
    (
        "classes/clm.xml",
        include_str!("../../../examples/models/classes/clm.xml"),
    ),
    (
        "classes/plm.xml",
        include_str!("../../../examples/models/classes/plm.xml"),
    ),
    (
        "classes/smf.xml",
        include_str!("../../../examples/models/classes/smf.xml"),
    ),
    (
        "demo.xml",
        include_str!("../../../examples/models/demo.xml"),
    ),
    (
        "counter.xml",
        include_str!("../../../examples/models/counter.xml"),
    ),
];

pub(crate) fn plan(
    (http, rmcp, hpi): (SocketAddr, SocketAddr, SocketAddr),
    fixture: Option<Fixture>,
    run_dir: &Path,
) -> Result<Plan, String> {
    let run_dir = crate::absolute(run_dir);
    let bin = run_dir.join("bin");
    link_counter(&bin).map_err(|why| format!("{}: {why}", bin.display()))?;
    let nodes = (1..=14).map(|slot| {
        let name = format!("safAmfNode=blade{slot},safAmfCluster=shelf");
        Node {
            name: NodeName(Dn::parse(&name).expect("a valid name")),
            boot_ms: BOOT_MS,
        }
    });
    let config = Config {
        listen: Listen {
            http: Some(http),
            rmcp: Some(rmcp),
            hpi: Some(hpi),
            ..Listen::default()
        },
        users: vec![User {
            name: "admin".into(),
            password: "openshelf".into(),
            privilege: Privilege::Administrator,
        }],
        chassis: Chassis::Simulated {
            slots: BLADES.collect(),
        },
        model: Model {
            files: Vec::new(),
            bin: Some(bin),
        },
        nodes: nodes.collect(),
        alerts: Alerts::default(),
        cluster: Cluster::default(),
    };
    let files = FILES
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()));
    Ok(Plan {
        config,
        files: files.collect(),
        run_dir,
        fixture: match fixture {
            Some(Fixture::HpiFull) => hpi_domain::Fixture::HpiFull,
            None => hpi_domain::Fixture::None,
        },
        login_hint: Some("admin / openshelf".into()),
    })
}

/// The sample component is this program under another name.
fn link_counter(bin: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(bin)?;
    let link = bin.join("counter");
    if link.symlink_metadata().is_ok() {
        std::fs::remove_file(&link)?;
    }
    symlink(std::env::current_exe()?, link)
}
