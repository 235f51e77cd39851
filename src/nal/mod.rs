//! `embedded-nal` on top of the driver.

mod dns;
mod tcp;
