//! Chapter 3 of the ST67W611M1's reference: the access point that the module is, the radio, scans.

use crate::support::{Host, LONG};
use atwifi_simulator::{AccessPoint, Config, MemoryNetwork, Profile, Protection};

const GUEST: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];
const OTHER: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcd];

fn host(profile: Profile) -> Host {
    let config = Config::new(profile).with_access_point("home", "secret99");
    Host::new(config, MemoryNetwork::new())
}

fn reference() -> Host {
    host(Profile::St67Reference)
}

fn firmware() -> Host {
    host(Profile::St67Fw2_0_75)
}

/// 3.1.10
#[test]
fn the_access_point() {
    reference().play(&[
        ("AT+CWSAP?", "ERROR\r\n"),
        ("AT+CWSAP=\"AP_SSID\",\"12345678\",1,3", "ERROR\r\n"),
        ("AT+CWMODE=2", "OK\r\n"),
        ("AT+CWSAP?", "+CWSAP:\"AP_123456\",\"\",1,0,4,0\r\nOK\r\n"),
        ("AT+CWSAP=\"AP_SSID\",\"12345678\",1,3,2,1", "OK\r\n"),
        (
            "AT+CWSAP?",
            "+CWSAP:\"AP_SSID\",\"12345678\",1,3,2,1\r\nOK\r\n",
        ),
        ("AT+CWSAP=\"AP_SSID\",\"12345678\",1,3", "OK\r\n"),
        (
            "AT+CWSAP?",
            "+CWSAP:\"AP_SSID\",\"12345678\",1,3,4,0\r\nOK\r\n",
        ),
        ("AT+CWSAP=\"AP\",\"1234567\",1,3", "ERROR\r\n"),
        ("AT+CWSAP=\"AP\",\"12345678\",1,1", "ERROR\r\n"),
        ("AT+CWSAP=\"AP\",\"12345678\",14,3", "ERROR\r\n"),
        ("AT+CWSAP=\"AP\",\"12345678\",1,3,5", "ERROR\r\n"),
        ("AT+RST", "OK\r\nready\r\n"),
        (
            "AT+CWSAP?",
            "+CWSAP:\"AP_SSID\",\"12345678\",1,3,4,0\r\nOK\r\n",
        ),
    ]);
    firmware().play(&[
        ("AT+CWMODE=2", "\r\nOK\r\n"),
        (
            "AT+CWSAP?",
            "+CWSAP:\"AP_123456\",\"\",1,0,10,0\r\n\r\nOK\r\n",
        ),
        ("AT+CWSAP=\"AP_SSID\",\"\",6,0,3,1", "\r\nOK\r\n"),
        ("AT+CWSAP=\"AP_SSID\",\"\",6,0", "\r\nOK\r\n"),
        ("AT+CWSAP?", "+CWSAP:\"AP_SSID\",\"\",6,0,3,1\r\n\r\nOK\r\n"),
    ]);
}

/// 1.1.2, 3.1.11, 3.1.12
#[test]
fn stations_come_and_go() {
    let mut host = reference();
    host.ask("AT+CWMODE=2");
    host.simulation.station_joins(GUEST);
    assert_eq!(host.read(), b"+CW:STA_CONNECTED 18:b9:05:ed:59:cc\r\n");
    host.play(&[
        (
            "AT+CWLIF",
            "+CWLIF:0.0.0.0,18:b9:05:ed:59:cc\r\nOK\r\n\
             +CW:DIST_STA_IP 18:b9:05:ed:59:cc,192.168.4.2\r\n",
        ),
        ("AT+CWLIF", "+CWLIF:192.168.4.2,18:b9:05:ed:59:cc\r\nOK\r\n"),
    ]);
    host.simulation.station_joins(OTHER);
    host.expect(
        "+CW:STA_CONNECTED 18:b9:05:ed:59:cd\r\n\
         +CW:DIST_STA_IP 18:b9:05:ed:59:cd,192.168.4.3\r\n",
    );
    host.simulation.station_leaves(OTHER);
    host.expect("+CW:STA_DISCONNECTED 18:b9:05:ed:59:cd\r\n");
    host.play(&[
        ("AT+CWQIF=\"18:b9:05:ed:59:cd\"", "ERROR\r\n"),
        ("AT+CWQIF=\"nobody\"", "ERROR\r\n"),
        (
            "AT+CWQIF=\"18:b9:05:ed:59:cc\"",
            "+CW:STA_DISCONNECTED 18:b9:05:ed:59:cc\r\nOK\r\n",
        ),
        ("AT+CWLIF", "OK\r\n"),
        ("AT+CWMODE=0", "OK\r\n"),
        ("AT+CWQIF", "ERROR\r\n"),
    ]);
    host.simulation.station_joins(GUEST);
    host.expect("");
}

