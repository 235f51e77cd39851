//! Conversations that are broken by hand: each kind of mark, and none where there is none.

mod support;

use atwifi_explain::{Dialect, Kind, Lane, explain};
use support::*;

const JOIN: &str = r#"
1.000 -> AT+CWMODE=1,0\r\n
1.001 <- \r\nOK\r\n
"#;

/// What is marked behind a sound beginning, with the text that is marked.
fn marked(log: &str) -> Vec<(String, String)> {
    let told = tell(&format!("{JOIN}{log}"));
    told.marks()
        .map(|(item, mark)| (item.text.clone(), mark.to_string()))
        .collect()
}

fn one(log: &str, text: &str, mark: &str) {
    let marked = marked(log);
    let [(own_text, own_mark)] = marked.as_slice() else {
        panic!("{marked:#?}");
    };
    assert!(
        own_text.starts_with(text) && own_mark.contains(mark),
        "{own_text}: {own_mark}"
    );
}

#[test]
fn a_sound_log_has_no_mark() {
    assert_eq!(marked(""), []);
}

#[test]
fn a_reply_without_a_command() {
    one(r"2.0 <- \r\nOK\r\n", "OK", "reply without a command");
    one(
        r#"2.0 <- +CIPDOMAIN:"10.0.0.1"\r\n"#,
        "+CIPDOMAIN",
        "reply without a command",
    );
    one(r"2.0 <- \r\n>", ">", "reply without a command");
}

#[test]
fn a_command_without_a_reply() {
    one(r"2.0 -> AT+CIFSR\r\n", "AT+CIFSR", "the log ends");
    let log = "2.0 -> AT+CIFSR\\r\\n\n9.0 -> AT+CIPMUX=1\\r\\n\n9.1 <- \\r\\nOK\\r\\n";
    one(log, "AT+CIFSR", "the host went on");
    // Answered rows show whose reply is missing, even if the host is quick.
    let log = "2.0 -> AT+CIFSR\\r\\n\n2.1 -> AT+CWSTATE?\\r\\n\n2.2 <- +CWSTATE:2,\"home\"\\r\\n\n2.2 <- \\r\\nOK\\r\\n";
    one(log, "AT+CIFSR", "a later one was answered");
}

#[test]
fn busy() {
    let log = "2.0 -> AT+CIFSR\\r\\n\n2.0 -> AT+CIPMUX?\\r\\n\n2.1 <- \\r\\nbusy p...\\r\\n\n2.2 <- \\r\\nOK\\r\\n";
    let marked = marked(log);
    assert_eq!(marked.len(), 2, "{marked:?}");
    assert!(marked[0].0 == "AT+CIPMUX?" && marked[0].1.contains("has dropped it"));
    assert!(marked[1].0 == "busy p..." && marked[1].1.starts_with("busy"));
}

#[test]
fn a_restart_in_the_middle() {
    let log = "2.0 -> AT+CIFSR\\r\\n\n3.0 <- \\r\\nready\\r\\n";
    let marked = marked(log);
    assert!(marked[0].1.contains("the module restarted"), "{marked:?}");
    assert!(marked[1].1.starts_with("restart"), "{marked:?}");
    // One that was asked for is none.
    assert_eq!(
        self::marked("2.0 -> AT+RST\\r\\n\n2.0 <- \\r\\nOK\\r\\n\n3.0 <- \\r\\nready\\r\\n"),
        []
    );
}

#[test]
fn a_restart_of_a_microchip_module() {
    let log =
        "1.0 -> AT+SOCKLST\\r\\n\n1.1 <- OK\\r\\n\n2.0 -> AT+SOCKO=2\\r\\n\n4.0 <- \\r\\nOK\\r\\n>";
    let told = tell(log);
    assert_eq!(marks(&told), ["no-reply", "restart"], "{}", told.text());
}

