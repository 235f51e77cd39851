//! TCP/IP commands: chapter 4 of the reference.

use super::{Command, command};
use crate::st67::St67;

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
    command("+CIPSEND").set(St67::send),
    command("+CIPSENDEX").set(St67::send_escaped),
    command("+CIPRECVDATA").set(St67::receive),
    command("+CIPRECVLEN").query(St67::receivable),
    command("+CIPCLOSE")
        .set(St67::close)
        .execute(St67::close_single),
];
