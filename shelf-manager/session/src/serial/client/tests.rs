//! The console against our own management controller, and against others.

mod conversation;
mod random;
mod recorded;
