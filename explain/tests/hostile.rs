//! Whatever a log has in it, it is told, and the page stays a page.

use atwifi_explain::{Dialect, explain};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "AT",
    "+",
    "CIPSEND",
    "CIPRECVDATA",
    "SOCKRD",
    "SOCKWR",
    "IPD",
    "MQTT:SUBRECV",
    "CWJAP",
    "WSTAC",
    "TLSC",
    "=",
    ":",
    ",",
    "\"",
    "[",
    "]",
    "0",
    "5",
    "4294967296",
    "99999999999999999999",
    "OK",
    "ERROR",
    "busy p...",
    "ready",
    "Recv 5 bytes",
    "SEND OK",
    ">",
    "#",
    "\\r\\n",
    "\n",
    "\r",
    "-> ",
    "<- ",
    "-- ",
    "1.5 ",
    "+++",
    "\\x00",
    "\\",
    "***",
    " ... (99 bytes)",
    " ... (99999999999 bytes)",
    "é",
    "</script>",
    "<b>",
    "PRIVATE KEY",
    "password=",
    "ERR CODE:0x01",
    "2026-11-28 ",
    "12:00:00 ",
    "name,data\n",
    "TX,0x41\n",
    "+FS:READ,",
    "+BLE:GATTWRITE:",
    "CIPMUX",
    "CIPRECVMODE",
    "?",
];

fn tell(log: &[u8]) {
    for dialect in [
        None,
        Some(Dialect::St67),
        Some(Dialect::Microchip),
        Some(Dialect::EspAt),
    ] {
        let told = explain(log, dialect);
        assert!(told.text().lines().count() >= told.items.len());
        let page = told.html();
        assert!(!page.contains("<b>"));
        assert_eq!(page.matches("</script>").count(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(log in proptest::collection::vec(any::<u8>(), 0..400)) {
        tell(&log);
    }

    #[test]
    fn words_in_any_order(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        tell(words.concat().as_bytes());
    }

    #[test]
    fn a_password_never_shows(password in "[a-zA-Z0-9 ,\\\\\"'<>&%é]{8,20}", cut in 0_usize..60) {
        let quoted: String = password.chars().flat_map(|c| matches!(c, ',' | '"' | '\\').then_some('\\').into_iter().chain([c])).collect();
        let line = format!("AT+CWJAP=\"home\",\"{quoted}\"");
        let end = line.char_indices().map(|(at, _)| at).nth(line.chars().count().saturating_sub(cut)).unwrap_or(line.len());
        let log = format!("-> {}\n<- OK\n", &line[..end]);
        let text = explain(log.as_bytes(), None).text();
        prop_assert!(!text.contains(&password), "{text}");
        // Nor a beginning of it that says much.
        let shown: String = quoted.chars().take(6).collect();
        prop_assert!(!text.contains(&format!("\"{shown}")), "{text}");
    }
}
