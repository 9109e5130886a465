//! The cluster that keeps the log, as a table.

use crate::table::Table;
use web_api::{MemberStanding, MemberView, MembersView};

/// Stands among nodes that are awaited for one that never comes.
const NOBODY: u32 = 0;

pub(crate) fn text(view: &MembersView) -> String {
    let mut table = Table::headed(["NODE", "STATE", "HEALTH", "SOFTWARE", "RULES", "HOSTS"]);
    for member in &view.members {
        let node = match member.node == view.node {
            true => format!("{} (this one)", member.node),
            false => member.node.to_string(),
        };
        let hosts: Vec<&str> = member.hosts.iter().map(|dn| short(dn)).collect();
        let hosts = hosts.join(" ");
        let health = match &member.health {
            Some(complaints) if complaints.is_empty() => "ok",
            Some(_) => "not well",
            None => "-",
        };
        let state = member.state.word();
        let (software, rules) = (&member.software, rules(member));
        table.row([node.as_str(), state, health, software, &rules, &hosts]);
    }
    let (table, complaints, unfit) = (table.text(), complaints(view), unfit(view));
    format!("{table}{complaints}{unfit}{}", summary(view))
}

/// Versions of the rules that a member can run.
fn rules(member: &MemberView) -> String {
    match (member.machines_oldest, member.machines_newest) {
        (Some(oldest), Some(newest)) if oldest == newest => oldest.to_string(),
        (Some(oldest), Some(newest)) => format!("{oldest}-{newest}"),
        (None, _) | (_, None) => String::new(),
    }
}

/// Members that cannot run what the shelf works by.
fn unfit(view: &MembersView) -> String {
    let version = view.machines;
    let unfit = view.members.iter().filter(|member| {
        let is_older = member.machines_newest.is_some_and(|it| it < version);
        is_older || member.machines_oldest.is_some_and(|it| it > version)
    });
    let lines = unfit.map(|member| {
        let node = member.node;
        format!("node {node} cannot run version {version} of the rules, and takes no part\n")
    });
    lines.collect()
}

/// What members find wrong with themselves.
fn complaints(view: &MembersView) -> String {
    let told = view.members.iter().filter_map(|member| {
        let complaints = member.health.as_ref().filter(|it| !it.is_empty())?;
        let (node, text) = (member.node, complaints.join("; "));
        Some(format!("node {node} is not well: {text}\n"))
    });
    told.collect()
}

fn summary(view: &MembersView) -> String {
    let mut lines = vec![
        format!(
            "{}, epoch {}, entry {}, on disk up to {}, hash {}",
            standing(view),
            view.epoch,
            view.index,
            view.durable,
            view.hash.get(..12).unwrap_or_default(),
        ),
        match view.line {
            Some(node) => format!("the arbitration line is held by node {node}"),
            None => "no arbitration line is held".into(),
        },
        match view.machines {
            0 => "no member has told yet by which version of the rules the shelf can work".into(),
            version => format!("the shelf works by version {version} of the rules"),
        },
    ];
    if let Some(index) = view.stuck {
        lines.push(format!(
            "entry {index} crashed this member: it waits until the entry is quarantined"
        ));
    }
    if let Some(index) = view.spoilt {
        lines.push(format!(
            "entry {index} is skipped by all, and in this member's state: it waits for the state of \
             another CMM"
        ));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn standing(view: &MembersView) -> String {
    match view.standing {
        MemberStanding::Awaits => {
            let nodes = view.awaits.iter().map(|node| match *node {
                NOBODY => "an operator, as a journal was lost".into(),
                node => format!("node {node}"),
            });
            format!("awaits {}", nodes.collect::<Vec<_>>().join(", "))
        }
        MemberStanding::Forming
        | MemberStanding::NotQuorate
        | MemberStanding::Superseded
        | MemberStanding::CatchingUp
        | MemberStanding::Primary => view.standing.word().into(),
    }
}

/// `blade1` of `safAmfNode=blade1,safAmfCluster=shelf`.
fn short(dn: &str) -> &str {
    let first = dn.split(',').next().unwrap_or(dn);
    first.split_once('=').map_or(first, |(_, value)| value)
}
