//! The commands: one description of each message, used by who asks and by who answers.
//!
//! A requester builds with [`Command::request`] and reads with [`Command::read_response`]; a
//! responder reads with [`Command::read_request`] and builds with [`Command::respond`].

pub mod app;
pub mod chassis;
pub mod firewall;
pub mod hpm;
pub mod oem;
pub mod payload;
pub mod pef;
pub mod picmg;
pub mod sensor;
pub mod session;
pub mod storage;
pub mod transport;
pub mod user;
mod visit;
pub mod watchdog;

#[cfg(test)]
mod tests;

pub use visit::{Visitor, visit_all};

use crate::message::{CompletionCode, NetFn, Request, Response};
use crate::wire::{Reader, Truncated};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Group id of PICMG, the first data byte of each of its messages. Source: IPMI v2.0 Table 5-1.
pub const PICMG_GROUP: u8 = 0x00;

/// The data bytes of one message, without group id and completion code.
pub trait Body: Sized {
    /// Reads the fields in order, and leaves the bytes behind the last one: in a response, later
    /// versions of the standard add some.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated>;
    /// Appends the fields in order.
    fn write(&self, out: &mut Vec<u8>);
}

/// Why a response gives no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseError {
    /// The responder refused, with this completion code.
    Refused(CompletionCode),
    /// It said OK, but the data ended too early.
    Truncated,
    /// It said OK, but for another group than was asked.
    OtherGroup,
}

/// A request that knows its command and its response.
pub trait Command: Body {
    /// Network function of the request.
    const NET_FN: NetFn;
    /// Command number.
    const COMMAND: u8;
    /// What the data begins with in both directions: the group id in the group extension, the
    /// enterprise number in the OEM group, nothing elsewhere. Source: IPMI v2.0 Table 5-1.
    const GROUP: &'static [u8];
    /// What answers it.
    type Response: Body;

    /// The request, to logical unit 0.
    fn request(&self) -> Request {
        self.request_on(0)
    }

    /// The request, to logical unit `lun`.
    fn request_on(&self, lun: u8) -> Request {
        let mut data = Self::GROUP.to_vec();
        self.write(&mut data);
        Request {
            net_fn: Self::NET_FN,
            lun,
            command: Self::COMMAND,
            data,
        }
    }

    /// Whether `request` is one of these.
    #[must_use]
    fn is(request: &Request) -> bool {
        request.net_fn == Self::NET_FN
            && request.command == Self::COMMAND
            && request.data.starts_with(Self::GROUP)
    }

    /// Reads the data of a request, which must be neither shorter nor longer than its fields; the
    /// error is the completion code to answer with.
    fn read_request(request: &Request) -> Result<Self, CompletionCode> {
        let data = request.data.get(Self::GROUP.len()..);
        let mut reader = Reader::new(data.ok_or(CompletionCode::LENGTH_INVALID)?);
        let read = Self::read(&mut reader);
        read.ok()
            .filter(|_| reader.is_empty())
            .ok_or(CompletionCode::LENGTH_INVALID)
    }

    /// Reads a response.
    fn read_response(response: &Response) -> Result<Self::Response, ResponseError> {
        if response.code != CompletionCode::OK {
            return Err(ResponseError::Refused(response.code));
        }
        let split = response.data.split_at_checked(Self::GROUP.len());
        let (group, data) = split.ok_or(ResponseError::Truncated)?;
        if group != Self::GROUP {
            return Err(ResponseError::OtherGroup);
        }
        <Self::Response as Body>::read(&mut Reader::new(data)).map_err(|_| ResponseError::Truncated)
    }

    /// Builds the response that says OK.
    fn respond(body: &Self::Response) -> Response {
        let mut data = Self::GROUP.to_vec();
        body.write(&mut data);
        Response {
            code: CompletionCode::OK,
            data,
        }
    }

    /// Builds the response that refuses. Choice: the group id is sent back with it, as for OK.
    fn refuse(code: CompletionCode) -> Response {
        Response {
            code,
            data: Self::GROUP.to_vec(),
        }
    }
}

/// Declares message bodies: the fields in wire order.
macro_rules! bodies {
    ($(
        $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl $crate::command::Body for $name {
            #[allow(unused_variables, reason = "a body may be empty")]
            fn read(
                reader: &mut $crate::wire::Reader<'_>,
            ) -> Result<Self, $crate::wire::Truncated> {
                Ok(Self {
                    $($field: <$ty as $crate::wire::Field>::read(reader, stringify!($field))?,)*
                })
            }
            #[allow(unused_variables, reason = "a body may be empty")]
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $($crate::wire::Field::write(&self.$field, out);)*
            }
        }

        impl $crate::wire::Field for $name {
            fn read(
                reader: &mut $crate::wire::Reader<'_>,
                _field: &'static str,
            ) -> Result<Self, $crate::wire::Truncated> {
                $crate::command::Body::read(reader)
            }
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $crate::command::Body::write(self, out);
            }
        }
    )* };
}

