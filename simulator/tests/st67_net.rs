//! What is left of chapter 4 of the ST67W611M1's reference: time, echoes, name servers, options.

use std::time::Duration;

use crate::support::{Host, PASSWORD, SSID};
use atwifi_simulator::{Config, MemoryNetwork, Profile, services};

const REFERENCE: Profile = Profile::St67Reference;
const FW: Profile = Profile::St67Fw2_0_75;

fn host(profile: Profile) -> Host {
    Host::new(Config::new(profile), MemoryNetwork::new())
}

/// 4.1.22, 4.1.24
#[test]
fn time_servers() {
    host(REFERENCE).play(&[
        (
            "AT+CIPSNTPCFG?",
            "+CIPSNTPCFG:0,0,\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\"\r\nOK\r\n",
        ),
        (
            "AT+CIPSNTPCFG=1,-5,\"0.pool.ntp.org\",\"time.google.com\"",
            "OK\r\n",
        ),
        (
            "AT+CIPSNTPCFG?",
            "+CIPSNTPCFG:1,-5,\"0.pool.ntp.org\",\"time.google.com\"\r\nOK\r\n",
        ),
        ("AT+CIPSNTPCFG=1,015", "OK\r\n"),
        (
            "AT+CIPSNTPCFG?",
            "+CIPSNTPCFG:1,0,\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\"\r\nOK\r\n",
        ),
        ("AT+CIPSNTPCFG=1", "ERROR\r\n"),
        ("AT+CIPSNTPCFG=1,1460", "ERROR\r\n"),
        ("AT+CIPSNTPCFG=1,570", "ERROR\r\n"),
        ("AT+CIPSNTPCFG=1,-1260", "ERROR\r\n"),
        ("AT+CIPSNTPCFG=1,559", "OK\r\n"),
        ("AT+CIPSNTPINTV?", "+CIPSNTPINTV:300\r\nOK\r\n"),
        ("AT+CIPSNTPINTV=3600", "OK\r\n"),
        ("AT+CIPSNTPINTV?", "+CIPSNTPINTV:3600\r\nOK\r\n"),
        ("AT+CIPSNTPINTV=14", "ERROR\r\n"),
        ("AT+CIPSNTPINTV=4294968", "ERROR\r\n"),
    ]);
    host(FW).play(&[
        ("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0\r\n\r\nOK\r\n"),
        ("AT+CIPSNTPCFG=1", "\r\nERROR\r\n"),
        ("AT+CIPSNTPCFG=1,1245,\"time.google.com\"", "\r\nOK\r\n"),
        (
            "AT+CIPSNTPCFG?",
            "+CIPSNTPCFG:1,12,\"time.google.com\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSNTPCFG=0", "\r\nOK\r\n"),
        ("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0\r\n\r\nOK\r\n"),
    ]);
}

/// 4.1.23
#[test]
fn the_time_comes_from_a_server() {
    let config = Config::new(REFERENCE).with_access_point(SSID, PASSWORD);
    let mut host = Host::new(config, MemoryNetwork::new());
    host.play(&[
        (
            "AT+CIPSNTPTIME?",
            "+CIPSNTPTIME:Thu Jan  1 00:00:01 1970\r\nOK\r\n",
        ),
        ("AT+CIPSNTPCFG=1,-5", "OK\r\n"),
        (
            "AT+CIPSNTPTIME?",
            "+CIPSNTPTIME:Wed Dec 31 19:00:11 1969\r\nOK\r\n",
        ),
    ]);
    let mut host = host.joined();
    // Five seconds for each command, and a little more to boot and to join.
    let local = "+CIPSNTPTIME:Tue Jun 14 03:45:33 2022\r\nOK\r\n";
    assert_eq!(host.ask("AT+CIPSNTPTIME?"), local);
    host.ask("AT+CIPSNTPCFG=1,1245");
    host.simulation.advance(Duration::from_secs(3600));
    let local = "+CIPSNTPTIME:Tue Jun 14 22:30:43 2022\r\nOK\r\n";
    assert_eq!(host.ask("AT+CIPSNTPTIME?"), local);
}

/// 4.1.37, 4.1.38
#[test]
fn throughput() {
    host(REFERENCE).play(&[
        ("AT+IPERF=\"RX\",\"TCP\"", "OK\r\n"),
        ("AT+IPERF=\"RX\",\"TCP\"", "ERROR\r\n"),
        ("AT+IPERFSTOP", "OK\r\n"),
        ("AT+IPERF=\"TX\",\"TCP\"", "ERROR\r\n"),
        (
            "AT+IPERF=\"TX\",\"TCP\",\"192.168.1.2\",1000,5001",
            "OK\r\n",
        ),
        ("AT+IPERFSTOP", "OK\r\n"),
        ("AT+IPERF=\"TX\",\"UDP\",\"192.168.1.2\",1", "OK\r\n"),
        ("AT+IPERF=\"UP\",\"TCP\"", "ERROR\r\n"),
        ("AT+IPERF=\"RX\",\"SSL\"", "ERROR\r\n"),
        ("AT+IPERF=\"RX\"", "ERROR\r\n"),
    ]);
}