#[test]
fn a_payload_whose_length_lies() {
    let fetch = |payload: &str| {
        format!(
            "2.0 -> AT+CIPRECVDATA=0,99\\r\\n\n2.1 <- +CIPRECVDATA:5,{payload}\\r\\n\n2.1 <- \\r\\nOK\\r\\n\n2.2 -> AT\\r\\n\n2.3 <- \\r\\nOK\\r\\n"
        )
    };
    assert_eq!(marked(&fetch("hello")), []);
    one(&fetch("hell"), "hell", "less came");
    one(&fetch("h"), "h", "less came");
    let far = fetch("hello").replace("DATA:5", "DATA:50");
    one(&far, "hello", "50 bytes were announced and");
    one(&fetch("hello!!"), "hello", "2 bytes more");
    let send = |payload: &str, count: u32| {
        format!(
            "2.0 -> AT+CIPSEND=0,5\\r\\n\n2.1 <- \\r\\nOK\\r\\n\\r\\n>\n2.2 -> {payload}\n2.3 <- Recv {count} bytes\\r\\n\n2.3 <- \\r\\nSEND OK\\r\\n"
        )
    };
    assert_eq!(marked(&send("hello", 5)), []);
    one(&send("hel", 3), "hel", "5 bytes were announced and 3 came");
    let text = "2.0 -> AT+SOCKWR=7,5,\"hell\"\\r\\n\n2.1 <- OK\\r\\n";
    assert_eq!(marks(&tell(text)), ["length"]);
    assert_eq!(marks(&tell(&text.replace("hell", "hello"))), [""; 0]);
}

