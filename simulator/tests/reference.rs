//! Conversations as the vendor's reference prints them, byte for byte.

use crate::support::{Host, server};
use atwifi_simulator::{Config, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::St67Reference;

fn host() -> Host {
    Host::new(
        Config::new(REFERENCE).with_access_point("abc", "0123456789"),
        MemoryNetwork::new(),
    )
}

fn online(network: MemoryNetwork) -> Host {
    Host::online(REFERENCE, network)
}

#[test]
fn boots_with_a_word() {
    let mut host = Host::switched_on(Config::new(REFERENCE), MemoryNetwork::new());
    host.expect("ready\r\n");
}

/// 2.2.1 to 2.2.10
#[test]
fn basic_commands() {
    host().play(&[
        ("AT", "OK\r\n"),
        (
            "AT+GMR",
            "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\n\
             component_version_macsw_1.6.38\r\n\
             lib_version_phyrf_00f7ad715\r\n\
             component_version_btble_1.8.25\r\n\
             lib_version_btblecontroller_1.6.89\r\n\
             component_version_sdk_2.0.75\r\n\
             compile time:Apr 30 2025 11:46:58\r\n\
             OK\r\n",
        ),
        ("ATE0", "OK\r\n"),
        ("AT+SYSMSG=2", "OK\r\n"),
        ("AT+SYSMSG?", "+SYSMSG:2\r\nOK\r\n"),
        ("AT+SYSSTORE?", "+SYSSTORE:1\r\nOK\r\n"),
        ("AT+SYSSTORE=0", "OK\r\n"),
        ("AT+RST", "OK\r\nready\r\n"),
        ("AT+RESTORE", "OK\r\nready\r\n"),
    ]);
}

/// 2.2.5
#[test]
fn the_list_of_commands() {
    let list = host().ask("AT+CMD?");
    assert!(list.starts_with("+CMD:0,\"AT\",0,0,0,1\r\n+CMD:1,\"AT+RST\",0,0,0,1\r\n"));
    assert!(list.contains(",\"AT+CWJAP\",0,1,1,1\r\n"));
    assert!(list.ends_with("OK\r\n"));
}

/// 2.2.9.4
#[test]
fn error_codes() {
    host().play(&[
        ("AT+SYSLOG=1", "OK\r\n"),
        ("AT+SYSLOG?", "+SYSLOG:1\r\nOK\r\n"),
        ("AT+FAKE", "ERR CODE:0x01090000\r\nERROR\r\n"),
        ("AT+SYSLOG=0", "OK\r\n"),
        ("AT+FAKE", "ERROR\r\n"),
    ]);
}

/// 3.1.5
#[test]
fn joining() {
    host().play(&[
        ("AT+CWMODE=1,0", "OK\r\n"),
        ("AT+CWMODE?", "+CWMODE:1\r\nOK\r\n"),
        (
            "AT+CWJAP=\"abc\",\"wrong\"",
            "+CW:CONNECTING\r\nOK\r\n+CW:ERROR,8\r\n",
        ),
        ("AT+CWJAP=\"xyz\",\"0123456789\"", "+CWJAP:3\r\nERROR\r\n"),
        (
            "AT+CWJAP=\"abc\",\"0123456789\"",
            "+CW:CONNECTED\r\n+CW:GOTIP\r\nOK\r\n",
        ),
        ("AT+CWSTATE?", "+CWSTATE:2,\"abc\"\r\nOK\r\n"),
        ("AT+CWQAP", "OK\r\n"),
        ("AT+CWJAP", "+CW:CONNECTED\r\n+CW:GOTIP\r\nOK\r\n"),
        (
            "AT+CWJAP=\"abc\",\"0123456789\",\"5a:67:11:00:00:01\"",
            "+CW:DISCONNECTED\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\nOK\r\n",
        ),
        ("AT+CWQAP=1", "OK\r\n"),
        ("AT+CWJAP", "ERROR\r\n"),
    ]);
}

/// 3.1.5.6
#[test]
fn joining_gives_up_after_fifteen_seconds() {
    let mut config = Config::new(REFERENCE).with_access_point("abc", "0123456789");
    config.access_points[0].dhcp = false;
    let mut host = Host::new(config, MemoryNetwork::new());
    host.ask("AT+CWMODE=1,0");
    let mut reply = host.ask("AT+CWJAP=\"abc\",\"0123456789\"");
    reply += &host.wait();
    reply += &host.wait();
    assert_eq!(reply, "+CW:CONNECTED\r\n");
    host.expect("+CWJAP:1\r\nERROR\r\n");
}

/// 3.1.6, 3.1.8, 3.1.15, 3.1.16
#[test]
fn settings_of_the_station() {
    host().play(&[
        ("AT+CWMODE=1,0", "OK\r\n"),
        ("AT+CWRECONNCFG?", "+CWRECONNCFG:0,0\r\nOK\r\n"),
        ("AT+CWRECONNCFG=1,100", "OK\r\n"),
        ("AT+CWRECONNCFG?", "+CWRECONNCFG:1,100\r\nOK\r\n"),
        ("AT+CWAUTOCONN=1", "OK\r\n"),
        ("AT+CIPSTAMAC=\"1a:fe:35:98:d3:7b\"", "OK\r\n"),
        (
            "AT+CIPSTAMAC?",
            "+CIPSTAMAC:\"1a:fe:35:98:d3:7b\"\r\nOK\r\n",
        ),
        ("AT+CIPSTAMAC=\"15:fe:35:98:d3:7b\"", "ERROR\r\n"),
        (
            "AT+CWLAP",
            "+CWLAP:3,\"abc\",-48,\"5a:67:11:00:00:01\",6,0,0,4,4,7,0\r\nOK\r\n",
        ),
        ("AT+CWEVT=0", "+CWEVT\r\nOK\r\n"),
        ("AT+CWEVT?", "+CWEVT:0\r\nOK\r\n"),
        ("AT+CWJAP=\"abc\",\"0123456789\"", "OK\r\n"),
    ]);
}

/// 3.1.18, 4.1.1 to 4.1.4
#[test]
fn addresses_and_names() {
    let network = MemoryNetwork::new()
        .host("www.example.test", [93, 184, 215, 14].into())
        .host("www.example.test", "2001:db8::1".parse().unwrap());
    online(network).play(&[
        (
            "AT+CIPSTA?",
            "+CIPSTA:ip:\"192.168.1.50\"\r\n+CIPSTA:gateway:\"192.168.1.1\"\r\n\
             +CIPSTA:netmask:\"255.255.255.0\"\r\nOK\r\n",
        ),
        (
            "AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\"",
            "OK\r\n",
        ),
        (
            "AT+CIFSR",
            "+CIFSR:STAIP,\"192.168.6.100\"\r\n+CIFSR:STAMAC,\"40:82:7b:12:34:56\"\r\nOK\r\n",
        ),
        (
            "AT+CIPDOMAIN=\"www.example.test\"",
            "+CIPDOMAIN:\"93.184.215.14\"\r\nOK\r\n",
        ),
        (
            "AT+CIPDOMAIN=\"www.example.test\",2",
            "+CIPDOMAIN:\"93.184.215.14\"\r\nOK\r\n",
        ),
        ("AT+CIPDOMAIN=\"www.example.test\",3", "ERROR\r\n"),
        ("AT+CIPDOMAIN=\"nowhere.test\"", "ERROR\r\n"),
        ("AT+CIPV6=1", "OK\r\n"),
        ("AT+CIPV6?", "+CIPV6:1\r\nOK\r\n"),
        (
            "AT+CIPDOMAIN=\"www.example.test\",3",
            "+CIPDOMAIN:\"2001:db8::1\"\r\nOK\r\n",
        ),
        (
            "AT+CIPDNS?",
            "+CIPDNS:0,\"208.67.222.222\",\"8.8.8.8\",\"0.0.0.0\"\r\nOK\r\n",
        ),
        ("AT+CIPDNS=1,\"114.114.114.114\"", "OK\r\n"),
        ("AT+PING=\"www.example.test\"", "+PING:2\r\nOK\r\n"),
        ("AT+PING=\"10.9.9.9\"", "+PING:TIMEOUT\r\nERROR\r\n"),
    ]);
}

/// 4.1.7, 4.1.11 and 4.1.12
#[test]
fn a_connection() {
    let mut host = online(MemoryNetwork::new().serve(server(1000), |_| services::echo()));
    host.play(&[
        (
            "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",1000,60",
            "+CIP:0,CONNECTED\r\nOK\r\n",
        ),
        (
            "AT+CIPSTATE?",
            "+CIPSTATE:0,\"TCP\",\"192.168.101.110\",1000,49153,0\r\nOK\r\n",
        ),
        (
            "AT+CIPTCPOPT?",
            "+CIPTCPOPT:0,-1,0,0,60\r\n+CIPTCPOPT:1,-1,0,0,0\r\n+CIPTCPOPT:2,-1,0,0,0\r\n\
             +CIPTCPOPT:3,-1,0,0,0\r\n+CIPTCPOPT:4,-1,0,0,0\r\nOK\r\n",
        ),
        ("AT+CIPSEND=0,8193", "ERROR\r\n"),
        ("AT+CIPSEND=0,5", "OK\r\n>"),
    ]);
    host.write(b"hello");
    host.expect("Recv 5 bytes\r\nSEND OK\r\n+IPD:0,5\r\n");
    host.play(&[
        ("AT+CIPCLOSE=0", "0,CLOSED\r\nOK\r\n"),
        ("AT+CIPSTATE?", "OK\r\n"),
    ]);
}

/// 4.1.7 and 4.1.11 with `AT+CIPMUX=0`
#[test]
fn a_single_connection() {
    let mut host = online(MemoryNetwork::new().serve(server(1000), |_| services::echo()));
    host.play(&[
        ("AT+CIPMUX=0", "OK\r\n"),
        (
            "AT+CIPSTART=\"TCP\",\"192.168.101.110\",1000",
            "+CIP:CONNECTED\r\nOK\r\n",
        ),
        ("AT+CIPMUX=1", "ERROR\r\n"),
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:0\r\nOK\r\n"),
        ("AT+CIPCLOSE", "CLOSED\r\nOK\r\n"),
    ]);
}

/// 4.1.26.4 to 4.1.28
#[test]
fn receiving_is_announced_once_until_it_is_read() {
    let mut host = online(MemoryNetwork::new().serve(server(1000), |_| services::echo()));
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",1000");
    let send = |host: &mut Host, text: &str| {
        host.ask(&format!("AT+CIPSEND=0,{}", text.len()));
        host.write(text.as_bytes());
        host.wait()
    };
    let hundred = "0123456789".repeat(10);
    assert!(send(&mut host, &hundred[..60]).ends_with("SEND OK\r\n+IPD:0,60\r\n"));
    assert!(send(&mut host, &hundred[60..]).ends_with("SEND OK\r\n"));
    host.play(&[
        ("AT+CIPRECVLEN?", "+CIPRECVLEN:100,0,0,0,0,\r\nOK\r\n"),
        (
            "AT+CIPRECVDATA=0,2147483647",
            &format!("+CIPRECVDATA:100,{hundred}\r\nOK\r\n"),
        ),
    ]);
    assert!(send(&mut host, "more").ends_with("+IPD:0,4\r\n"));
}