/// Declares which bodies are requests, their command numbers and what answers them. Behind the
/// network function: what their data begins with, `None` when nothing.
macro_rules! commands {
    ($net_fn:ident, None; $($rest:tt)*) => {
        $crate::command::commands! { $net_fn, &[]; $($rest)* }
    };
    ($net_fn:ident, $group:expr; $($number:literal $request:ident => $response:ty;)*) => { $(
        impl $crate::command::Command for $request {
            const NET_FN: $crate::message::NetFn = $crate::message::NetFn::$net_fn;
            const COMMAND: u8 = $number;
            const GROUP: &'static [u8] = $group;
            type Response = $response;
        }
    )*
        /// Shows each command to `visitor`.
        pub(crate) fn visit(visitor: &mut impl $crate::command::Visitor) {
            $(visitor.command::<$request>(stringify!($request));)*
        }
    };
}

/// Declares the parameters of a Set and a Get command: selector, name and type of the data.
macro_rules! parameters {
    ($(
        $(#[$meta:meta])* $name:ident {
            $($(#[$variant_meta:meta])* $selector:literal $variant:ident($ty:ty),)*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* $variant($ty),)*
            /// Any other parameter.
            Other {
                /// Parameter selector.
                selector: u8,
                /// Its data.
                data: alloc::vec::Vec<u8>,
            },
        }

        impl $name {
            /// The parameter selector.
            #[must_use]
            pub fn selector(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $selector,)*
                    Self::Other { selector, .. } => *selector,
                }
            }

            /// The data, as the Set and the Get command carry them.
            #[must_use]
            pub fn data(&self) -> alloc::vec::Vec<u8> {
                let mut out = alloc::vec::Vec::new();
                match self {
                    $(Self::$variant(value) => $crate::wire::Field::write(value, &mut out),)*
                    Self::Other { data, .. } => out.extend_from_slice(data),
                }
                out
            }

            /// Reads the data of the parameter `selector`.
            pub fn decode(selector: u8, data: &[u8]) -> Result<Self, $crate::wire::Truncated> {
                Self::read_data(selector, &mut $crate::wire::Reader::new(data))
            }

            fn read_data(
                selector: u8,
                reader: &mut $crate::wire::Reader<'_>,
            ) -> Result<Self, $crate::wire::Truncated> {
                use $crate::wire::Field;
                match selector {
                    $($selector => Field::read(reader, stringify!($variant)).map(Self::$variant),)*
                    selector => {
                        let data = Field::read(reader, "parameter data")?;
                        Ok(Self::Other { selector, data })
                    }
                }
            }

            /// Every selector that has a type of its own.
            #[cfg(test)]
            pub(crate) const SELECTORS: &'static [u8] = &[$($selector),*];
        }

        /// The selector, then the data.
        impl $crate::wire::Field for $name {
            fn read(
                reader: &mut $crate::wire::Reader<'_>,
                _field: &'static str,
            ) -> Result<Self, $crate::wire::Truncated> {
                let selector = reader.u8("parameter selector")?;
                Self::read_data(selector, reader)
            }
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                out.push(self.selector());
                out.extend_from_slice(&self.data());
            }
        }
    )* };
}

pub(crate) use {bodies, commands, parameters};

bodies! {
    /// Nothing behind the completion code.
    Empty {}

    /// Answer to the Get commands of configuration parameters.
    Parameters {
        /// Bits 7–4: oldest revision that this one is compatible with; 3–0: present revision.
        revision: u8,
        /// Data of the parameter; its type's `decode` reads it. Empty when only the revision was
        /// asked for.
        data: Vec<u8>,
    }
}

/// Revision of the parameters: 1, compatible with 1. Source: IPMI v2.0 §23.2.
pub const PARAMETER_REVISION: u8 = 0x11;

/// Completion codes of the Set and Get commands of configuration parameters.
/// Source: IPMI v2.0 Tables 23-2, 25-2 and 26-3.
pub mod parameter_code {
    use crate::message::CompletionCode;

    /// Parameter not supported.
    pub const NOT_SUPPORTED: CompletionCode = CompletionCode(0x80);
    /// Set in progress was asked for while another one is.
    pub const SET_IN_PROGRESS: CompletionCode = CompletionCode(0x81);
    /// Attempt to write a parameter that can only be read.
    pub const READ_ONLY: CompletionCode = CompletionCode(0x82);
    /// Attempt to read a parameter that can only be written.
    pub const WRITE_ONLY: CompletionCode = CompletionCode(0x83);
}
