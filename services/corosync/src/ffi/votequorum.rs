//! libvotequorum: the quorum device, which is a vote of its own.

use super::{
    CallError, DISPATCH_ONE_NONBLOCKING, LoadError, TRACK_CURRENT_AND_CHANGES, answer, borrow,
    functions,
};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::os::fd::BorrowedFd;

/// `VOTEQUORUM_QDEVICE_MAX_NAME_LEN`.
const NAME_MAX: usize = 255;

/// `VOTEQUORUM_INFO_TWONODE`.
const TWO_NODE: c_uint = 1;

/// `votequorum_ring_id_t`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawRingId {
    node: u32,
    number: u64,
}

/// `struct votequorum_info`.
#[repr(C)]
struct Info {
    node: c_uint,
    state: c_uint,
    votes: c_uint,
    expected_votes: c_uint,
    highest_expected: c_uint,
    total_votes: c_uint,
    quorum: c_uint,
    flags: c_uint,
    device_votes: c_uint,
    device_name: [u8; NAME_MAX],
}

type NodelistFn = extern "C" fn(u64, u64, RawRingId, u32, *const u32);

/// `votequorum_callbacks_t`, of which only the ring is wanted.
#[repr(C)]
struct Callbacks {
    quorum: *const c_void,
    expected_votes: *const c_void,
    nodelist: NodelistFn,
}

functions! {
    Functions in "libvotequorum.so.8" of "libvotequorum8" {
        votequorum_initialize: unsafe extern "C" fn(*mut u64, *mut Callbacks) -> c_int,
        votequorum_finalize: unsafe extern "C" fn(u64) -> c_int,
        votequorum_fd_get: unsafe extern "C" fn(u64, *mut c_int) -> c_int,
        votequorum_dispatch: unsafe extern "C" fn(u64, c_uint) -> c_int,
        votequorum_trackstart: unsafe extern "C" fn(u64, u64, c_uint) -> c_int,
        votequorum_getinfo: unsafe extern "C" fn(u64, c_uint, *mut Info) -> c_int,
        votequorum_context_get: unsafe extern "C" fn(u64, *mut *mut c_void) -> c_int,
        votequorum_context_set: unsafe extern "C" fn(u64, *mut c_void) -> c_int,
        votequorum_qdevice_register: unsafe extern "C" fn(u64, *const c_char) -> c_int,
        votequorum_qdevice_unregister: unsafe extern "C" fn(u64, *const c_char) -> c_int,
        votequorum_qdevice_poll:
            unsafe extern "C" fn(u64, *const c_char, c_uint, RawRingId) -> c_int,
    }
}

/// Votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Votes {
    /// Of this node.
    pub(crate) own: u32,
    /// Of the device, if it is cast.
    pub(crate) device: u32,
    /// Of all, when everything works.
    pub(crate) expected: u32,
    /// Two nodes need no majority.
    pub(crate) has_two_node: bool,
}

/// A connection to votequorum.
pub(crate) struct Votequorum {
    functions: &'static Functions,
    handle: u64,
    fd: c_int,
}

impl Votequorum {
    /// Loads the library, if it was not loaded before.
    pub(crate) fn load() -> Result<(), LoadError> {
        Functions::get().map(|_| ())
    }

    /// Connects, and asks for the present ring and all that follow, each of which is told while
    /// votequorum waits for the device's vote in it.
    pub(crate) fn open() -> Result<Self, CallError> {
        let functions = Functions::get().map_err(|_| CallError {
            call: "libvotequorum.so.8",
            code: 2,
        })?;
        let mut callbacks = Callbacks {
            quorum: std::ptr::null(),
            expected_votes: std::ptr::null(),
            nodelist,
        };
        let mut handle = 0;
        // SAFETY: the library copies the callbacks, of which it leaves out those that are null.
        let code =
            unsafe { (functions.votequorum_initialize)(&raw mut handle, &raw mut callbacks) };
        answer("votequorum_initialize", code)?;
        let mut opened = Self {
            functions,
            handle,
            fd: -1,
        };
        // SAFETY: the handle is open.
        let code = unsafe { (functions.votequorum_fd_get)(handle, &raw mut opened.fd) };
        answer("votequorum_fd_get", code)?;
        // SAFETY: the handle is open.
        let code =
            unsafe { (functions.votequorum_trackstart)(handle, 0, TRACK_CURRENT_AND_CHANGES) };
        answer("votequorum_trackstart", code)?;
        Ok(opened)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        borrow(self, self.fd)
    }

