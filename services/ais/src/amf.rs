//! AMF's words.
//!
//! Source: SAI-AIS-AMF-B.04.01 §7.4, `saAmf.h`.

use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Declares an enumeration of the C ABI: each value with its number and the standard's own word.
macro_rules! ais_enum {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$item_doc:meta])* $item:ident = $number:literal $word:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u32)]
        pub enum $name { $($(#[$item_doc])* $item = $number,)* }

        impl $name {
            /// The value with this number in the C ABI.
            pub fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$item),)* _ => None }
            }

            /// The standard's word, without the prefix that the C header gives it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)* }
            }
        }
    };
}

ais_enum! {
    /// `SaAmfAdminStateT`.
    AdminState {
        /// May take assignments.
        Unlocked = 1 "UNLOCKED",
        /// Instantiated, takes no assignments.
        Locked = 2 "LOCKED",
        /// Not instantiated.
        LockedInstantiation = 3 "LOCKED-INSTANTIATION",
        /// Finishing its work before `Locked`.
        ShuttingDown = 4 "SHUTTING-DOWN",
    }
}

ais_enum! {
    /// `SaAmfOperationalStateT`.
    OperationalState {
        /// Believed to work.
        Enabled = 1 "ENABLED",
        /// Failed and not yet repaired.
        Disabled = 2 "DISABLED",
    }
}

ais_enum! {
    /// `SaAmfPresenceStateT`.
    PresenceState {
        /// Nothing runs.
        Uninstantiated = 1 "UNINSTANTIATED",
        /// Being started.
        Instantiating = 2 "INSTANTIATING",
        /// Running.
        Instantiated = 3 "INSTANTIATED",
        /// Being stopped.
        Terminating = 4 "TERMINATING",
        /// Being stopped and started again.
        Restarting = 5 "RESTARTING",
        /// Could not be started.
        InstantiationFailed = 6 "INSTANTIATION-FAILED",
        /// Could not be stopped.
        TerminationFailed = 7 "TERMINATION-FAILED",
    }
}

ais_enum! {
    /// `SaAmfReadinessStateT`.
    ReadinessState {
        /// May not be assigned.
        OutOfService = 1 "OUT-OF-SERVICE",
        /// May be assigned.
        InService = 2 "IN-SERVICE",
        /// Keeps what it has, gets nothing new.
        Stopping = 3 "STOPPING",
    }
}

ais_enum! {
    /// `SaAmfHAStateT`.
    HaState {
        /// Provides the service.
        Active = 1 "ACTIVE",
        /// Ready to take over.
        Standby = 2 "STANDBY",
        /// Has stopped providing the service, still holds the assignment.
        Quiesced = 3 "QUIESCED",
        /// Finishes the work that it has, takes no new.
        Quiescing = 4 "QUIESCING",
    }
}

ais_enum! {
    /// `SaAmfAssignmentStateT`.
    AssignmentState {
        /// No active assignment.
        Unassigned = 1 "UNASSIGNED",
        /// As many assignments as preferred.
        FullyAssigned = 2 "FULLY-ASSIGNED",
        /// Some assignments are missing.
        PartiallyAssigned = 3 "PARTIALLY-ASSIGNED",
    }
}

ais_enum! {
    /// `SaAmfHAReadinessStateT`.
    HaReadinessState {
        /// Ready for any assignment.
        ReadyForAssignment = 1 "READY-FOR-ASSIGNMENT",
        /// Ready for the active assignment, degraded.
        ReadyForActiveDegraded = 2 "READY-FOR-ACTIVE-DEGRADED",
        /// Not ready for the active assignment.
        NotReadyForActive = 3 "NOT-READY-FOR-ACTIVE",
        /// Not ready for any assignment.
        NotReadyForAssignment = 4 "NOT-READY-FOR-ASSIGNMENT",
    }
}

ais_enum! {
    /// `SaAmfCSITransitionDescriptorT`: what the previous active component is doing.
    CsiTransition {
        /// The CSI was not active anywhere.
        NewAssign = 1 "NEW-ASSIGN",
        /// The previous active component is quiesced.
        Quiesced = 2 "QUIESCED",
        /// The previous active component failed, and did not quiesce.
        NotQuiesced = 3 "NOT-QUIESCED",
        /// The previous active component is still active.
        StillActive = 4 "STILL-ACTIVE",
    }
}

