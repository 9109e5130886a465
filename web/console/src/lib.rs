//! The web console: an HTTP server for browsers and programs, and the control socket for
//! `shelfctl`.
//!
//! Both ask the daemon through one [`Backend`] and show what it says; neither keeps state of the
//! shelf.
//!
//! Choice: HTTP only. HTTPS needs a certificate that somebody has to configure; until it is there,
//! an operator on
//! another host comes through an SSH tunnel, and a console that listens beyond the host demands a
//! login to read, too.

mod assets;
mod backend;
mod control;
mod http;
mod login;

pub use backend::{Backend, Desk};
pub use control::{bind_control, serve_control};
pub use http::{HttpOptions, serve_http};
pub use login::Credential;
