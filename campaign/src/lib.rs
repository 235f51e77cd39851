//! Random conversations with simulated modules: what the driver's users may do, in any order, while
//! anything goes wrong on the wire, against a model of what may come of it.
//!
//! From the inside out:
//!
//! - A [`program`] is data: a module, a host, and steps with the faults that strike during them. It
//!   comes from a seed, and is made smaller by what made it, `proptest`.
//! - A [`service`] is what a module does besides sockets, and the [`air`] what there is to be found and
//!   joined. What lies in its [`flash`] is held against what the host was told of it ([`shelf`]).
//! - A [`world`] is the far side: peers whose every byte tells whose it is and where it stands.
//! - A [`target`] is a dialect, and what it offers besides the network.
//! - A [`player`] does one step after the other on virtual time and holds what comes of it against
//!   what may come ([`ledger`], [`trouble`]); what may not come is a [`finding`].
//! - An [`evil`] line answers and behaves as no good one does; on it no more is asked than that every
//!   call ends, in time and without a panic, and that a reset helps once it has become good.
//! - Each is told on a serial line, or on an SPI ([`wire`]).
//! - The [`campaign`] plays many, and makes those smaller that find something.
#![forbid(unsafe_code)]

pub mod air;
pub mod campaign;
pub mod caught;
pub mod evil;
pub mod finding;
pub mod flash;
pub mod ledger;
pub mod player;
pub mod program;
pub mod service;
pub mod shelf;
pub mod target;
pub mod trouble;
pub mod wire;
pub mod world;
