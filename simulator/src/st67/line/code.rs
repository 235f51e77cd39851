//! The error codes that `AT+SYSLOG=1` shows.

use std::fmt;

/// Why a command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) struct Code {
    sub: u8,
    extension: u16,
}

impl Code {
    /// It fails without any code.
    pub const UNTOLD: Code = Code::new(0x00);
    pub const NO_AT: Code = Code::new(0x03);
    pub const TYPE: Code = Code::new(0x05);
    pub const INVALID: Code = Code::new(0x07);
    pub const UNSUPPORTED: Code = Code::new(0x09);
    pub const FAILED: Code = Code::new(0x0a);
    pub const PROCESSING: Code = Code::new(0x0b);
    pub const OPERATION: Code = Code::new(0x0c);
    pub const NO_RESOURCE: Code = Code::new(0x0e);
    pub const TIMEOUT: Code = Code::new(0x0f);
    pub const NOT_ALLOWED: Code = Code::new(0x10);
    pub const NOT_BEGUN: Code = Code::new(0x11);
    pub const INPUT_OUTPUT: Code = Code::new(0x12);
    pub const ADDRESS: Code = Code::new(0x13);
    pub const HANDLE: Code = Code::new(0x14);

    const fn new(sub: u8) -> Code {
        Code { sub, extension: 0 }
    }

    /// The wrong number of arguments.
    pub fn count(need: usize, given: usize) -> Code {
        let byte = |count: usize| u16::try_from(count.min(0xff)).unwrap_or(0xff);
        Code {
            sub: 0x06,
            extension: byte(need) << 8 | byte(given),
        }
    }

    /// The argument with this number cannot be understood.
    pub fn parse(argument: usize) -> Code {
        Code {
            sub: 0x08,
            extension: u16::try_from(argument).unwrap_or(u16::MAX),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERR CODE:0x01{:02x}{:04x}", self.sub, self.extension)
    }
}