#[test]
fn stations_of_the_firmware_stand_in_quotes() {
    let mut host = firmware();
    host.ask("AT+CWMODE=3,0");
    host.ask("AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.15\"");
    host.simulation.station_joins(GUEST);
    host.expect(
        "+CW:STA_CONNECTED \"18:b9:05:ed:59:cc\"\r\n\
         +CW:DIST_STA_IP \"18:b9:05:ed:59:cc\",\"192.168.4.10\"\r\n",
    );
    host.play(&[
        (
            "AT+CWQIF",
            "+CW:STA_DISCONNECTED \"18:b9:05:ed:59:cc\"\r\n\r\nOK\r\n",
        ),
        ("AT+CWEVT=0", "\r\nOK\r\n"),
    ]);
    host.simulation.station_joins(GUEST);
    host.expect("");
}

/// 3.1.13, 3.1.14, 3.1.18, 3.1.19
#[test]
fn addresses() {
    reference().play(&[
        ("AT+CWDHCP?", "3\r\nOK\r\n"),
        ("AT+CWDHCP=0,2", "OK\r\n"),
        ("AT+CWDHCP?", "1\r\nOK\r\n"),
        ("AT+CWDHCP=1,3", "OK\r\n"),
        ("AT+CWDHCP=1,4", "ERROR\r\n"),
        (
            "AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\",\"192.168.6.2\"",
            "OK\r\n",
        ),
        ("AT+CWDHCP?", "2\r\nOK\r\n"),
        (
            "AT+CIPDNS?",
            "+CIPDNS:1,\"192.168.6.2\",\"0.0.0.0\",\"0.0.0.0\"\r\nOK\r\n",
        ),
        ("AT+CWDHCP=1,1", "OK\r\n"),
        (
            "AT+CIPSTA?",
            "+CIPSTA:ip:\"0.0.0.0\"\r\n+CIPSTA:gateway:\"0.0.0.0\"\r\n\
             +CIPSTA:netmask:\"0.0.0.0\"\r\nOK\r\n",
        ),
        (
            "AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.15\"",
            "ERROR\r\n",
        ),
        ("AT+CWMODE=2", "OK\r\n"),
        ("AT+CWDHCPS=1,3,\"192.168.4.10\",\"192.168.4.15\"", "OK\r\n"),
        (
            "AT+CWDHCPS?",
            "+CWDHCPS=3,192.168.4.10,192.168.4.15\r\nOK\r\n",
        ),
        (
            "AT+CWDHCPS=1,3,\"192.168.5.10\",\"192.168.5.15\"",
            "ERROR\r\n",
        ),
        (
            "AT+CWDHCPS=1,2881,\"192.168.4.10\",\"192.168.4.15\"",
            "ERROR\r\n",
        ),
        ("AT+CWDHCPS=0", "OK\r\n"),
        (
            "AT+CIPAP=\"192.168.5.1\",\"192.168.5.1\",\"255.255.255.0\"",
            "OK\r\n",
        ),
        (
            "AT+CIPAP?",
            "+CIPAP:ip:\"192.168.5.1\"\r\n+CIPAP:gateway:\"192.168.5.1\"\r\n\
             +CIPAP:netmask:\"255.255.255.0\"\r\nOK\r\n",
        ),
        ("AT+CWDHCP?", "1\r\nOK\r\n"),
    ]);
    firmware().play(&[
        ("AT+CWDHCP?", "+CWDHCP:3\r\n\r\nOK\r\n"),
        (
            "AT+CWDHCPS?",
            "+CWDHCPS:120,192.168.4.2,192.168.4.101\r\n\r\nOK\r\n",
        ),
        ("AT+CIPAP=\"192.168.5.1\"", "\r\nOK\r\n"),
        (
            "AT+CWDHCPS?",
            "+CWDHCPS:120,192.168.5.2,192.168.5.101\r\n\r\nOK\r\n",
        ),
        ("AT+CWDHCP?", "+CWDHCP:3\r\n\r\nOK\r\n"),
        (
            "AT+CIPSTA=\"192.168.6.100\",\"192.168.6.1\",\"255.255.255.0\",\"192.168.6.2\"",
            "\r\nERROR\r\n",
        ),
        ("AT+CIPSTA=\"192.168.6.100\"", "\r\nOK\r\n"),
        (
            "AT+CIPSTA?",
            "+CIPSTA:ip:\"192.168.6.100\"\r\n+CIPSTA:gateway:\"192.168.6.1\"\r\n\
             +CIPSTA:netmask:\"255.255.255.0\"\r\n\r\nOK\r\n",
        ),
    ]);
}

