//! What is read from the files of firmware: how much of a microcontroller it takes, where its bytes
//! come from, and which functions are linked.

pub mod causes;
#[path = "../../../emulators/src/measure.rs"]
pub mod measure;
pub mod symbols;