ais_enum! {
    /// `SaAmfRecommendedRecoveryT`.
    RecommendedRecovery {
        /// Use the configured recovery.
        NoRecommendation = 1 "NO-RECOMMENDATION",
        /// Restart the component.
        ComponentRestart = 2 "COMPONENT-RESTART",
        /// Fail over the component (or its service unit).
        ComponentFailover = 3 "COMPONENT-FAILOVER",
        /// Switch over the node.
        NodeSwitchover = 4 "NODE-SWITCHOVER",
        /// Fail over the node.
        NodeFailover = 5 "NODE-FAILOVER",
        /// Reboot the node at once.
        NodeFailfast = 6 "NODE-FAILFAST",
        /// Reset the cluster.
        ClusterReset = 7 "CLUSTER-RESET",
        /// Restart the application.
        ApplicationRestart = 8 "APPLICATION-RESTART",
        /// Restart the container.
        ContainerRestart = 9 "CONTAINER-RESTART",
    }
}

ais_enum! {
    /// `SaAmfRedundancyModelT`.
    RedundancyModel {
        /// One active, one standby service unit.
        TwoN = 1 "2N",
        /// N active, M standby service units.
        NplusM = 2 "N+M",
        /// Each SI has one active and ranked standby service units.
        Nway = 3 "N-WAY",
        /// Each SI has several active service units.
        NwayActive = 4 "N-WAY-ACTIVE",
        /// Each SI has one active service unit, no standby.
        NoRedundancy = 5 "NO-REDUNDANCY",
    }
}

ais_enum! {
    /// `SaAmfCompCapabilityModelT`.
    CapabilityModel {
        /// X active and Y standby.
        XActiveAndYStandby = 1 "x_active_and_y_standby",
        /// X active or Y standby.
        XActiveOrYStandby = 2 "x_active_or_y_standby",
        /// One active or Y standby.
        OneActiveOrYStandby = 3 "1_active_or_y_standby",
        /// One active or one standby.
        OneActiveOrOneStandby = 4 "1_active_or_1_standby",
        /// X active, no standby.
        XActive = 5 "x_active",
        /// One active, no standby.
        OneActive = 6 "1_active",
        /// Started by being assigned.
        NonPreInstantiable = 7 "non-pre-instantiable",
    }
}

/// Bits of `SaAmfCompCategoryT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompCategory(pub u32);

impl CompCategory {
    /// Registers and speaks the AMF API.
    pub const SA_AWARE: u32 = 0x01;
    /// Acts for proxied components.
    pub const PROXY: u32 = 0x02;
    /// Is acted for by a proxy.
    pub const PROXIED: u32 = 0x04;
    /// Runs on a cluster node.
    pub const LOCAL: u32 = 0x08;
    /// Hosts contained components.
    pub const CONTAINER: u32 = 0x10;
    /// Is hosted by a container.
    pub const CONTAINED: u32 = 0x20;
    /// A proxied component that cannot be instantiated ahead of its assignment.
    pub const PROXIED_NPI: u32 = 0x40;

    /// Whether any of `bits` is set.
    pub fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }

    /// Whether the component itself registers with AMF.
    ///
    /// Proxy, container and contained components always do (SAI-AIS-AMF-B.04.01 §7.4.8).
    pub fn is_sa_aware(self) -> bool {
        self.has(Self::SA_AWARE | Self::PROXY | Self::CONTAINER | Self::CONTAINED)
    }
}

/// `SaAmfCSIFlagsT`: to which CSIs of the component a new HA state applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum CsiFlags {
    /// A new CSI.
    AddOne = 0x1,
    /// One CSI that the component has.
    TargetOne = 0x2,
    /// All CSIs that the component has.
    TargetAll = 0x4,
}

/// What a component is told of a CSI (`SaAmfCSIDescriptorT`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsiDescriptor {
    /// To which CSIs the order applies.
    pub flags: CsiFlags,
    /// The CSI; `None` with [`CsiFlags::TargetAll`].
    pub csi: Option<crate::Dn>,
    /// When going active: what the previous active component is doing.
    pub transition: CsiTransition,
    /// When going active: the previous active component. When standby: the active component.
    pub active_component: Option<crate::Dn>,
    /// When standby: the rank among the standbys, from 1; 0 otherwise.
    pub standby_rank: u32,
    /// With [`CsiFlags::AddOne`]: names and values of the CSI's attributes.
    pub attributes: alloc::vec::Vec<(String, String)>,
}