#[test]
fn a_secret_in_clear() {
    let secrets = [
        (r#"2.0 -> AT+CWJAP="home","hunter22"\r\n"#, "AT+CWJAP"),
        (r#"2.0 -> AT+CWSAP="mine","hunter22",1,3\r\n"#, "AT+CWSAP"),
        (
            r#"2.0 -> AT+MQTTUSERCFG=0,1,"me","user","hunter22"\r\n"#,
            "AT+MQTTUSERCFG",
        ),
        (
            r#"2.0 -> AT+CIPSSLCPSK=0,"hunter22","hint"\r\n"#,
            "AT+CIPSSLCPSK",
        ),
        (r#"2.0 -> AT+WSTAC=3,"hunter22"\r\n"#, "AT+WSTAC"),
        (r#"2.0 -> AT+MQTTC=5,"hunter22"\r\n"#, "AT+MQTTC"),
        (r#"2.0 -> AT+TLSC=1,4,"hunter22"\r\n"#, "AT+TLSC"),
        (r#"2.0 -> AT+CWJAP="ho"me","hunter22"\r\n"#, "AT+CWJAP"),
    ];
    for (line, text) in secrets {
        let told = tell(&format!("{line}\n2.1 <- OK\\r\\n"));
        assert_eq!(marks(&told), ["secret"], "{}", told.text());
        assert!(told.items[0].text.starts_with(text));
    }
    // Hidden already, or empty, it is none.
    for line in [
        r#"2.0 -> AT+CWJAP="home","***"\r\n"#,
        r#"2.0 -> AT+CWJAP="home",""\r\n"#,
    ] {
        assert_eq!(
            marked(&format!("{line}\n2.1 <- \\r\\nOK\\r\\n")),
            [],
            "{line}"
        );
    }
}

#[test]
fn a_secret_is_hidden_wherever_it_stands_again() {
    let log = format!(
        "{JOIN}{}",
        r#"2.0 -> AT+CWJAP="home","hunter22"\r\n
2.1 <- AT+CWJAP="home","hunter22"\r\n
application: joining home with hunter22
2.2 <- +CWSAP:"mine","hunter22",1,3,4,0\r\n
2.3 -> AT+CIPSEND=0,8\r\n
2.4 <- \r\nOK\r\n\r\n>
2.5 -> hunter22
2.6 -> AT+SOCKWR=7,8,[68756E7465723232]\r\n
2.7 -> AT+CWJAP="home","hunter22
"#
    );
    for dialect in [
        None,
        Some(Dialect::St67),
        Some(Dialect::Microchip),
        Some(Dialect::EspAt),
    ] {
        let told = explain(log.as_bytes(), dialect);
        for written in [told.text(), told.html()] {
            assert!(!written.contains("hunter22"), "{written}");
            assert!(!written.contains("68756E7465723232"), "{written}");
        }
    }
}

#[test]
fn logs_of_lines_with_and_without_arrows_are_told() {
    for (host, module) in [
        (">> ", "<< "),
        ("-> ", "<- "),
        ("[12:30:01.500] -> ", "[12:30:01.501] <- "),
        ("", ""),
        ("TX: ", "RX: "),
    ] {
        let log = [
            (host, "AT+CWMODE=1,0"),
            (module, "OK"),
            (host, "AT+CWJAP=\"home\",\"***\""),
            (module, "+CW:CONNECTING"),
            (module, "OK"),
            (module, "+CW:GOTIP"),
            (host, "AT+CIPSEND=0,5"),
            (module, "OK"),
            (module, ">"),
            (host, "hello"),
            (module, "Recv 5 bytes"),
            (module, "SEND OK"),
        ];
        let log: String = log
            .iter()
            .map(|(arrow, text)| format!("{arrow}{text}\n"))
            .collect();
        let told = tell(&log);
        assert_eq!(marks(&told), [""; 0], "{}", told.text());
        let kinds = |kind: Kind| told.items.iter().filter(|item| item.kind == kind).count();
        assert_eq!(
            [
                kinds(Kind::Command),
                kinds(Kind::Upload),
                kinds(Kind::Event)
            ],
            [3, 1, 2],
            "{}",
            told.text()
        );
    }
}

#[test]
fn esp_at_is_told_where_words_coincide_and_not_where_they_do_not() {
    let log = "-> AT+CWJAP=\"home\",\"***\"\n<- WIFI CONNECTED\n<- WIFI GOT IP\n<- OK\n-> AT+CIPSTART=0,\"TCP\",\"10.0.0.7\",80\n<- 0,CONNECT\n<- OK\n-> AT+BLUFI=1\n<- OK\n<- +IPD,0,5:hello\n<- 0,CLOSED\n";
    let told = tell(log);
    assert_eq!(told.dialect, Dialect::EspAt, "{}", told.text());
    assert_eq!(marks(&told), [""; 0], "{}", told.text());
    let text = told.text();
    assert!(text.contains("BLUFI is in no vocabulary"), "{text}");
    assert!(text.contains("joins an access point"), "{text}");
    assert!(
        told.items
            .iter()
            .any(|item| item.kind == Kind::Download && item.lane == Some(Lane::Link("0".into()))),
        "{text}"
    );
}

#[test]
fn what_is_in_no_vocabulary_is_said_to_be_so() {
    let told = tell("-> AT+FROB=1\n<- OK\n");
    assert_eq!(told.dialect, Dialect::Unknown);
    assert!(told.text().contains("FROB is in no vocabulary"));
}

#[test]
fn numbers_have_their_meaning() {
    let text = tell(&format!("{JOIN}2.0 -> AT+CWJAP=\"home\",\"***\"\\r\\n\n2.1 <- \\r\\nOK\\r\\n\n3.0 <- +CW:ERROR,16\\r\\n\n4.0 -> AT+NO\\r\\n\n4.0 <- ERR CODE:0x01090000\\r\\n\n4.0 <- \\r\\nERROR\\r\\n")).text();
    assert!(text.contains("beacons stayed away"), "{text}");
    assert!(text.contains("no such command"), "{text}");
    let text = tell("-> AT+SOCKWR=9,1,\"x\"\n<- ERROR:10,\"Socket ID Not Found\"\n").text();
    assert!(text.contains("no such socket"), "{text}");
}