/// 3.1.16, 3.1.17, 4.1.2
#[test]
fn station_and_access_point_have_the_same_mac() {
    reference().play(&[
        ("AT+CIPAPMAC=\"18:fe:35:98:d3:7b\"", "OK\r\n"),
        (
            "AT+CIPSTAMAC?",
            "+CIPSTAMAC:\"18:fe:35:98:d3:7b\"\r\nOK\r\n",
        ),
        ("AT+CIPAPMAC?", "+CIPAPMAC:\"18:fe:35:98:d3:7b\"\r\nOK\r\n"),
        ("AT+CIPAPMAC=\"15:fe:35:98:d3:7b\"", "ERROR\r\n"),
        ("AT+CIPAPMAC=\"00:00:00:00:00:00\"", "ERROR\r\n"),
        ("AT+CIPAPMAC=\"ff:ff:ff:ff:ff:ff\"", "ERROR\r\n"),
        ("AT+CWMODE=2", "OK\r\n"),
        (
            "AT+CIFSR",
            "+CIFSR:APIP,\"192.168.4.1\"\r\n\
             +CIFSR:APMAC,\"18:fe:35:98:d3:7b\"\r\nOK\r\n",
        ),
    ]);
}

/// 3.1.1, 3.1.3, 3.1.20, 3.1.21, 3.1.23, 3.1.24, 3.1.26 to 3.1.28
#[test]
fn settings_of_the_radio() {
    reference().play(&[
        ("AT+WIFISP?", "+WIFISP:1\r\nOK\r\n"),
        ("AT+WIFISP=0", "OK\r\n"),
        ("AT+CWMODE=3,0", "OK\r\n"),
        ("AT+CWJAP=\"home\",\"secret99\"", "ERROR\r\n"),
        ("AT+WIFISP=1", "OK\r\n"),
        ("AT+WIFISP=0", "ERROR\r\n"),
        ("AT+CWNETMODE?", "+CWNETMODE:1\r\nOK\r\n"),
        ("AT+CWHOSTNAME=\"my_test\"", "OK\r\n"),
        ("AT+CWHOSTNAME?", "+CWHOSTNAME:\"my_test\"\r\nOK\r\n"),
        ("AT+CWCOUNTRY=1,\"CN\"", "OK\r\n"),
        ("AT+CWCOUNTRY?", "+CWCOUNTRY:1,\"CN\"\r\nOK\r\n"),
        ("AT+CWCOUNTRY=2,\"CN\"", "ERROR\r\n"),
        ("AT+CWSTAPROTO=1", "OK\r\n"),
        ("AT+CWSTAPROTO?", "+CWSTAPROTO:1\r\nOK\r\n"),
        ("AT+CWAPPROTO=8", "OK\r\n"),
        ("AT+CWAPPROTO?", "+CWAPPROTO:8\r\nOK\r\n"),
        ("AT+CWAPPROTO=16", "ERROR\r\n"),
        ("AT+CWANTENABLE=1,1,0", "OK\r\n"),
        ("AT+CWANTENABLE?", "+CWANTENABLE:1,1,0\r\nOK\r\n"),
        ("AT+CWANTENABLE=1,1", "ERROR\r\n"),
        ("AT+CWANTNUM?", "+CWANTNUM:2\r\nOK\r\n"),
        ("AT+CWANT=1", "OK\r\n"),
        ("AT+CWANT?", "+CWANT:1\r\nOK\r\n"),
        ("AT+CWANT=2", "ERROR\r\n"),
        ("AT+RST", "OK\r\nready\r\n"),
        ("AT+CWHOSTNAME?", "+CWHOSTNAME:\"qcc74xWlan\"\r\nOK\r\n"),
        ("AT+CWCOUNTRY?", "+CWCOUNTRY:1,\"00\"\r\nOK\r\n"),
        ("AT+CWMODE=0", "OK\r\n"),
        ("AT+CWHOSTNAME=\"my_test\"", "ERROR\r\n"),
    ]);
    firmware().play(&[
        ("AT+CWHOSTNAME=\"my_test\"", "\r\nOK\r\n"),
        ("AT+CWCOUNTRY=0,\"jp\"", "\r\nOK\r\n"),
        ("AT+CWCOUNTRY=0,\"FR\"", "\r\nERROR\r\n"),
        ("AT+CWSTAPROTO=4", "\r\nOK\r\n"),
        ("AT+CWSTAPROTO?", "+CWSTAPROTO:7\r\n\r\nOK\r\n"),
        ("AT+CWSTAPROTO=0", "\r\nOK\r\n"),
        ("AT+CWSTAPROTO?", "+CWSTAPROTO:7\r\n\r\nOK\r\n"),
        ("AT+CWANTENABLE=0,1,5", "\r\nOK\r\n"),
        ("AT+CWANTENABLE?", "+CWANTENABLE:0,0,5\r\n\r\nOK\r\n"),
        ("AT+RST", "\r\nOK\r\n\r\nready\r\n"),
        ("AT+CWANTENABLE?", "+CWANTENABLE:0,1,5\r\n\r\nOK\r\n"),
        ("AT+CWHOSTNAME?", "+CWHOSTNAME:my_test\r\n\r\nOK\r\n"),
        ("AT+CWCOUNTRY?", "+CWCOUNTRY:0,\"JP\"\r\n\r\nOK\r\n"),
        (
            "AT+CWHOSTNAME=\"abcdefghijklmnopqrstuvwxyz01\"",
            "\r\nERROR\r\n",
        ),
    ]);
}

