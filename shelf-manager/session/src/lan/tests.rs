//! The client against a server half that exists only here, byte by byte over a wire that a test can
//! disturb.

use crate::crypto::tests::hex;

mod server;
mod vectors;
mod wire;
