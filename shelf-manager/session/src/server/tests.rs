//! The server against our own client, and against what nobody should send.

mod abuse;
mod acknowledge;
mod client;
mod console;
mod opening;
mod requests;
mod sol;
mod users;
