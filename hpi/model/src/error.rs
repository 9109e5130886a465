//! `SaErrorT`.

use crate::numbered::numbered;

numbered! {
    /// A failed HPI call. `SA_OK` (0) is `Ok(_)` and so is not listed. [`HpiError::code`] has the C
    /// value.
    /// Source: `SaErrorT` in `SaHpi.h`.
    HpiError {
        Error = 1 "ERROR",
        UnsupportedApi = 2 "UNSUPPORTED_API",
        Busy = 3 "BUSY",
        InternalError = 4 "INTERNAL_ERROR",
        InvalidCmd = 5 "INVALID_CMD",
        Timeout = 6 "TIMEOUT",
        OutOfSpace = 7 "OUT_OF_SPACE",
        OutOfMemory = 8 "OUT_OF_MEMORY",
        InvalidParams = 9 "INVALID_PARAMS",
        InvalidData = 10 "INVALID_DATA",
        NotPresent = 11 "NOT_PRESENT",
        NoResponse = 12 "NO_RESPONSE",
        Duplicate = 13 "DUPLICATE",
        InvalidSession = 14 "INVALID_SESSION",
        InvalidDomain = 15 "INVALID_DOMAIN",
        InvalidResource = 16 "INVALID_RESOURCE",
        InvalidRequest = 17 "INVALID_REQUEST",
        EntityNotPresent = 18 "ENTITY_NOT_PRESENT",
        ReadOnly = 19 "READ_ONLY",
        Capability = 20 "CAPABILITY",
        Unknown = 21 "UNKNOWN",
        InvalidState = 22 "INVALID_STATE",
        UnsupportedParams = 23 "UNSUPPORTED_PARAMS",
    }
}

impl HpiError {
    /// `SaErrorT`: −1000 − n.
    pub fn code(self) -> i32 {
        -1000 - self as i32
    }
}
