//! Wi-Fi commands: chapter 3 of the reference.

use super::{Command, command};
use crate::st67::St67;

pub(super) const COMMANDS: &[Command] = &[
    command("+CWMODE").query(St67::mode).set(St67::set_mode),
    command("+CWSTATE").query(St67::state),
    command("+CWJAP")
        .query(St67::joined_to)
        .set(St67::join)
        .execute(St67::join_again),
    command("+CWRECONNCFG")
        .query(St67::reconnect)
        .set(St67::set_reconnect),
    command("+CWLAPOPT").set(St67::set_scan),
    command("+CWLAP").set(St67::scan).execute(St67::scan),
    command("+CWQAP")
        .set(St67::leave_and_forget)
        .execute(St67::leave_command),
    command("+CWAUTOCONN")
        .query(St67::auto_join)
        .set(St67::set_auto_join),
    command("+CIPSTAMAC").query(St67::mac).set(St67::set_mac),
    command("+CIPSTA")
        .query(St67::address)
        .set(St67::set_address),
];
