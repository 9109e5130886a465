//! libquorum: whether the ring is quorate.

use super::{
    CallError, DISPATCH_ONE_NONBLOCKING, LoadError, TRACK_CURRENT_AND_CHANGES, answer, borrow,
    elements, functions,
};
use std::ffi::{c_int, c_uint, c_void};
use std::os::fd::BorrowedFd;

/// `QUORUM_MODEL_V1`, which names the ring in each notification.
const MODEL_V1: c_uint = 1;

/// `struct quorum_ring_id`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawRingId {
    node: u32,
    number: u64,
}

type QuorumFn = extern "C" fn(u64, u32, RawRingId, u32, *const u32);
type NodelistFn = extern "C" fn(u64, RawRingId, u32, *const u32, u32, *const u32, u32, *const u32);

/// `quorum_model_v1_data_t`.
#[repr(C)]
struct Model {
    model: c_uint,
    quorum: QuorumFn,
    nodelist: Option<NodelistFn>,
}

functions! {
    Functions in "libquorum.so.5" of "libquorum5" {
        quorum_model_initialize:
            unsafe extern "C" fn(*mut u64, c_uint, *mut Model, *mut u32, *mut c_void) -> c_int,
        quorum_finalize: unsafe extern "C" fn(u64) -> c_int,
        quorum_fd_get: unsafe extern "C" fn(u64, *mut c_int) -> c_int,
        quorum_dispatch: unsafe extern "C" fn(u64, c_uint) -> c_int,
        quorum_trackstart: unsafe extern "C" fn(u64, c_uint) -> c_int,
        quorum_context_get: unsafe extern "C" fn(u64, *mut *mut c_void) -> c_int,
        quorum_context_set: unsafe extern "C" fn(u64, *mut c_void) -> c_int,
    }
}

/// Whether a ring is quorate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `(node, number)`.
    pub(crate) ring: (u32, u64),
    pub(crate) quorate: bool,
    /// Its nodes.
    pub(crate) nodes: Vec<u32>,
}

/// A connection to the quorum service.
pub(crate) struct Quorum {
    functions: &'static Functions,
    handle: u64,
    fd: c_int,
}

impl Quorum {
    /// Loads the library, if it was not loaded before.
    pub(crate) fn load() -> Result<(), LoadError> {
        Functions::get().map(|_| ())
    }

    /// Connects, and asks for the present verdict and all that follow.
    pub(crate) fn open() -> Result<Self, CallError> {
        let functions = Functions::get().map_err(|_| CallError {
            call: "libquorum.so.5",
            code: 2,
        })?;
        let mut model = Model {
            model: MODEL_V1,
            quorum,
            nodelist: None,
        };
        let (mut handle, mut kind) = (0, 0);
        // SAFETY: the library copies the model.
        let code = unsafe {
            (functions.quorum_model_initialize)(
                &raw mut handle,
                MODEL_V1,
                &raw mut model,
                &raw mut kind,
                std::ptr::null_mut(),
            )
        };
        answer("quorum_model_initialize", code)?;
        let mut opened = Self {
            functions,
            handle,
            fd: -1,
        };
        // SAFETY: the handle is open.
        let code = unsafe { (functions.quorum_fd_get)(handle, &raw mut opened.fd) };
        answer("quorum_fd_get", code)?;
        // SAFETY: the handle is open.
        let code = unsafe { (functions.quorum_trackstart)(handle, TRACK_CURRENT_AND_CHANGES) };
        answer("quorum_trackstart", code)?;
        Ok(opened)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        borrow(self, self.fd)
    }

    /// The next verdict, if one is there: `Err` with [`CallError::is_try_again`] when nothing is,
    /// and `Ok(None)` for something else.
    pub(crate) fn dispatch(&mut self) -> Result<Option<Verdict>, CallError> {
        let mut verdict: Option<Verdict> = None;
        let context: *mut Option<Verdict> = &raw mut verdict;
        // SAFETY: the context is used by callbacks only, which come on this thread before
        // quorum_dispatch returns; it is taken away again before `verdict` is.
        let code = unsafe {
            (self.functions.quorum_context_set)(self.handle, context.cast());
            let code = (self.functions.quorum_dispatch)(self.handle, DISPATCH_ONE_NONBLOCKING);
            (self.functions.quorum_context_set)(self.handle, std::ptr::null_mut());
            code
        };
        answer("quorum_dispatch", code)?;
        Ok(verdict)
    }
}

impl Drop for Quorum {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used after this.
        unsafe { (self.functions.quorum_finalize)(self.handle) };
    }
}

extern "C" fn quorum(handle: u64, quorate: u32, ring: RawRingId, count: u32, nodes: *const u32) {
    let Some(functions) = LOADED.get() else {
        return;
    };
    let mut context = std::ptr::null_mut();
    // SAFETY: a callback's handle is open.
    let code = unsafe { (functions.quorum_context_get)(handle, &raw mut context) };
    let waiting: *mut Option<Verdict> = context.cast();
    if code == super::OK && !waiting.is_null() {
        let count = usize::try_from(count).unwrap_or(0);
        let verdict = Verdict {
            ring: (ring.node, ring.number),
            quorate: quorate != 0,
            // SAFETY: the library hands over so many nodes.
            nodes: unsafe { elements(nodes, count) },
        };
        // SAFETY: set by `dispatch` of this thread, which touches it only when quorum_dispatch
        // has returned.
        unsafe { *waiting = Some(verdict) };
    }
}
