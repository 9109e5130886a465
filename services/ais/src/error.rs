//! `SaAisErrorT`.

use serde::{Deserialize, Serialize};

/// A failed AIS call. `SA_AIS_OK` (1) is `Ok(_)` and so is not listed.
/// Source: `SaAisErrorT` in `saAis.h`; the numbers are the C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum AisError {
    /// An unexpected problem in the library or the service.
    Library = 2,
    /// The version is not compatible with this implementation.
    Version = 3,
    /// A callback that the call needs was not supplied.
    Init = 4,
    /// The time limit passed; whether the call succeeded is unknown.
    Timeout = 5,
    /// The service is busy; the same call may succeed later.
    TryAgain = 6,
    /// A parameter is wrong.
    InvalidParam = 7,
    /// Out of memory.
    NoMemory = 8,
    /// The handle is not valid.
    BadHandle = 9,
    /// The resource is in use.
    Busy = 10,
    /// Access denied.
    Access = 11,
    /// The entity does not exist.
    NotExist = 12,
    /// The name is too long.
    NameTooLong = 13,
    /// The entity exists already.
    Exist = 14,
    /// The buffer is too small.
    NoSpace = 15,
    /// Interrupted.
    Interrupt = 16,
    /// The name was not found.
    NameNotFound = 17,
    /// Not enough resources.
    NoResources = 18,
    /// Not supported.
    NotSupported = 19,
    /// The object's state forbids this operation.
    BadOperation = 20,
    /// The requested operation failed.
    FailedOperation = 21,
    /// An error occurred during the delivery of a message.
    MessageError = 22,
    /// The queue is full.
    QueueFull = 23,
    /// The queue is not available.
    QueueNotAvailable = 24,
    /// The flags are wrong.
    BadFlags = 25,
    /// The value is larger than allowed.
    TooBig = 26,
    /// There are no sections.
    NoSections = 27,
    /// The object already is as asked.
    NoOp = 28,
    /// The administrative operation only repaired a part.
    RepairPending = 29,
    /// There are no bindings.
    NoBindings = 30,
    /// The service is not available on this node.
    Unavailable = 31,
    /// A campaign saw an error.
    CampaignErrorDetected = 32,
    /// A campaign procedure failed.
    CampaignProcFailed = 33,
    /// A campaign was cancelled.
    CampaignCanceled = 34,
    /// A campaign failed.
    CampaignFailed = 35,
    /// A campaign was suspended.
    CampaignSuspended = 36,
    /// A campaign is being suspended.
    CampaignSuspending = 37,
    /// Access denied by a security policy.
    AccessDenied = 38,
    /// The service is not ready.
    NotReady = 39,
    /// The operation could not be carried out on its target for now.
    Deployment = 40,
}

impl AisError {
    /// The standard's own name, such as `SA_AIS_ERR_NO_OP`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "SA_AIS_ERR_LIBRARY",
            Self::Version => "SA_AIS_ERR_VERSION",
            Self::Init => "SA_AIS_ERR_INIT",
            Self::Timeout => "SA_AIS_ERR_TIMEOUT",
            Self::TryAgain => "SA_AIS_ERR_TRY_AGAIN",
            Self::InvalidParam => "SA_AIS_ERR_INVALID_PARAM",
            Self::NoMemory => "SA_AIS_ERR_NO_MEMORY",
            Self::BadHandle => "SA_AIS_ERR_BAD_HANDLE",
            Self::Busy => "SA_AIS_ERR_BUSY",
            Self::Access => "SA_AIS_ERR_ACCESS",
            Self::NotExist => "SA_AIS_ERR_NOT_EXIST",
            Self::NameTooLong => "SA_AIS_ERR_NAME_TOO_LONG",
            Self::Exist => "SA_AIS_ERR_EXIST",
            Self::NoSpace => "SA_AIS_ERR_NO_SPACE",
            Self::Interrupt => "SA_AIS_ERR_INTERRUPT",
            Self::NameNotFound => "SA_AIS_ERR_NAME_NOT_FOUND",
            Self::NoResources => "SA_AIS_ERR_NO_RESOURCES",
            Self::NotSupported => "SA_AIS_ERR_NOT_SUPPORTED",
            Self::BadOperation => "SA_AIS_ERR_BAD_OPERATION",
            Self::FailedOperation => "SA_AIS_ERR_FAILED_OPERATION",
            Self::MessageError => "SA_AIS_ERR_MESSAGE_ERROR",
            Self::QueueFull => "SA_AIS_ERR_QUEUE_FULL",
            Self::QueueNotAvailable => "SA_AIS_ERR_QUEUE_NOT_AVAILABLE",
            Self::BadFlags => "SA_AIS_ERR_BAD_FLAGS",
            Self::TooBig => "SA_AIS_ERR_TOO_BIG",
            Self::NoSections => "SA_AIS_ERR_NO_SECTIONS",
            Self::NoOp => "SA_AIS_ERR_NO_OP",
            Self::RepairPending => "SA_AIS_ERR_REPAIR_PENDING",
            Self::NoBindings => "SA_AIS_ERR_NO_BINDINGS",
            Self::Unavailable => "SA_AIS_ERR_UNAVAILABLE",
            Self::CampaignErrorDetected => "SA_AIS_ERR_CAMPAIGN_ERROR_DETECTED",
            Self::CampaignProcFailed => "SA_AIS_ERR_CAMPAIGN_PROC_FAILED",
            Self::CampaignCanceled => "SA_AIS_ERR_CAMPAIGN_CANCELED",
            Self::CampaignFailed => "SA_AIS_ERR_CAMPAIGN_FAILED",
            Self::CampaignSuspended => "SA_AIS_ERR_CAMPAIGN_SUSPENDED",
            Self::CampaignSuspending => "SA_AIS_ERR_CAMPAIGN_SUSPENDING",
            Self::AccessDenied => "SA_AIS_ERR_ACCESS_DENIED",
            Self::NotReady => "SA_AIS_ERR_NOT_READY",
            Self::Deployment => "SA_AIS_ERR_DEPLOYMENT",
        }
    }
}
