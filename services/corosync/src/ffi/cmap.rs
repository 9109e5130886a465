//! libcmap: Corosync's configuration.

use super::{CallError, LoadError, answer, functions};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

/// `CMAP_VALUETYPE_UINT32` and `CMAP_VALUETYPE_STRING`.
const UINT32: c_uint = 6;
const STRING: c_uint = 11;
/// `CS_ERR_NOT_EXIST`.
const NOT_EXIST: i32 = 12;

functions! {
    Functions in "libcmap.so.4" of "libcmap4" {
        cmap_initialize: unsafe extern "C" fn(*mut u64) -> c_int,
        cmap_finalize: unsafe extern "C" fn(u64) -> c_int,
        cmap_get: unsafe extern "C" fn(
            u64,
            *const c_char,
            *mut c_void,
            *mut usize,
            *mut c_uint,
        ) -> c_int,
    }
}

/// A connection to the configuration map.
pub(crate) struct Cmap {
    functions: &'static Functions,
    handle: u64,
}

impl Cmap {
    /// Loads the library, if it was not loaded before.
    pub(crate) fn load() -> Result<(), LoadError> {
        Functions::get().map(|_| ())
    }

    pub(crate) fn open() -> Result<Self, CallError> {
        let functions = Functions::get().map_err(|_| CallError {
            call: "libcmap.so.4",
            code: 2,
        })?;
        let mut handle = 0;
        // SAFETY: the library writes a handle there.
        let code = unsafe { (functions.cmap_initialize)(&raw mut handle) };
        answer("cmap_initialize", code)?;
        Ok(Self { functions, handle })
    }

    /// A number; `None` when there is none of this name.
    pub(crate) fn number(&self, key: &CStr) -> Result<Option<u32>, CallError> {
        let mut bytes = [0; 4];
        let found = self.read(key, &mut bytes, UINT32)?;
        Ok(found.map(|_| u32::from_ne_bytes(bytes)))
    }

    /// A text of up to 254 bytes; `None` when there is none of this name.
    pub(crate) fn text(&self, key: &CStr) -> Result<Option<String>, CallError> {
        let mut bytes = [0; 255];
        let found = self.read(key, &mut bytes, STRING)?;
        let text = |length: usize| {
            let bytes = bytes.get(..length).unwrap_or_default();
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        };
        Ok(found.map(text))
    }

    fn read(&self, key: &CStr, to: &mut [u8], kind: c_uint) -> Result<Option<usize>, CallError> {
        let (mut length, mut found) = (to.len(), 0);
        let value = to.as_mut_ptr().cast();
        // SAFETY: the library writes at most `length` bytes.
        let code = unsafe {
            (self.functions.cmap_get)(
                self.handle,
                key.as_ptr(),
                value,
                &raw mut length,
                &raw mut found,
            )
        };
        match code {
            NOT_EXIST => Ok(None),
            code => answer("cmap_get", code).map(|()| (found == kind).then_some(length)),
        }
    }
}

impl Drop for Cmap {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used after this.
        unsafe { (self.functions.cmap_finalize)(self.handle) };
    }
}
