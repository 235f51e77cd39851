//! Random conversations with simulated modules, faults and all, against a model of what may happen.
//!
//! ```sh
//! cargo run --release -p atwifi-campaign                               # new ones
//! cargo run --release -p atwifi-campaign -- --seeds 20000 --from 0    # the same every time
//! cargo run --release -p atwifi-campaign -- --seed 17 --minimise      # one of them, made smaller
//! ```

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use atwifi_campaign::campaign::{self, Played, SPI_PROFILES, Setting};
use atwifi_campaign::finding::{Finding, Kind};
use atwifi_campaign::program::Bounds;
use atwifi_simulator::Profile;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(about = "Plays random conversations with simulated modules, faults and all")]
struct Options {
    /// How many conversations to play.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first seed; new ones if not given.
    #[arg(long)]
    from: Option<u64>,
    /// Play this seed alone, and tell all.
    #[arg(long)]
    seed: Option<u64>,
    /// Make what was found smaller, one of each kind.
    #[arg(long)]
    minimise: bool,
    /// With one seed, show everything that crossed the wire.
    #[arg(long)]
    transcript: bool,
    /// Play this firmware only.
    #[arg(long)]
    profile: Option<Profile>,
    /// Play on an SPI.
    #[arg(long)]
    spi: bool,
    /// Put the module to sleep every now and then, on an SPI, whose chip select wakes it.
    #[arg(long, requires = "spi")]
    sleep: bool,
    /// Play on a line on which nothing can be relied on.
    #[arg(long)]
    evil: bool,
    /// Use the services too: scans, access points, time, echoes and all.
    #[arg(long)]
    services: bool,
    /// Load certificates, write files and update the firmware every now and then.
    #[arg(long, requires = "services")]
    flash: bool,
    /// Serve a phone over Bluetooth LE every now and then, with an ST67W611M1.
    #[arg(long)]
    ble: bool,
    /// Look for findings of this kind only, such as `WrongBytes`.
    #[arg(long)]
    kind: Option<String>,
    /// So many conversations with findings of a kind are known, as in `Leak=12`: more are a failure.
    #[arg(long, value_parser = known)]
    known: Vec<(String, usize)>,
}

fn known(text: &str) -> Result<(String, usize)> {
    let (kind, count) = text.split_once('=').context("no =")?;
    Ok((kind.to_owned(), count.parse()?))
}

fn main() -> Result<()> {
    let options = Options::parse();
    let bounds = Bounds {
        is_on_spi: options.spi,
        is_evil: options.evil,
        has_services: options.services,
        sleeps: options.sleep,
        has_flash: options.flash,
        has_ble: options.ble,
    };
    let mut setting = Setting {
        bounds,
        ..Setting::default()
    };
    if options.spi {
        setting.profiles = SPI_PROFILES.to_vec();
    }
    if options.ble {
        setting
            .profiles
            .retain(|profile| profile.module() == "st67");
    }
    if let Some(profile) = options.profile {
        setting.profiles = vec![profile];
    }
    match options.seed {
        Some(seed) => tell(seed, &setting, &options),
        None => many(&setting, &options),
    }
}

fn is_wanted(finding: &Finding, options: &Options) -> bool {
    let wanted = options.kind.as_ref();
    wanted.is_none_or(|wanted| *wanted == format!("{:?}", finding.kind))
}

/// Everything about one conversation.
fn tell(seed: u64, setting: &Setting, options: &Options) -> Result<()> {
    let conversation = campaign::of_seed(seed, setting);
    let findings = campaign::play(&conversation, false).findings;
    let mut findings = findings
        .iter()
        .filter(|finding| is_wanted(finding, options))
        .peekable();
    let smaller = match (options.minimise, findings.peek()) {
        (true, Some(first)) => campaign::minimise(seed, setting, (first.kind, first.place)),
        _ => None,
    };
    let conversation = smaller.map_or(conversation, |(smaller, _)| smaller);
    let outcome = campaign::play(&conversation, options.transcript);
    println!("{}", outcome.transcript.unwrap_or_default());
    println!("{}", campaign::as_code(&conversation));
    outcome
        .findings
        .iter()
        .for_each(|finding| println!("{finding}"));
    Ok(())
}

