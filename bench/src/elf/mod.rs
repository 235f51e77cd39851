//! What is read from the files of firmware: how much of a microcontroller it takes, and which
//! functions are linked.

#[path = "../../../emulators/src/measure.rs"]
pub mod measure;
pub mod symbols;
