//! Execution environments: what a member makes of PLM's orders for the blade that it runs on.

use crate::world::World;
use ais::Dn;
use appliance::Command;
use machine::NodeId;
use plm::EeOrder;

impl World {
    /// The execution environment that an AMF node runs on.
    pub(crate) fn environment_of(&mut self, id: NodeId, node: &Dn) -> Option<Dn> {
        let running = self.running(id)?;
        running.member.appliance().environment_of(node)
    }

    /// Carries an order out, if it is for the blade that this member runs on.
    pub(crate) fn environment(&mut self, id: NodeId, order: &EeOrder) {
        let (EeOrder::Instantiate { ee }
        | EeOrder::Terminate { ee }
        | EeOrder::Restart { ee }
        | EeOrder::PowerLost { ee }) = order;
        let Some(blade) = &self.nodes[&id].blade else {
            return;
        };
        let (node, was_on) = (blade.amf_node.clone(), blade.is_on());
        let nodes = self
            .running(id)
            .map(|it| it.member.appliance().nodes_of(ee));
        if !nodes.unwrap_or_default().contains(&node) {
            return;
        }
        self.trace(id, || format!("environment: {order:?}"));
        let ee = ee.clone();
        match order {
            EeOrder::Instantiate { .. } => {
                self.on_blade(id, |blade, around| blade.start(around));
                if was_on {
                    self.submit(id, &Command::EeUp { ee });
                }
            }
            EeOrder::Terminate { .. } => {
                self.on_blade(id, |blade, _| blade.power_off());
                let ordered = true;
                self.submit(id, &Command::EeDown { ee, ordered });
            }
            EeOrder::PowerLost { .. } => self.on_blade(id, |blade, _| blade.power_off()),
            EeOrder::Restart { .. } => self.on_blade(id, |blade, around| {
                blade.power_off();
                blade.start(around);
            }),
        }
    }
}