/// 3.1.7, 3.1.8
#[test]
fn scans_show_what_is_asked_for() {
    let mut config = Config::new(Profile::St67Reference);
    let mut far = AccessPoint::new("far", "");
    (far.rssi, far.channel, far.bssid) = (-80, 11, [0x5a, 0x67, 0x11, 0, 0, 2]);
    config.access_points = vec![far, AccessPoint::new("near", "12345678").pressing_wps()];
    let near = "+CWLAP:3,\"near\",-48,\"5a:67:11:00:00:01\",6\r\n";
    let far = "+CWLAP:0,\"far\",-80,\"5a:67:11:00:00:02\",11\r\n";
    let both = format!("{near}{far}OK\r\n");
    let (near, far) = (format!("{near}OK\r\n"), format!("{far}OK\r\n"));
    let mut host = Host::new(config, MemoryNetwork::new());
    host.play(&[
        ("AT+CWMODE=1", "OK\r\n"),
        ("AT+CWLAPOPT=1,31", "OK\r\n"),
        ("AT+CWLAP", &both),
        ("AT+CWLAPOPT=1,31,-100,1", "OK\r\n"),
        ("AT+CWLAP", &far),
        ("AT+CWLAPOPT=1,31,-60", "OK\r\n"),
        ("AT+CWLAP", &near),
        ("AT+CWLAPOPT=1,31,-100,255,1", "OK\r\n"),
        ("AT+CWLAP", &near),
        ("AT+CWLAPOPT=1,31", "OK\r\n"),
        ("AT+CWLAP=0,\"far\"", &far),
        ("AT+CWLAP=1,,\"5a:67:11:00:00:01\"", &near),
        ("AT+CWLAP=0,,,11,0,400", &far),
        ("AT+CWLAP=0,\"far\",,6", "OK\r\n"),
        ("AT+CWLAP=0,,,,0,1501", "ERROR\r\n"),
        ("AT+CWLAP=0,,\"5a:67\"", "ERROR\r\n"),
        ("AT+CWLAPOPT=1,2048", "ERROR\r\n"),
        ("AT+CWLAPOPT=1,1026", "OK\r\n"),
        (
            "AT+CWLAP",
            "+CWLAP:\"near\",1\r\n+CWLAP:\"far\",0\r\nOK\r\n",
        ),
    ]);
}

#[test]
fn scans_of_the_firmware_know_no_group_cipher() {
    firmware().play(&[
        ("AT+CWMODE=1,0", "\r\nOK\r\n"),
        (
            "AT+CWLAP",
            "\r\nOK\r\n\
             +CWLAP:(3,\"home\",-48,\"5a:67:11:00:00:01\",6,-1,-1,4,7,0)\r\n\
             +CW:SCAN_DONE\r\n",
        ),
    ]);
}

