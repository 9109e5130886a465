//! Annunciators.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::Capabilities;
use openhpi_wire::function::*;

lacking! {
    ANNUNCIATOR: AnnunciatorGetNext AnnunciatorGet AnnunciatorAcknowledge AnnunciatorAdd
        AnnunciatorDelete AnnunciatorModeGet AnnunciatorModeSet;
}