/// 4.1.6 and 4.1.26.3
#[test]
fn the_receive_buffer() {
    let data = vec![b'x'; 5000];
    let network = MemoryNetwork::new().serve(server(1000), move |_| services::send(data.clone()));
    let mut host = online(network);
    host.play(&[
        ("AT+CIPRECVBUF=0?", "+CIPRECVBUF:2920\r\nOK\r\n"),
        ("AT+CIPRECVBUF=1,100", "+CIPRECVBUF\r\nOK\r\n"),
        (
            "AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",1000",
            "+CIP:0,CONNECTED\r\nOK\r\n+IPD:0,2920\r\n",
        ),
        (
            "AT+CIPSTART=1,\"TCP\",\"192.168.101.110\",1000",
            "+CIP:1,CONNECTED\r\nOK\r\n+IPD:1,100\r\n",
        ),
        ("AT+CIPRECVBUF=1,200", "ERROR\r\n"),
        ("AT+CIPEVT=0", "+CIPEVT\r\nOK\r\n"),
        ("AT+CIPEVT?", "+CIPEVT:0\r\nOK\r\n"),
    ]);
}

/// 4.1.12.1: "if the connection ... is disrupted during data transmission"
#[test]
fn payload_for_a_link_that_has_gone() {
    let mut host = online(MemoryNetwork::new().serve(server(1000), |_| services::echo()));
    host.ask("AT+CIPSTART=0,\"TCP\",\"192.168.101.110\",1000");
    host.ask("AT+CIPSEND=0,5");
    host.simulation.lose_link();
    host.wait();
    host.write(b"hello");
    host.expect("Recv 5 bytes\r\nERROR\r\n");
}
