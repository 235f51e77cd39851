//! Chapter 2, "Basic AT commands".

use atwifi::st67::St67;
use atwifi::st67::command::Done;
use atwifi::st67::command::basic::*;
use atwifi::{Reported, Switch};

use crate::evidence::Chapter;

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();

    chapter
        .row("AT")
        .writes(&Test, "AT")
        .reads(&Test, "", Done {})
        .greatest(&Test)
        .talks::<St67>(|module, _| assert_eq!(module.command(&Test), Ok(Done {})));

    chapter
        .row("AT+SYSLOG?")
        .writes(&GetErrorCodes, "AT+SYSLOG?")
        .reads(&GetErrorCodes, "+SYSLOG:1\r\n", error_codes(Switch::On))
        .refuses(&GetErrorCodes, "+SYSLOG:\r\n")
        .greatest(&GetErrorCodes)
        .talks::<St67>(|module, _| {
            assert_eq!(module.command(&GetErrorCodes), Ok(error_codes(Switch::On)));
        });
    let set = SetErrorCodes { codes: Switch::On };
    chapter
        .row("AT+SYSLOG=<status>")
        .writes(&set, "AT+SYSLOG=1")
        .reads(&set, "", Done {})
        .greatest(&set)
        .talks::<St67>(|module, _| {
            let off = Switch::Off;
            module.command(&SetErrorCodes { codes: off }).unwrap();
            assert_eq!(module.command(&GetErrorCodes), Ok(error_codes(off)));
        });

    chapter
}

fn error_codes(codes: Switch) -> ErrorCodes {
    ErrorCodes {
        codes: Reported::Known(codes),
    }
}
