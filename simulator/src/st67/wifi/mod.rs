//! Wi-Fi: chapter 3 of the reference.

mod address;
mod join;
pub(super) mod monitor;
pub(super) mod radio;
pub(super) mod scan;
pub(super) mod soft_ap;
pub(super) mod station;
pub(super) mod variant;
mod wps;

use crate::st67::St67;
use crate::st67::line::command::{Command, command};

pub(super) const COMMANDS: &[Command] = &[
    command("+WIFISP").query(St67::radio).set(St67::set_radio),
    command("+CWMODE").query(St67::mode).set(St67::set_mode),
    command("+CWNETMODE").query(St67::net_mode),
    command("+CWSTATE").query(St67::state),
    command("+CWJAP")
        .query(St67::joined_to)
        .set(St67::join)
        .execute(St67::join_again),
    command("+CWRECONNCFG")
        .query(St67::reconnect)
        .set(St67::set_reconnect),
    command("+CWLAPOPT")
        .query(St67::scan_options)
        .set(St67::set_scan),
    command("+CWLAP").set(St67::scan).execute(St67::scan),
    command("+CWQAP")
        .set(St67::leave_and_forget)
        .execute(St67::leave_command),
    command("+CWSAP")
        .query(St67::soft_ap)
        .set(St67::set_soft_ap),
    command("+CWLIF").execute(St67::guests),
    command("+CWQIF")
        .set(St67::send_away)
        .execute(St67::send_all_away),
    command("+CWDHCP").query(St67::dhcp).set(St67::set_dhcp),
    command("+CWDHCPS")
        .query(St67::leases)
        .set(St67::set_leases),
    command("+CWAUTOCONN")
        .query(St67::auto_join)
        .set(St67::set_auto_join),
    command("+CIPSTAMAC")
        .query(St67::station_mac)
        .set(St67::set_mac),
    command("+CIPAPMAC")
        .query(St67::soft_ap_mac)
        .set(St67::set_mac),
    command("+CIPSTA")
        .query(St67::address)
        .set(St67::set_address),
    command("+CIPAP")
        .query(St67::soft_ap_address)
        .set(St67::set_soft_ap_address),
    command("+CWHOSTNAME")
        .query(St67::host_name)
        .set(St67::set_host_name),
    command("+CWCOUNTRY")
        .query(St67::country)
        .set(St67::set_country),
    command("+CWMONITOR").set(St67::set_monitor),
    command("+CWSTAPROTO")
        .query(St67::station_protocols)
        .set(St67::set_station_protocols),
    command("+CWAPPROTO")
        .query(St67::soft_ap_protocols)
        .set(St67::set_soft_ap_protocols),
    command("+WPS").set(St67::set_wps),
    command("+CWANTENABLE")
        .query(St67::antennas)
        .set(St67::set_antennas),
    command("+CWANTNUM").query(St67::antenna_count),
    command("+CWANT")
        .query(St67::antenna)
        .set(St67::set_antenna),
];
