//! The server against our own client, and against what nobody should send.
