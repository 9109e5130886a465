//! Connections of HPI's users: to whoever has the shelf's address, until somebody is gone.

use crate::world::World;
use appliance::hpi::Connection;
use machine::NodeId;

/// A connection of a client, to one daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) cmm: NodeId,
    /// Of the daemon.
    pub(crate) incarnation: u32,
    /// How often its node had lost its power.
    pub(crate) losses: u32,
    pub(crate) connection: Connection,
}

impl World {
    /// A client connects to whoever serves the shelf.
    pub(crate) fn connect(&mut self) -> Option<Link> {
        let cmm = self.address?;
        let node = self.node(cmm);
        let (incarnation, losses) = (node.incarnation, node.losses);
        let desk = &mut node.running.as_mut()?.desk;
        if !desk.has_address {
            return None;
        }
        desk.named += 1;
        desk.open.insert(desk.named);
        Some(Link {
            cmm,
            incarnation,
            losses,
            connection: desk.named,
        })
    }

    /// Whether the other end of a connection is still there.
    pub(crate) fn is_linked(&self, link: Link) -> bool {
        let node = &self.nodes[&link.cmm];
        let running = node.running.as_ref();
        self.address == Some(link.cmm)
            && node.incarnation == link.incarnation
            && running.is_some_and(|it| it.desk.open.contains(&link.connection))
    }

    /// Whether a client whose connection is gone knows that: somebody must say so.
    pub(crate) fn is_told_of(&self, link: Link) -> bool {
        self.address != Some(link.cmm) || self.nodes[&link.cmm].is_up
    }

    /// A connection breaks, and the daemon hears of it.
    pub(crate) fn disconnect(&mut self, link: Link) {
        let now = self.clock(link.cmm);
        if self.is_linked(link)
            && let Some(running) = self.running(link.cmm)
        {
            running.desk.close(link.connection, now);
            self.poll(link.cmm);
        }
    }

    /// Whether what a daemon sent may still arrive: its kernel sends it though the daemon dies, but
    /// not without power.
    pub(crate) fn is_powered_since(&self, link: Link) -> bool {
        self.nodes[&link.cmm].losses == link.losses
    }
}
