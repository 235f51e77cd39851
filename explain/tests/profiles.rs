//! Transcripts of all firmware that can be simulated: sound ones are told without a mark, whatever
//! the log's form.

mod support;

use atwifi_explain::{Dialect, Format, Kind, Lane, Side, Told};
use support::*;

fn sound(profile: impl std::fmt::Debug, told: &Told) {
    // What is said to a module that has not started yet is lost, and told so.
    let wrong: Vec<_> = told
        .marks()
        .map(|(item, mark)| format!("{}: {mark}", item.text))
        .collect();
    let wrong: Vec<_> = wrong
        .iter()
        .filter(|wrong| !wrong.contains("had not started"))
        .collect();
    assert!(wrong.is_empty(), "{profile:?}: {wrong:#?}\n{}", told.text());
}

#[test]
fn sound_conversations_have_no_marks() {
    for profile in profiles() {
        let told = tell(&conversation(profile));
        sound(profile, &told);
        assert_eq!(told.format, Format::Transcript);
        let expected = if is_st67(profile) {
            Dialect::St67
        } else {
            Dialect::Microchip
        };
        assert_eq!(told.dialect, expected, "{profile:?}");
    }
}

#[test]
fn every_line_of_a_sound_conversation_is_known() {
    for profile in profiles() {
        let told = tell(&conversation(profile));
        for item in &told.items {
            let meets = item.says.contains("no command")
                || item.says.contains("empty line")
                || item.says.contains("zeros");
            assert!(
                item.kind != Kind::Unknown || meets,
                "{profile:?}: {item:?}\n{}",
                told.text()
            );
            let named = matches!(item.kind, Kind::Command | Kind::Event)
                && item.text != "+++"
                && item.text != "ready";
            let boots = item.says.starts_with("the module has started");
            assert!(
                !named || boots || item.chapter.is_some(),
                "{profile:?}: {item:?}"
            );
        }
    }
}

#[test]
fn payloads_are_whole_and_belong_to_their_commands() {
    for profile in profiles() {
        let told = tell(&conversation(profile));
        let length = |kind: Kind| -> usize {
            let of = told.items.iter().filter(|item| item.kind == kind);
            of.map(|item| {
                item.says
                    .split(' ')
                    .find_map(|word| word.parse::<usize>().ok())
                    .unwrap()
            })
            .sum()
        };
        let kinds = told
            .items
            .iter()
            .filter(|item| matches!(item.kind, Kind::Upload | Kind::Download));
        for item in kinds {
            let command = &told.items[item.command.expect("it belongs to a command")];
            assert_eq!(command.kind, Kind::Command);
            assert!(matches!(item.lane, Some(Lane::Link(_))), "{item:?}");
        }
        assert_eq!(
            length(Kind::Download),
            payload().len(),
            "{profile:?}\n{}",
            told.text()
        );
        if is_st67(profile) {
            assert_eq!(length(Kind::Upload), payload().len(), "{profile:?}");
        }
    }
}

#[test]
fn the_password_is_nowhere() {
    for profile in profiles() {
        // In the transcript it is masked; here it is put back.
        let clear = conversation(profile).replace("***", "\"hunter22\"");
        let told = tell(&clear);
        assert!(marks(&told).contains(&"secret"), "{profile:?}");
        assert!(!told.text().contains("hunter22"), "{profile:?}");
        assert!(!told.html().contains("hunter22"), "{profile:?}");
    }
}

#[test]
fn one_direction_is_told_without_blaming_the_other() {
    for profile in profiles() {
        let text = conversation(profile);
        for (arrow, side) in [(" -> ", Side::Host), (" <- ", Side::Module)] {
            let half: String = text
                .lines()
                .filter(|line| line.contains(arrow))
                .map(|line| format!("{line}\n"))
                .collect();
            let told = tell(&half);
            let names = marks(&told);
            assert!(
                !names.contains(&"no-reply") && !names.contains(&"no-command"),
                "{profile:?}: {names:?}\n{}",
                told.text()
            );
            assert!(told.items.iter().all(|item| item.side == side));
            assert!(
                told.notes
                    .iter()
                    .any(|note| note.starts_with("nothing of the"))
            );
        }
    }
}

#[test]
fn an_analyser_s_table_of_bytes_tells_the_same() {
    for profile in profiles() {
        let text = conversation(profile);
        let whole = tell(&text);
        // Payloads are cut in a transcript, and zeros stand for what is missing.
        let saleae = table(
            &text,
            "name,type,start_time,duration,data",
            |name, at, byte| format!("{name},data,{at:.7},0.00001,0x{byte:02X}"),
        );
        let sigrok = table(&text, "Time,Channel,Data", |name, at, byte| {
            format!("{at:.7},{name},{byte:02x}")
        });
        for csv in [saleae, sigrok] {
            let told = tell(&csv);
            assert_eq!(told.format, Format::Csv);
            sound(profile, &told);
            let kinds = |told: &Told| -> Vec<Kind> {
                let of = told.items.iter().map(|item| item.kind);
                of.filter(|kind| *kind != Kind::Remark && *kind != Kind::Unknown)
                    .collect()
            };
            assert_eq!(kinds(&told), kinds(&whole), "{profile:?}\n{}", told.text());
        }
    }
}

/// The bytes of a transcript as a logic analyser would export them.
fn table(transcript: &str, header: &str, row: impl Fn(&str, f64, u8) -> String) -> String {
    let mut rows = header.to_owned();
    for entry in atwifi_explain::read(transcript.as_bytes()).entries {
        let name = match entry.side {
            Side::Host => "TX",
            Side::Module => "RX",
            _ => continue,
        };
        for (index, byte) in entry.bytes.iter().enumerate() {
            let at = entry.at.unwrap_or_default() + index as f64 * 1e-6;
            rows.push('\n');
            rows.push_str(&row(name, at, *byte));
        }
    }
    rows
}
