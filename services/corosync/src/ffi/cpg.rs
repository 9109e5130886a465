//! libcpg: closed process groups.

use super::{CallError, DISPATCH_ONE_NONBLOCKING, LoadError, answer, borrow, elements, functions};
use std::ffi::{c_int, c_uint, c_void};
use std::io::IoSlice;
use std::os::fd::BorrowedFd;

/// `CPG_MODEL_V1`.
const MODEL_V1: c_uint = 1;
/// `CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF`: who joins is told the ring at once.
const DELIVER_INITIAL_TOTEM_CONF: c_uint = 1;
/// `CPG_TYPE_AGREED`.
const AGREED: c_uint = 2;
/// `CPG_REASON_NODEDOWN` and `CPG_REASON_NODEUP`.
const NODE_REASONS: [u32; 2] = [3, 4];
/// `CPG_MAX_NAME_LENGTH`.
const NAME_MAX: usize = 128;

/// `struct cpg_name`.
#[repr(C)]
struct Name {
    length: u32,
    value: [u8; NAME_MAX],
}

/// `struct cpg_address`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawAddress {
    node: u32,
    pid: u32,
    reason: u32,
}

/// `struct cpg_ring_id`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawRingId {
    node: u32,
    number: u64,
}

type DeliverFn = extern "C" fn(u64, *const Name, u32, u32, *mut c_void, usize);
type ConfchgFn = extern "C" fn(
    u64,
    *const Name,
    *const RawAddress,
    usize,
    *const RawAddress,
    usize,
    *const RawAddress,
    usize,
);
type TotemConfchgFn = extern "C" fn(u64, RawRingId, u32, *const u32);

/// `cpg_model_v1_data_t`.
#[repr(C)]
struct Model {
    model: c_uint,
    deliver: DeliverFn,
    confchg: ConfchgFn,
    totem_confchg: TotemConfchgFn,
    flags: c_uint,
}

functions! {
    Functions in "libcpg.so.4" of "libcpg4" {
        cpg_model_initialize:
            unsafe extern "C" fn(*mut u64, c_uint, *mut Model, *mut c_void) -> c_int,
        cpg_finalize: unsafe extern "C" fn(u64) -> c_int,
        cpg_fd_get: unsafe extern "C" fn(u64, *mut c_int) -> c_int,
        cpg_dispatch: unsafe extern "C" fn(u64, c_uint) -> c_int,
        cpg_join: unsafe extern "C" fn(u64, *const Name) -> c_int,
        cpg_mcast_joined: unsafe extern "C" fn(u64, c_uint, *const IoSlice<'_>, c_uint) -> c_int,
        cpg_local_get: unsafe extern "C" fn(u64, *mut c_uint) -> c_int,
        cpg_context_get: unsafe extern "C" fn(u64, *mut *mut c_void) -> c_int,
        cpg_context_set: unsafe extern "C" fn(u64, *mut c_void) -> c_int,
    }
}

/// A process, in the words of CPG.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) node: u32,
    pub(crate) pid: u32,
}

/// Why a process is in the group, or is not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Of its own: it joined, left, or died.
    Process,
    /// Its node came into the ring, or left it.
    Node,
}

/// What CPG says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CpgEvent {
    /// A message.
    Deliver { from: Address, bytes: Vec<u8> },
    /// Who is in the group.
    Confchg {
        members: Vec<Address>,
        left: Vec<(Address, Reason)>,
        joined: Vec<(Address, Reason)>,
    },
    /// The ring, and its nodes.
    TotemConfchg {
        /// `(node, number)`.
        ring: (u32, u64),
        nodes: Vec<u32>,
    },
}

/// A connection to CPG.
pub(crate) struct Cpg {
    functions: &'static Functions,
    handle: u64,
    fd: c_int,
}

impl Cpg {
    /// Loads the library, if it was not loaded before.
    pub(crate) fn load() -> Result<(), LoadError> {
        Functions::get().map(|_| ())
    }

    pub(crate) fn open() -> Result<Self, CallError> {
        let functions = Functions::get().map_err(|_| CallError {
            call: "libcpg.so.4",
            code: 2,
        })?;
        let mut model = Model {
            model: MODEL_V1,
            deliver,
            confchg,
            totem_confchg,
            flags: DELIVER_INITIAL_TOTEM_CONF,
        };
        let mut handle = 0;
        // SAFETY: the library copies the model; the context is set before callbacks can come.
        let code = unsafe {
            (functions.cpg_model_initialize)(
                &raw mut handle,
                MODEL_V1,
                &raw mut model,
                std::ptr::null_mut(),
            )
        };
        answer("cpg_model_initialize", code)?;
        let mut opened = Self {
            functions,
            handle,
            fd: -1,
        };
        // SAFETY: the handle is open.
        let code = unsafe { (functions.cpg_fd_get)(handle, &raw mut opened.fd) };
        answer("cpg_fd_get", code)?;
        Ok(opened)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        borrow(self, self.fd)
    }

