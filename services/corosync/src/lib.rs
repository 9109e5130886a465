//! The group communication system of real shelves: Corosync's closed process groups.
//!
//! [`Ring`] is a [`group::Transport`] on top of them. It does its work on a thread of its own, so
//! that a Corosync that dies or hangs never holds its owner up.
//!
//! # What Corosync does
//!
//! Read in the source of Corosync 3.1.7, and seen in the tests of this crate.
//!
//! - *Order.* With a new ring CPG tells, in one stretch and before any message of it that a client
//!   sent afterwards: who left the group with his node, who came with his node, and last the ring.
//!   Who joins is told that he did, and then the ring. Changes of a process alone come without a
//!   ring. (`cpg_sync_activate` and `notify_lib_joinlist` of exec/cpg.c.)
//! - *Messages.* `cpg_mcast_joined` puts a message into a buffer of 1 MiB that is shared with the
//!   daemon, and waits for nothing. TRY_AGAIN means that the buffer is full, that Totem's queue is
//!   three quarters full, or that the ring is being synchronized. (`cpg_mcast_joined` of lib/cpg.c,
//!   `cs_ipcs_check_for_flow_control` of exec/ipc_glue.c.)
//! - *Calls.* All other calls wait for the daemon's answer without a limit. While a ring is being
//!   synchronized, only votequorum's are answered. That the daemon died during a call is seen after
//!   up to two seconds, at any other time at once. (`CS_IPC_TIMEOUT_MS`; exec/ipc_glue.c; seen.)
//! - *Quorum.* libquorum tells one verdict, with its ring, whenever a ring has been synchronized,
//!   and again whenever votes change it. A ring whose synchronization is broken off by the next
//!   has none. (`votequorum_sync_activate` and `are_we_quorate` of exec/votequorum.c.)
//! - *The device.* Its vote counts on the node alone that casts it: blades do not have it, and find
//!   a ring of one CMM and the line not quorate. [`Ring`] leaves the verdict to those that have
//!   votes. Any `model` will do in corosync.conf. As long as nobody registers the device, its vote
//!   is not cast, and nothing waits for it. Once it was polled, each new ring waits for a poll that
//!   names it, for at most `sync_timeout`; and without a poll for `timeout` the vote is void until
//!   the next. (`votequorum_sync_process` and `message_handler_req_lib_votequorum_qdevice_poll`.)
//! - *A Corosync that has just started* fails an assertion and ends if it hears of a device before
//!   it has heard of the node that has it, as when the others' ring was broken off by the one in
//!   which it joins. (`message_handler_req_exec_votequorum_nodeinfo` of exec/votequorum.c; seen.)
//!   Somebody must start it again: see docs/ring.md.
//! - *The end of a client.* The members are told that it left as soon as its socket is closed; the
//!   same process id may join again only after that. (`cpg_lib_exit_fn`,
//!   `message_handler_req_lib_cpg_join`.)
//! - *Room.* `cpg_dispatch` has a message of up to 1 MiB on its stack, and writes the members and
//!   nodes that it is told into arrays of 128 without looking at their number.

mod assembly;
mod claim;
mod device;
#[allow(unsafe_code)]
mod ffi;
mod line;
mod ring;
mod session;
mod shared;

pub use ffi::LoadError;
pub use line::{Holder, Line, Wake, Watch};
pub use ring::{Facts, Look, Options, Ring, RingError};
pub use shared::MESSAGE_BYTES_MAX;
