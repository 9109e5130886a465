//! What the agent of a node is told of a component before it starts it.

use crate::Amf;
use crate::model::{CommandKind, CompConfig, NodeConfig};
use ais::Dn;
use ais::node::{Command, ComponentSpec};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Amf {
    /// The spec of a component for the node that hosts it; `None` when it has no node, or the node
    /// lacks the software bundle that the commands belong to.
    pub(crate) fn spec(&self, component: &Dn) -> Option<ComponentSpec> {
        let config = self.model().components.get(component)?;
        let node = self.node_of(&config.su)?;
        let node = self.model().nodes.get(node)?;
        let command = |kind| command(config, node, kind);
        command(CommandKind::Instantiate)?;
        let (instantiate_retries, delayed, instantiate_delay_ms) = config.instantiate_retries;
        Some(ComponentSpec {
            component: component.clone(),
            category: config.category,
            pre_instantiable: config.pre_instantiable,
            environment: self.environment(component, config),
            instantiate: command(CommandKind::Instantiate),
            terminate: command(CommandKind::Terminate),
            cleanup: command(CommandKind::Cleanup),
            am_start: command(CommandKind::AmStart),
            am_stop: command(CommandKind::AmStop),
            // Both count what follows the first attempt (decision on §4.6, item 19).
            instantiate_attempts_max: instantiate_retries,
            delayed_instantiate_attempts_max: delayed,
            instantiate_delay_ms,
            am_start_attempts_max: config.am_attempts.0,
            am_stop_attempts_max: config.am_attempts.1,
            csi_set_timeout_ms: config.timeouts.csi_set_ms,
            csi_remove_timeout_ms: config.timeouts.csi_remove_ms,
            quiescing_timeout_ms: config.timeouts.quiescing_ms,
            terminate_callback_timeout_ms: config.timeouts.terminate_ms,
            healthchecks: config.healthchecks.clone(),
            recovery: config.recovery,
        })
    }

    /// Non-SA-aware components get the attributes of their CSIs as variables (AMF-4.3-02);
    /// configured variables of the same name win.
    fn environment(&self, component: &Dn, config: &CompConfig) -> Vec<(String, String)> {
        let mut variables = config.environment.clone();
        if !config.category.is_sa_aware() {
            let su = self.sus.get(&config.su);
            let assigned = su.into_iter().flat_map(|su| su.csis());
            let csis = assigned.filter(|(_, _, rec)| rec.component == *component);
            for (_, csi, _) in csis {
                let attributes = self.model().csis.get(csi).map(|c| c.attributes.as_slice());
                for (name, value) in attributes.unwrap_or_default() {
                    variables
                        .entry(name.clone())
                        .or_insert_with(|| value.clone());
                }
            }
        }
        variables.into_iter().collect()
    }
}

/// Joins the prefix of the bundle on this node and the relative path (AMF-4.2-01).
///
/// Choice: a slash is put between them when neither has one; an absolute path needs no bundle.
fn command(config: &CompConfig, node: &NodeConfig, kind: CommandKind) -> Option<Command> {
    let command = config.commands.get(&kind)?;
    let prefix = config.bundle.as_ref().and_then(|b| node.bundles.get(b));
    let path = match prefix {
        Some(prefix) if prefix.ends_with('/') || command.path.starts_with('/') => {
            format!("{prefix}{}", command.path)
        }
        Some(prefix) => format!("{prefix}/{}", command.path),
        None if command.path.starts_with('/') => command.path.clone(),
        None => return None,
    };
    Some(Command {
        path,
        arguments: command.arguments.clone(),
        timeout_ms: command.timeout_ms,
    })
}
