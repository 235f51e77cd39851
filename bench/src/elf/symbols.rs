//! What must not be linked into the firmware of a client: what was thrown out of it for its size,
//! and whatever panics.

use object::{Object, ObjectSymbol, SymbolKind};

/// Parts of names, and why no function of a client has them.
const UNWANTED: &[(&str, &str)] = &[
    (
        "memmove",
        "722 bytes; bytes move towards the front in a loop",
    ),
    ("idiv", DIVISION),
    ("udivsi3", DIVISION),
    ("umodsi3", DIVISION),
    ("udivmodsi4", DIVISION),
    ("udivdi3", DIVISION),
    ("umoddi3", DIVISION),
    ("udivmoddi4", DIVISION),
    ("ldivmod", DIVISION),
    ("div_rem", DIVISION),
    ("lmul", MULTIPLICATION),
    ("muldi3", MULTIPLICATION),
    ("serde", "the driver's own commands come from templates"),
    ("core::fmt", "a client writes no text but commands"),
    ("core::panicking", PANIC),
    ("slice_index_fail", PANIC),
    ("slice_error_fail", PANIC),
    ("len_mismatch_fail", PANIC),
    ("unwrap_failed", PANIC),
    ("expect_failed", PANIC),
    ("panic_already_", PANIC),
    ("capacity_overflow", PANIC),
];

const DIVISION: &str = "a Cortex-M0+ divides in software";
const MULTIPLICATION: &str = "a Cortex-M0+ multiplies 64 bits in software";
const PANIC: &str = "nothing in a client panics";

/// Why a function must not be linked; `None` if it may.
pub fn objection(name: &str) -> Option<&'static str> {
    let mut unwanted = UNWANTED.iter();
    let found = unwanted.find(|(part, _)| name.contains(part));
    found.map(|&(_, why)| why)
}

/// The names of all functions in an ELF file, without their hashes.
///
/// # Errors
/// It is not an ELF file.
pub fn functions(elf: &[u8]) -> object::Result<Vec<String>> {
    let file = object::File::parse(elf)?;
    let functions = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text);
    functions
        .map(|symbol| Ok(format!("{:#}", rustc_demangle::demangle(symbol.name()?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn what_was_thrown_out_is_unwanted() {
        for name in [
            "memmove",
            "__aeabi_memmove4",
            "compiler_builtins::mem::memmove",
            "__aeabi_uidiv",
            "__aeabi_uidivmod",
            "__aeabi_idiv",
            "__udivsi3",
            "__aeabi_uldivmod",
            "compiler_builtins::int::specialized_div_rem::u64_div_rem",
            "__aeabi_lmul",
            "compiler_builtins::int::mul::__muldi3",
            "<core::net::ip_addr::Ipv4Addr as serde_core::ser::Serialize>::serialize::<&mut serde_at::ser::Serializer>",
            "core::fmt::write",
            "<core::fmt::Formatter>::pad_integral",
            "<atwifi::error::Usage as core::fmt::Debug>::fmt",
            "core::panicking::panic_bounds_check",
            "core::slice::index::slice_index_fail",
            "core::slice::copy_from_slice_impl::len_mismatch_fail",
            "core::option::unwrap_failed",
            "core::result::unwrap_failed",
        ] {
            assert!(objection(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_a_client_needs_is_welcome() {
        for name in [
            "Reset",
            "HardFault_",
            "memcpy",
            "__aeabi_memclr4",
            "compiler_builtins::mem::memset",
            "core::slice::memchr::memchr_naive",
            "<atwifi::engine::link::Link<Uart, Timer>>::take_failure",
            "<[u8]>::starts_with",
        ] {
            assert_eq!(objection(name), None, "{name}");
        }
    }
}