    /// The votes, as they are now.
    pub(crate) fn votes(&self) -> Result<Votes, CallError> {
        let mut info = Info {
            node: 0,
            state: 0,
            votes: 0,
            expected_votes: 0,
            highest_expected: 0,
            total_votes: 0,
            quorum: 0,
            flags: 0,
            device_votes: 0,
            device_name: [0; NAME_MAX],
        };
        // SAFETY: the handle is open; node 0 stands for this one.
        let code = unsafe { (self.functions.votequorum_getinfo)(self.handle, 0, &raw mut info) };
        answer("votequorum_getinfo", code)?;
        Ok(Votes {
            own: info.votes,
            device: info.device_votes,
            expected: info.expected_votes,
            has_two_node: info.flags & TWO_NODE != 0,
        })
    }

    /// Says that the device is there.
    pub(crate) fn register(&self, device: &CStr) -> Result<(), CallError> {
        let register = self.functions.votequorum_qdevice_register;
        // SAFETY: the handle is open, the library copies the name.
        let code = unsafe { register(self.handle, device.as_ptr()) };
        answer("votequorum_qdevice_register", code)
    }

    /// Says that the device is there no more.
    pub(crate) fn unregister(&self, device: &CStr) -> Result<(), CallError> {
        let unregister = self.functions.votequorum_qdevice_unregister;
        // SAFETY: the handle is open, the library copies the name.
        let code = unsafe { unregister(self.handle, device.as_ptr()) };
        answer("votequorum_qdevice_unregister", code)
    }

    /// Casts the device's vote on this node in a ring, or withholds it.
    pub(crate) fn poll(
        &self,
        device: &CStr,
        is_cast: bool,
        (node, number): (u32, u64),
    ) -> Result<(), CallError> {
        let poll = self.functions.votequorum_qdevice_poll;
        let ring = RawRingId { node, number };
        // SAFETY: the handle is open, the library copies the name.
        let code = unsafe { poll(self.handle, device.as_ptr(), c_uint::from(is_cast), ring) };
        answer("votequorum_qdevice_poll", code)
    }

    /// The next ring, if one is told: `Err` with [`CallError::is_try_again`] when nothing is, and
    /// `Ok(None)` for something else.
    pub(crate) fn dispatch(&mut self) -> Result<Option<(u32, u64)>, CallError> {
        let mut ring: Option<(u32, u64)> = None;
        let context: *mut Option<(u32, u64)> = &raw mut ring;
        // SAFETY: the context is used by callbacks only, which come on this thread before
        // votequorum_dispatch returns; it is taken away again before `ring` is.
        let code = unsafe {
            (self.functions.votequorum_context_set)(self.handle, context.cast());
            let code = (self.functions.votequorum_dispatch)(self.handle, DISPATCH_ONE_NONBLOCKING);
            (self.functions.votequorum_context_set)(self.handle, std::ptr::null_mut());
            code
        };
        answer("votequorum_dispatch", code)?;
        Ok(ring)
    }
}

impl Drop for Votequorum {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used after this.
        unsafe { (self.functions.votequorum_finalize)(self.handle) };
    }
}

extern "C" fn nodelist(
    handle: u64,
    _context: u64,
    ring: RawRingId,
    _count: u32,
    _nodes: *const u32,
) {
    let Some(functions) = LOADED.get() else {
        return;
    };
    let mut context = std::ptr::null_mut();
    // SAFETY: a callback's handle is open.
    let code = unsafe { (functions.votequorum_context_get)(handle, &raw mut context) };
    let waiting: *mut Option<(u32, u64)> = context.cast();
    if code == super::OK && !waiting.is_null() {
        // SAFETY: set by `dispatch` of this thread, which touches it only when
        // votequorum_dispatch has returned.
        unsafe { *waiting = Some((ring.node, ring.number)) };
    }
}
