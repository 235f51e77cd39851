//! Low power: chapter 7 of the reference.

pub(super) mod sleep;
pub(super) mod variant;

use crate::st67::St67;
use crate::st67::line::command::{Command, command};

pub(super) const COMMANDS: &[Command] = &[
    command("+PWR").set(St67::set_power),
    command("+SLWKIO").set(St67::set_wake_pin),
    command("+DEWKIO").set(St67::clear_wake_pin),
    command("+SLWKTIMER").set(St67::set_wake_timer),
    command("+SLWKDTIM").set(St67::set_wake_beacons),
    command("+SLCLDTIM").execute(St67::clear_wake_beacons),
    command("+TWT_PARAM").set(St67::set_schedule),
    command("+TWT_SLEEP").execute(St67::sleep_on_schedule),
    command("+TWT_TEARDOWN")
        .set(St67::clear_schedule)
        .execute(St67::clear_any_schedule),
    command("+GET_AP_DTIM").query(St67::beacons).of_firmware(),
    command("+GET_TWT_SUPPORTED")
        .query(St67::schedules)
        .of_firmware(),
    command("+TWT_STATUS").query(St67::schedule).of_firmware(),
    command("+SET_CLOCK").set(St67::set_clock),
    command("+GET_CLOCK").execute(St67::clock),
];