fn smaller(seed: u64, setting: &Setting, wanted: (Kind, &'static str)) {
    if let Some((conversation, finding)) = campaign::minimise(seed, setting, wanted) {
        println!(
            "\n// Seed {seed}: {finding}\n{}",
            campaign::as_code(&conversation)
        );
    }
}

fn many(setting: &Setting, options: &Options) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let from = options.from.unwrap_or(now.as_secs() << 24);
    let bar = ProgressBar::new(options.seeds).with_style(ProgressStyle::with_template(
        "{wide_bar} {pos}/{len} {per_sec} {eta}",
    )?);
    let begun = Instant::now();
    let played = campaign::play_all(from..from + options.seeds, setting, bar);
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "seeds {from} to {}: {:.0} a second",
        from + options.seeds,
        played.len() as f64 / seconds
    );
    setting
        .profiles
        .iter()
        .for_each(|&profile| summarise(profile, &played));
    let kinds = kinds(&played, options);
    for ((kind, place), found) in &kinds {
        let mut profiles = BTreeMap::<_, usize>::new();
        for played in found {
            *profiles.entry(played.profile.to_string()).or_default() += 1;
        }
        let seeds: Vec<_> = found.iter().take(5).map(|played| played.seed).collect();
        println!(
            "{kind:?} in {place}: {} times, as in {seeds:?}; {profiles:?}",
            found.len()
        );
        if options.minimise {
            smaller(found[0].seed, setting, (*kind, place));
        }
    }
    check(&kinds, &options.known)
}

/// Whether nothing was found but what is known.
fn check(kinds: &BTreeMap<(Kind, &str), Vec<&Played>>, known: &[(String, usize)]) -> Result<()> {
    let mut counts = BTreeMap::<String, usize>::new();
    for ((kind, _), found) in kinds {
        *counts.entry(format!("{kind:?}")).or_default() += found.len();
    }
    counts.retain(|kind, count| !known.iter().any(|(k, most)| k == kind && *count <= *most));
    ensure!(
        counts.is_empty(),
        "more was found than is known: {counts:?}"
    );
    Ok(())
}

fn summarise(profile: Profile, played: &[Played]) {
    let own: Vec<_> = played
        .iter()
        .filter(|played| played.profile == profile)
        .collect();
    let calls: usize = own.iter().map(|played| played.outcome.calls).sum();
    let errors: usize = own.iter().map(|played| played.outcome.errors).sum();
    let found = own
        .iter()
        .filter(|played| !played.outcome.findings.is_empty())
        .count();
    let at_once = own
        .iter()
        .filter(|played| played.outcome.came_back_at_once)
        .count();
    let hours: f64 = own
        .iter()
        .map(|played| played.outcome.took.as_secs_f64() / 3600.0)
        .sum();
    println!(
        "{profile:22} {:6} conversations, {calls:8} calls, {errors:7} errors, {hours:7.1} h, {at_once:6} back at once, {found:5} with findings",
        own.len()
    );
}

type Kinds<'p> = BTreeMap<(Kind, &'static str), Vec<&'p Played>>;

/// What was found, by kind and place.
fn kinds<'p>(played: &'p [Played], options: &Options) -> Kinds<'p> {
    let mut kinds = Kinds::new();
    for played in played {
        let findings = played.outcome.findings.iter();
        let mut own: Vec<_> = findings
            .filter(|finding| is_wanted(finding, options))
            .map(|finding| (finding.kind, finding.place))
            .collect();
        own.sort_unstable();
        own.dedup();
        for kind in own {
            kinds.entry(kind).or_default().push(played);
        }
    }
    // The simplest first.
    kinds
        .values_mut()
        .for_each(|found| found.sort_by_key(|played| played.size));
    kinds
}
