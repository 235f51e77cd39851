//! A small campaign, the same every time; `.ci/run` plays a longer one.

use std::collections::BTreeMap;

use atwifi_campaign::campaign::{self, SPI_PROFILES, Setting};
use atwifi_campaign::program::Bounds;
use atwifi_simulator::Profile;
use indicatif::ProgressBar;

/// How many conversations are played.
const SEEDS: u64 = 400;

fn nothing_is_found(setting: &Setting) {
    let played = campaign::play_all(0..SEEDS, setting, ProgressBar::hidden());
    let mut found = BTreeMap::new();
    for played in &played {
        for finding in &played.outcome.findings {
            found.entry(finding.to_string()).or_insert(played.seed);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    let errors: usize = played.iter().map(|played| played.outcome.errors).sum();
    assert!(
        errors > 0,
        "a campaign in which nothing fails finds nothing"
    );
}

fn within(bounds: Bounds) -> Setting {
    Setting {
        bounds,
        ..Setting::default()
    }
}

#[test]
fn conversations_in_which_anything_may_go_wrong() {
    nothing_is_found(&Setting::default());
}

#[test]
fn conversations_on_a_line_on_which_nothing_can_be_relied_on() {
    nothing_is_found(&within(Bounds {
        is_evil: true,
        ..Bounds::default()
    }));
}

#[test]
fn conversations_that_use_the_services_too() {
    nothing_is_found(&within(Bounds {
        has_services: true,
        ..Bounds::default()
    }));
}

/// On one of these lines messages come without end, which must not hold a wait for good.
#[test]
fn conversations_that_use_the_services_on_such_a_line() {
    nothing_is_found(&within(Bounds {
        is_evil: true,
        has_services: true,
        ..Bounds::default()
    }));
}

#[test]
fn conversations_with_a_phone_on_such_a_line() {
    nothing_is_found(&Setting {
        profiles: Profile::ST67.to_vec(),
        bounds: Bounds {
            is_evil: true,
            has_services: true,
            has_ble: true,
            ..Bounds::default()
        },
    });
}

#[test]
fn conversations_with_certificates_files_and_updates() {
    nothing_is_found(&within(Bounds {
        has_services: true,
        has_flash: true,
        ..Bounds::default()
    }));
}

#[test]
fn conversations_with_a_module_that_is_put_to_sleep() {
    nothing_is_found(&Setting {
        profiles: SPI_PROFILES.to_vec(),
        bounds: Bounds {
            is_on_spi: true,
            sleeps: true,
            ..Bounds::default()
        },
    });
}

#[test]
fn a_seed_is_always_the_same_conversation() {
    let setting = Setting::default();
    for seed in 0..20 {
        let conversation = campaign::of_seed(seed, &setting);
        assert_eq!(conversation, campaign::of_seed(seed, &setting));
        let (one, other) = (
            campaign::play(&conversation, true),
            campaign::play(&conversation, true),
        );
        assert_eq!(one.transcript, other.transcript, "seed {seed}");
    }
}
