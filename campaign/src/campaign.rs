//! Many conversations, and those made smaller that find something.

use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi_simulator::Profile;
use indicatif::{ParallelProgressIterator, ProgressBar};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rayon::prelude::*;

use crate::finding::{Finding, Kind};
use crate::player::{self, Outcome};
use crate::program::{Bounds, Conversation, conversation, sleepy, with_ble, with_flash};

/// How often a conversation is made smaller at most.
const TRIES: usize = 4000;

/// The firmware that is played on an SPI.
pub const SPI_PROFILES: [Profile; 2] = [Profile::St67Reference, Profile::St67Fw2_0_75];

/// Plays a conversation in its dialect.
#[must_use]
pub fn play(conversation: &Conversation, with_transcript: bool) -> Outcome {
    match conversation.profile.module() {
        "st67" => player::play::<St67>(conversation, with_transcript),
        _ => player::play::<Microchip>(conversation, with_transcript),
    }
}

/// Which conversations are played.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The firmware, in turn.
    pub profiles: Vec<Profile>,
    /// What they may be like.
    pub bounds: Bounds,
}

impl Default for Setting {
    fn default() -> Self {
        let profiles = [&Profile::ST67[..], &Profile::MICROCHIP].concat();
        Setting {
            profiles,
            bounds: Bounds::default(),
        }
    }
}

/// The conversation of a seed, as a tree of smaller ones; the firmware is one of these, in turn.
fn tree(seed: u64, setting: &Setting) -> Box<dyn ValueTree<Value = Conversation>> {
    let Setting { profiles, bounds } = setting;
    let profile = profiles[(seed % profiles.len() as u64) as usize];
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &key);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let program = match bounds.sleeps {
        false => conversation(profile, *bounds).boxed(),
        true => sleepy(profile, *bounds).boxed(),
    };
    let program = match bounds.has_flash {
        false => program,
        true => with_flash(program).boxed(),
    };
    let program = match bounds.has_ble {
        false => program,
        true => with_ble(program).boxed(),
    };
    let tree = program.new_tree(&mut runner);
    tree.expect("every conversation is allowed")
}

/// The conversation of a seed.
#[must_use]
pub fn of_seed(seed: u64, setting: &Setting) -> Conversation {
    tree(seed, setting).current()
}

/// One seed that was played.
#[derive(Debug)]
pub struct Played {
    /// The seed.
    pub seed: u64,
    /// The firmware.
    pub profile: Profile,
    /// How hard it is to look through: by how long a command takes, and how many steps there are.
    pub size: (u64, usize),
    /// What came of it.
    pub outcome: Outcome,
}

/// Plays these seeds on all cores; in their order.
#[must_use]
pub fn play_all(seeds: std::ops::Range<u64>, setting: &Setting, bar: ProgressBar) -> Vec<Played> {
    seeds
        .into_par_iter()
        .progress_with(bar)
        .map(|seed| {
            let conversation = of_seed(seed, setting);
            let size = (
                conversation.surroundings.latency_ms,
                conversation.steps.len(),
            );
            let (profile, outcome) = (conversation.profile, play(&conversation, false));
            Played {
                seed,
                profile,
                size,
                outcome,
            }
        })
        .collect()
}

/// The smallest conversation found in which the same kind of thing happens in the same call as in that
/// of a seed, and what happens in it.
#[must_use]
pub fn minimise(
    seed: u64,
    setting: &Setting,
    wanted: (Kind, &'static str),
) -> Option<(Conversation, Finding)> {
    let finds = |conversation: &Conversation| {
        let findings = play(conversation, false).findings.into_iter();
        let mut findings = findings.filter(|finding| (finding.kind, finding.place) == wanted);
        findings.next()
    };
    let mut tree = tree(seed, setting);
    let mut best = finds(&tree.current()).map(|finding| (tree.current(), finding));
    let mut tries = 0;
    let mut goes_on = best.is_some() && tree.simplify();
    while goes_on && tries < TRIES {
        tries += 1;
        let smaller = tree.current();
        goes_on = match finds(&smaller) {
            Some(finding) => {
                best = Some((smaller, finding));
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    best
}

/// A conversation as it is written in a test, a line for each step.
#[must_use]
pub fn as_code(conversation: &Conversation) -> String {
    let Conversation {
        profile,
        is_on_spi,
        surroundings,
        host,
        vices,
        steps,
    } = conversation;
    let steps = steps.iter().map(|step| format!("        {step:?},\n"));
    let steps: String = steps.collect();
    let code = format!(
        "Conversation {{\n    profile: {profile:?},\n    is_on_spi: {is_on_spi:?},\n    surroundings: {surroundings:?},\n    \
         host: {host:?},\n    vices: {vices:?},\n    steps: vec![\n{steps}    ],\n}}"
    );
    code.replace("sizes: [", "sizes: vec![")
}