    /// The node on which this runs.
    pub(crate) fn local(&self) -> Result<u32, CallError> {
        let mut node = 0;
        // SAFETY: the handle is open.
        let code = unsafe { (self.functions.cpg_local_get)(self.handle, &raw mut node) };
        answer("cpg_local_get", code)?;
        Ok(node)
    }

    /// Joins a group, whose name is at most [`Self::NAME_BYTES_MAX`] long.
    pub(crate) fn join(&self, group: &str) -> Result<(), CallError> {
        let mut name = Name {
            length: 0,
            value: [0; NAME_MAX],
        };
        for (byte, given) in name.value.iter_mut().zip(group.bytes()) {
            *byte = given;
            name.length += 1;
        }
        // SAFETY: the handle is open, the library copies the name.
        let code = unsafe { (self.functions.cpg_join)(self.handle, &raw const name) };
        answer("cpg_join", code)
    }

    /// Corosync's daemon ends names with a zero byte here and there.
    pub(crate) const NAME_BYTES_MAX: usize = NAME_MAX - 1;

    /// Sends what `parts` make together; does not wait for anything.
    pub(crate) fn multicast(&self, parts: [&[u8]; 2]) -> Result<(), CallError> {
        let parts = parts.map(IoSlice::new);
        // SAFETY: IoSlice is a struct iovec, which the library reads before it returns; two fit.
        let code =
            unsafe { (self.functions.cpg_mcast_joined)(self.handle, AGREED, parts.as_ptr(), 2) };
        answer("cpg_mcast_joined", code)
    }

    /// The next event, if one is there: `Err` with [`CallError::is_try_again`] when none is, and
    /// `Ok(None)` for a part of one.
    pub(crate) fn dispatch(&mut self) -> Result<Option<CpgEvent>, CallError> {
        let mut event: Option<CpgEvent> = None;
        let context: *mut Option<CpgEvent> = &raw mut event;
        // SAFETY: the context is used by callbacks only, which come on this thread before
        // cpg_dispatch returns; it is taken away again before `event` is.
        let code = unsafe {
            (self.functions.cpg_context_set)(self.handle, context.cast());
            let code = (self.functions.cpg_dispatch)(self.handle, DISPATCH_ONE_NONBLOCKING);
            (self.functions.cpg_context_set)(self.handle, std::ptr::null_mut());
            code
        };
        answer("cpg_dispatch", code)?;
        Ok(event)
    }
}

impl Drop for Cpg {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used after this.
        unsafe { (self.functions.cpg_finalize)(self.handle) };
    }
}

/// Gives an event to the dispatching call that waits for it.
fn tell(handle: u64, event: CpgEvent) {
    let Some(functions) = LOADED.get() else {
        return;
    };
    let mut context = std::ptr::null_mut();
    // SAFETY: a callback's handle is open.
    let code = unsafe { (functions.cpg_context_get)(handle, &raw mut context) };
    let waiting: *mut Option<CpgEvent> = context.cast();
    if code == super::OK && !waiting.is_null() {
        // SAFETY: set by `dispatch` of this thread, which touches it only when cpg_dispatch has
        // returned.
        unsafe { *waiting = Some(event) };
    }
}

extern "C" fn deliver(
    handle: u64,
    _group: *const Name,
    node: u32,
    pid: u32,
    message: *mut c_void,
    length: usize,
) {
    // SAFETY: the library hands over so many bytes.
    let bytes = unsafe { elements(message.cast::<u8>().cast_const(), length) };
    let from = Address { node, pid };
    tell(handle, CpgEvent::Deliver { from, bytes });
}

extern "C" fn confchg(
    handle: u64,
    _group: *const Name,
    members: *const RawAddress,
    members_count: usize,
    left: *const RawAddress,
    left_count: usize,
    joined: *const RawAddress,
    joined_count: usize,
) {
    // SAFETY: the library hands over so many addresses of each kind.
    let (members, left, joined) = unsafe {
        (
            elements(members, members_count),
            elements(left, left_count),
            elements(joined, joined_count),
        )
    };
    let event = CpgEvent::Confchg {
        members: members.into_iter().map(address).collect(),
        left: left.into_iter().map(with_reason).collect(),
        joined: joined.into_iter().map(with_reason).collect(),
    };
    tell(handle, event);
}

extern "C" fn totem_confchg(handle: u64, ring: RawRingId, count: u32, nodes: *const u32) {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the library hands over so many nodes.
    let nodes = unsafe { elements(nodes, count) };
    let ring = (ring.node, ring.number);
    tell(handle, CpgEvent::TotemConfchg { ring, nodes });
}

fn address(raw: RawAddress) -> Address {
    let RawAddress { node, pid, .. } = raw;
    Address { node, pid }
}

fn with_reason(raw: RawAddress) -> (Address, Reason) {
    let reason = match NODE_REASONS.contains(&raw.reason) {
        true => Reason::Node,
        false => Reason::Process,
    };
    (address(raw), reason)
}
