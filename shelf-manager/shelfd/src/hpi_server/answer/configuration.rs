//! Configuration: saved parameters, and from where a resource boots.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::Capabilities;
use openhpi_wire::function::*;

lacking! {
    CONFIGURATION: ParmControl;
    LOAD_ID: ResourceLoadIdGet ResourceLoadIdSet;
}
