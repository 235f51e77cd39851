//! What can be read from a firmware's ELF file.
#![forbid(unsafe_code)]

pub mod measure;