/// 3.1.7, 3.1.8
#[test]
fn scans_tell_access_points_apart_and_no_name_that_is_hidden() {
    let mut config = Config::new(Profile::St67Reference)
        .with_access_point("home", "secret99")
        .with_access_point("guests", "")
        .with_access_point("attic", "12345678");
    config.access_points[2].hidden = true;
    let home = "+CWLAP:3,\"home\",-48,\"5a:67:11:00:00:01\",6\r\n";
    let guests = "+CWLAP:0,\"guests\",-55,\"5a:67:11:00:00:02\",11\r\n";
    let all = format!("{home}{guests}+CWLAP:3,\"\",-62,\"5a:67:11:00:00:03\",1\r\nOK\r\n");
    let attic = "+CWLAP:3,\"attic\",-62,\"5a:67:11:00:00:03\",1\r\nOK\r\n";
    let mut host = Host::new(config, MemoryNetwork::new());
    host.play(&[
        ("AT+CWMODE=1", "OK\r\n"),
        ("AT+CWLAPOPT=1,31", "OK\r\n"),
        ("AT+CWLAP", &all),
        ("AT+CWLAP=0,\"attic\"", attic),
        ("AT+CWLAP=1,\"attic\"", "OK\r\n"),
    ]);
    let joined = host.ask("AT+CWJAP=\"attic\",\"12345678\"");
    assert!(joined.contains("+CW:GOTIP"), "{joined}");
}

/// 3.1.25
#[test]
fn wps_joins_where_the_button_was_pressed() {
    let mut config = Config::new(Profile::St67Reference).with_access_point("home", "secret99");
    let mut host = Host::new(config.clone(), MemoryNetwork::new());
    host.play(&[
        ("AT+WPS=1", "ERROR\r\n"),
        ("AT+CWMODE=1", "OK\r\n"),
        ("AT+WPS=1", "OK\r\n"),
        ("AT+CWSTATE?", "+CWSTATE:0,\"\"\r\nOK\r\n"),
        ("AT+WPS=2", "ERROR\r\n"),
        ("AT+WPS=1,5", "ERROR\r\n"),
    ]);
    config.access_points[0].wps = true;
    let mut host = Host::new(config, MemoryNetwork::new());
    host.play(&[
        ("AT+CWMODE=1", "OK\r\n"),
        ("AT+WPS=1,3", "OK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n"),
        ("AT+CWSTATE?", "+CWSTATE:2,\"home\"\r\nOK\r\n"),
        ("AT+WPS=0", "OK\r\n"),
    ]);
}

/// 3.1.22
#[test]
fn the_monitor_prints_beacons() {
    let mut host = reference();
    host.play(&[
        ("AT+CWMONITOR=1", "ERROR\r\n"),
        ("AT+CWMONITOR=1,14", "ERROR\r\n"),
        ("AT+CWMONITOR=1,5", "OK\r\n"),
        ("AT+CWMONITOR=1,6,43", "OK\r\n"),
        ("AT+CWMONITOR=0", "OK\r\n"),
    ]);
    host.write(b"AT+CWMONITOR=1,6,42,42\r\n");
    host.simulation.advance(LONG / 40);
    let heard = String::from_utf8(host.read()).unwrap();
    assert!(
        heard.starts_with("OK\r\n+CWMONITOR,6,42:80000000ffffffffffff5a6711000001"),
        "{heard}"
    );
    assert!(heard.ends_with("0004686f6d65\r\n"), "{heard}");
    let mut host = firmware();
    host.write(b"AT+CWMONITOR=1,6\r\n");
    host.simulation.advance(LONG / 40);
    let heard = String::from_utf8(host.read()).unwrap();
    assert!(
        heard.starts_with("\r\nOK\r\n1970-01-01:00:00:01.103 80000000ffffffffffff"),
        "{heard}"
    );
}

/// 3.1.5, 3.1.8
#[test]
fn protections_are_told_and_joined_by_any_kind_of_wpa() {
    use Protection::{Enterprise, Wep, Wpa, Wpa2, Wpa2Wpa3, Wpa3, WpaWpa2};
    let all = [Wep, Wpa, Wpa2, WpaWpa2, Enterprise, Wpa3, Wpa2Wpa3];
    for (number, protection) in (1..).zip(all) {
        let net = AccessPoint::new("net", "secret99").protected_by(protection);
        let config = Config {
            access_points: vec![net],
            ..Config::new(Profile::St67Fw2_0_75)
        };
        let mut host = Host::new(config, MemoryNetwork::new());
        host.ask("AT+CWMODE=1,0");
        host.ask("AT+CWLAPOPT=1,3");
        let found = format!("\r\nOK\r\n+CWLAP:({number},\"net\")\r\n+CW:SCAN_DONE\r\n");
        assert_eq!(host.ask("AT+CWLAP"), found);
        for (line, is_wep) in [
            ("AT+CWJAP=\"net\",\"secret99\"", false),
            ("AT+CWJAP=\"net\",\"secret99\",,1", true),
        ] {
            let joins = is_wep == (protection == Wep) && protection != Enterprise;
            let told = host.ask(line);
            assert_eq!(told.contains("+CW:GOTIP"), joins, "{protection:?}: {told}");
        }
    }
}
