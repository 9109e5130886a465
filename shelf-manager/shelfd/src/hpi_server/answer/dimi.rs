//! Diagnostics initiators.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::Capabilities;
use openhpi_wire::function::*;

lacking! {
    DIMI: DimiInfoGet DimiTestInfoGet DimiTestReadinessGet DimiTestStart DimiTestCancel
        DimiTestStatusGet DimiTestResultsGet;
}
