//! Corosync's client libraries, as far as a ring needs them: the only unsafe code of this crate.
//!
//! They are loaded when they are needed, so that a shelf of one CMM runs without them. Callbacks
//! have no state of their own and take no lock: they find the list of events that the dispatching
//! call on the same thread waits for, by the context of their handle.
//!
//! Source: corosync/{corotypes,cpg,quorum,votequorum,cmap}.h of Corosync 3.1.7.

mod cmap;
mod cpg;
pub(crate) mod gpio;
mod quorum;
mod votequorum;

pub(crate) use cmap::Cmap;
pub(crate) use cpg::{Address, Cpg, CpgEvent, Reason};
pub(crate) use quorum::{Quorum, Verdict};
pub(crate) use votequorum::Votequorum;

use libloading::Library;
use std::fmt;
use std::os::fd::{BorrowedFd, RawFd};

/// `CS_DISPATCH_ONE_NONBLOCKING`: one event if there is one.
const DISPATCH_ONE_NONBLOCKING: u32 = 4;

/// `CS_TRACK_CURRENT | CS_TRACK_CHANGES`: how it is now, and each change.
const TRACK_CURRENT_AND_CHANGES: u32 = 0x03;

/// Codes of `cs_error_t` that are no errors here.
const OK: i32 = 1;
const TRY_AGAIN: i32 = 6;

/// A library is not there, or not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The library's file.
    pub file: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// What the loader says.
    pub why: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, package, why } = self;
        write!(
            f,
            "{file} cannot be loaded: apt-get install {package} corosync ({why})"
        )
    }
}

impl std::error::Error for LoadError {}

/// A call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallError {
    /// The call.
    pub(crate) call: &'static str,
    /// What it answered: `cs_error_t`.
    code: i32,
}

impl CallError {
    /// Corosync cannot do it now, but can soon.
    pub(crate) fn is_try_again(self) -> bool {
        self.code == TRY_AGAIN
    }

    /// `CS_ERR_MESSAGE_ERROR`: a poll spoke of a ring that is not the present one any more.
    pub(crate) fn is_message_error(self) -> bool {
        self.code == 22
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.code {
            2 => "no connection to Corosync",
            5 => "time-out",
            6 => "try again",
            7 => "invalid parameter",
            8 => "no memory",
            9 => "bad handle",
            11 => "access denied: only root, or who has a file in /etc/corosync/uidgid.d, may",
            12 => "does not exist",
            14 => "this process is in the group already",
            18 => "no resources",
            22 => "message error",
            100 => "access denied",
            _ => "",
        };
        write!(f, "{}: error {} {name}", self.call, self.code)
    }
}

/// What a call answered.
fn answer(call: &'static str, code: i32) -> Result<(), CallError> {
    match code {
        OK => Ok(()),
        code => Err(CallError { call, code }),
    }
}

/// A file descriptor that lives as long as its owner, who borrows it out.
fn borrow<T>(_owner: &T, fd: RawFd) -> BorrowedFd<'_> {
    // SAFETY: the library closes it when the handle is finalized, which is when the owner is
    // dropped, and says that it is there by having answered OK.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// The elements of a list that C hands over as pointer and length, which may be null when empty.
///
/// # Safety
/// `list` points to `count` elements, or `count` is 0.
unsafe fn elements<T: Copy>(list: *const T, count: usize) -> Vec<T> {
    if count == 0 || list.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller promises.
    unsafe { std::slice::from_raw_parts(list, count) }.to_vec()
}

/// Loads a library, for good: its functions are called until the process ends.
fn load(file: &'static str, package: &'static str) -> Result<&'static Library, LoadError> {
    // SAFETY: Corosync's client libraries run nothing but libqb's registration of its log when
    // they are loaded.
    match unsafe { Library::new(file) } {
        Ok(library) => Ok(Box::leak(Box::new(library))),
        Err(error) => Err(LoadError {
            file,
            package,
            why: error.to_string(),
        }),
    }
}

/// A table of a library's functions, loaded with the first call of `get`.
macro_rules! functions {
    ($table:ident in $file:literal of $package:literal { $($name:ident: $type:ty,)* }) => {
        #[derive(Clone, Copy)]
        struct $table { $($name: $type),* }

        impl $table {
            fn get() -> Result<&'static Self, $crate::ffi::LoadError> {
                if let Some(loaded) = LOADED.get() {
                    return Ok(loaded);
                }
                let library = $crate::ffi::load($file, $package)?;
                $(
                    // SAFETY: the type is the one that the library's header declares.
                    let $name = *unsafe { library.get::<$type>(stringify!($name).as_bytes()) }
                        .map_err(|error| $crate::ffi::LoadError {
                            file: $file,
                            package: $package,
                            why: error.to_string(),
                        })?;
                )*
                Ok(LOADED.get_or_init(|| Self { $($name),* }))
            }
        }

        static LOADED: std::sync::OnceLock<$table> = std::sync::OnceLock::new();
    };
}
use functions;

#[cfg(test)]
mod tests;
