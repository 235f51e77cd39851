//! The network stack: chapter 7 of the reference. Upon the sockets and what they consist of are the
//! commands, and upon these what happens by itself.

mod bind;
mod datagrams;
pub(super) mod dns;
mod link;
mod listen;
pub(super) mod secure;
mod socket;
pub(super) mod sockets;
mod tls;
mod udp;
mod write;
