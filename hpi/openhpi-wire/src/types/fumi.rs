//! Firmware upgrade.

use super::{Body, EntityPath, Nothing, Text};
use crate::field::{structures, unions};

structures! {
    /// `SaHpiFumiSafDefinedSpecInfoT`.
    FumiSafDefinedSpecInfo {
        /// `SaHpiFumiSafDefinedSpecIdT`.
        spec: u32,
        /// Its revision.
        revision: u32,
    }

    /// `SaHpiFumiOemDefinedSpecInfoT`.
    FumiOemDefinedSpecInfo {
        /// Whose specification it is, an IANA enterprise number.
        manufacturer: u32,
        /// More about it.
        body: Body,
    }
}

unions! {
    /// `SaHpiFumiSpecInfoT`; the selector is `SaHpiFumiSpecInfoTypeT`.
    FumiSpecInfo {
        /// It follows no specification.
        0 None(Nothing),
        /// A specification that the standard knows.
        1 SafDefined(FumiSafDefinedSpecInfo),
        /// The implementation's own.
        2 OemDefined(FumiOemDefinedSpecInfo),
    }
}

structures! {
    /// `SaHpiFumiImpactedEntityT`.
    FumiImpactedEntity {
        /// What is affected.
        entity: EntityPath,
        /// `SaHpiFumiServiceImpactT`.
        service_impact: u32,
    }

    /// `SaHpiFumiServiceImpactDataT`.
    FumiServiceImpactData {
        /// How many are affected.
        num_entities: u32,
        /// Those, and then whatever.
        entities: [FumiImpactedEntity; 5],
    }

    /// `SaHpiFumiSourceInfoT`.
    FumiSourceInfo {
        /// Where it comes from.
        source_uri: Text,
        /// `SaHpiFumiSourceStatusT`.
        source_status: u32,
        /// File name.
        identifier: Text,
        /// What it is.
        description: Text,
        /// When it was built.
        date_time: Text,
        /// Major version.
        major_version: u32,
        /// Minor version.
        minor_version: u32,
        /// Auxiliary version.
        aux_version: u32,
    }

    /// `SaHpiFumiBankInfoT`.
    FumiBankInfo {
        /// `SaHpiBankNumT`.
        bank: u8,
        /// Its size in bytes.
        bank_size: u32,
        /// Its place in the boot order, from 1.
        position: u32,
        /// `SaHpiFumiBankStateT`.
        bank_state: u32,
        /// File name.
        identifier: Text,
        /// What it is.
        description: Text,
        /// When it was built.
        date_time: Text,
        /// Major version.
        major_version: u32,
        /// Minor version.
        minor_version: u32,
        /// Auxiliary version.
        aux_version: u32,
    }

    /// `SaHpiFumiFirmwareInstanceInfoT`.
    FumiFirmwareInstanceInfo {
        /// Whether there is one.
        instance_present: bool,
        /// File name.
        identifier: Text,
        /// What it is.
        description: Text,
        /// When it was built.
        date_time: Text,
        /// Major version.
        major_version: u32,
        /// Minor version.
        minor_version: u32,
        /// Auxiliary version.
        aux_version: u32,
    }

    /// `SaHpiFumiLogicalBankInfoT`.
    FumiLogicalBankInfo {
        /// How many places firmware can be kept in.
        persistent_location_count: u8,
        /// `SaHpiFumiLogicalBankStateFlagsT`.
        bank_state_flags: u32,
        /// What was installed and is not active yet.
        pending: FumiFirmwareInstanceInfo,
        /// What it can be rolled back to.
        rollback: FumiFirmwareInstanceInfo,
    }

    /// `SaHpiFumiComponentInfoT`.
    FumiComponentInfo {
        /// Its place in the table.
        entry: u32,
        /// Which component.
        component: u32,
        /// What is active.
        main: FumiFirmwareInstanceInfo,
        /// The implementation's own flags.
        component_flags: u32,
    }

    /// `SaHpiFumiLogicalComponentInfoT`.
    FumiLogicalComponentInfo {
        /// Its place in the table.
        entry: u32,
        /// Which component.
        component: u32,
        /// What was installed and is not active yet.
        pending: FumiFirmwareInstanceInfo,
        /// What it can be rolled back to.
        rollback: FumiFirmwareInstanceInfo,
        /// The implementation's own flags.
        component_flags: u32,
    }

    /// `SaHpiFumiRecT`.
    FumiRec {
        /// `SaHpiFumiNumT`.
        num: u32,
        /// `SaHpiFumiProtocolT`: where sources can come from.
        access_prot: u32,
        /// `SaHpiFumiCapabilityT`.
        capability: u32,
        /// How many explicit banks there are.
        num_banks: u8,
        /// The implementation's own.
        oem: u32,
    }
}