#[test]
fn echoes_of_the_firmware_come_between_other_answers() {
    let mut host = Host::online(FW, MemoryNetwork::new());
    host.write(b"AT+PING=\"192.168.1.1\",64,2,500\r\n");
    host.simulation.advance(Duration::from_millis(100));
    let told = String::from_utf8(host.read()).unwrap();
    assert!(told.starts_with("\r\nOK\r\n"), "{told}");
    let told = host.ask("AT+CIPMUX?");
    assert!(told.starts_with("+CIPMUX:1\r\n\r\nOK\r\n+PING:"), "{told}");
    host.play(&[
        ("AT+PING=\"192.168.1.1\",0", "\r\nERROR\r\n"),
        ("AT+PING=\"192.168.1.1\",,,65535", "\r\nERROR\r\n"),
    ]);
}

/// 4.1.4, 4.1.10
#[test]
fn what_the_firmware_keeps_of_name_servers_and_options() {
    host(FW).play(&[
        ("AT+CIPDNS=0,\"1.2.3.4\"", "\r\nERROR\r\n"),
        ("AT+CIPDNS=1", "\r\nOK\r\n"),
        (
            "AT+CIPDNS?",
            "+CIPDNS:0,\"208.67.222.222\",\"8.8.8.8\",\"0.0.0.0\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPDNS=1,\"1.2.3.4\"", "\r\nOK\r\n"),
        ("AT+CIPTCPOPT=5,1", "\r\nOK\r\n"),
        ("AT+CIPMUX=1", "\r\nOK\r\n"),
        ("AT+CIPTCPOPT=5,1", "\r\nERROR\r\n"),
        ("AT+CIPTCPOPT=4,,,,60", "\r\nOK\r\n"),
        ("AT+CIPV6=1", "\r\nOK\r\n"),
        ("AT+RST", "\r\nOK\r\n\r\nready\r\n"),
        (
            "AT+CIPDNS?",
            "+CIPDNS:1,\"1.2.3.4\",\"0.0.0.0\",\"0.0.0.0\"\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPTCPOPT?",
            "+CIPTCPOPT:0,5,1,0,0\r\n+CIPTCPOPT:1,-1,0,0,0\r\n+CIPTCPOPT:2,-1,0,0,0\r\n\
             +CIPTCPOPT:3,-1,0,0,0\r\n+CIPTCPOPT:4,-1,0,0,60\r\n\r\nOK\r\n",
        ),
        ("AT+CIPV6?", "+CIPV6:1\r\n\r\nOK\r\n"),
    ]);
}

/// 4.1.18
#[test]
fn servers_of_each_kind() {
    let mut host = Host::online(REFERENCE, MemoryNetwork::new());
    host.play(&[
        ("AT+CIPSERVER=1,443,\"SSL\",1,60", "OK\r\n"),
        ("AT+CIPSERVER?", "+CIPSERVER:1,443,\"SSL\",1,60\r\nOK\r\n"),
        ("AT+CIPSERVER=0,1", "OK\r\n"),
        ("AT+CIPSERVER=1,443,\"SSLv6\"", "ERROR\r\n"),
        ("AT+CIPSERVER=1,443,\"UDP\"", "ERROR\r\n"),
        ("AT+CIPV6=1", "OK\r\n"),
        ("AT+CIPSERVER=1,443,\"SSLv6\"", "OK\r\n"),
        ("AT+CIPSERVER?", "+CIPSERVER:1,443,\"SSLv6\",0,0\r\nOK\r\n"),
    ]);
}

#[test]
fn stations_of_the_access_point_reach_the_server() {
    for profile in Profile::ST67 {
        let mut host = host(profile);
        host.ask("AT+CWMODE=2");
        host.ask("AT+CIPMUX=1");
        host.ask("AT+CIPSERVER=1,80");
        host.simulation
            .station_joins([0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc]);
        host.wait();
        let from = ([192, 168, 4, 2], 50_000);
        let to = ([192, 168, 4, 1], 80);
        let client = host.simulation.dial(from, to, services::echo());
        host.expect("+CIP:0,CONNECTED\r\n");
        client.send(b"hello");
        host.expect("+IPD:0,5,hello\r\n");
    }
}
