//! TCP/IP: chapter 4 of the reference.

pub(super) mod dial;
mod iperf;
pub(super) mod link;
pub(super) mod names;
pub(super) mod ping;
mod pipe;
pub(super) mod send;
mod server;
pub(super) mod sntp;
mod socket;
pub(super) mod ssl;
pub(super) mod start;
mod tell;
pub(super) mod through;
mod traffic;
mod udp;
pub(super) mod variant;

use crate::st67::St67;
use crate::st67::line::command::{Command, command};
use crate::st67::line::job::Reply;

pub(super) const COMMANDS: &[Command] = &[
    command("+CWEVT")
        .query(St67::wifi_events)
        .set(St67::set_wifi_events),
    command("+CIPV6").query(St67::ipv6).set(St67::set_ipv6),
    command("+CIFSR").execute(St67::local_addresses),
    command("+CIPDNS").query(St67::dns).set(St67::set_dns),
    command("+CIPDOMAIN").set(St67::resolve),
    command("+PING").set(St67::ping),
    command("+CIPMUX")
        .query(St67::multiple)
        .set(St67::set_multiple),
    command("+CIPDINFO")
        .query(St67::remote_in_ipd)
        .set(St67::set_remote_in_ipd),
    command("+CIPRECVMODE")
        .query(St67::receive_mode)
        .set(St67::set_receive_mode),
    command("+CIPEVT")
        .query(St67::link_events)
        .set(St67::set_link_events),
    command("+CIPRECVBUF")
        .query(St67::receive_buffer)
        .set(St67::set_receive_buffer),
    command("+CIPTCPOPT")
        .query(St67::tcp_options)
        .set(St67::set_tcp_options),
    command("+CIPSTART").query(St67::started).set(St67::start),
    command("+CIPSSLCCONF")
        .query(St67::ssl_files)
        .set(St67::set_ssl_files),
    command("+CIPSSLCSNI")
        .query(St67::ssl_name)
        .set(St67::set_ssl_name),
    command("+CIPSSLCALPN")
        .query(St67::ssl_protocols)
        .set(St67::set_ssl_protocols),
    command("+CIPSSLCPSK")
        .query(St67::ssl_key)
        .set(St67::set_ssl_key),
    command("+CIPSSLCPSKHEX")
        .query(St67::ssl_key_hex)
        .set(St67::set_ssl_key_hex),
    command("+CIPSERVER")
        .query(St67::server)
        .set(St67::set_server),
    command("+CIPSERVERMAXCONN")
        .query(St67::most_peers)
        .set(St67::set_most_peers),
    command("+CIPSTO")
        .query(St67::server_timeout)
        .set(St67::set_server_timeout),
    command("+CIPSTARTEX").set(St67::start_anywhere),
    command("+CIPSTATE").query(St67::link_states),
    command("+CIPSEND")
        .set(St67::send)
        .execute(St67::pass_through),
    command("+CIPSENDL").set(St67::send_long),
    command("+CIPSENDLCFG")
        .query(St67::long_sends)
        .set(St67::set_long_sends),
    command("+CIPSENDEX").set(St67::send_escaped),
    command("+CIPRECVDATA").set(St67::receive),
    command("+CIPRECVLEN").query(St67::receivable),
    command("+CIPCLOSE")
        .set(St67::close)
        .execute(St67::close_single),
    command("+CIPSNTPCFG")
        .query(St67::time_servers)
        .set(St67::set_time_servers),
    command("+CIPSNTPTIME").query(St67::time),
    command("+CIPSNTPINTV")
        .query(St67::time_interval)
        .set(St67::set_time_interval),
    command("+CIUPDATE")
        .query(|_, _, _| Ok(Reply::Ok))
        .set(St67::nothing)
        .execute(St67::nothing)
        .of_firmware(),
    command("+IPERF").set(St67::measure),
    command("+IPERFSTOP").execute(St67::stop_measuring),
    command("+SAVETRANSLINK").set(St67::save_link),
    command("+CIPRECONNINTV")
        .query(St67::link_pause)
        .set(St67::set_link_pause),
];
