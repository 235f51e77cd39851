//! What a user does, on every dialect and firmware, at every read size and with an event in every
//! gap.

use crate::common::*;
use atwifi_simulator::{Faults, Fragment, Simulation};

/// Tells the story on a fresh module; returns how many gaps and bytes it took.
fn whole_story<D: UnderTest>(simulation: &Simulation, chunk: usize, what: &str) {
    with_driver::<D, _>(simulation, |module| {
        module
            .reset()
            .unwrap_or_else(|error| panic!("{what}: {error}\n{}", simulation.transcript()));
        let told = story(module, simulation, chunk);
        assert!(
            told.error.is_none(),
            "{what}: {:?}\n{}",
            told.error,
            simulation.transcript()
        );
        assert_eq!(told.received, payload(), "{what}");
        assert_eq!(simulation.links_open(), 0, "{what}");
    });
}

fn story_at_every_read_size<D: UnderTest>() {
    for config in configs::<D>() {
        for size in (1..=80)
            .map(Fragment::Every)
            .chain([Fragment::Whole, Fragment::Random(9)])
        {
            let faults = Faults {
                fragment: size,
                ..Faults::default()
            };
            let simulation = Simulation::new(
                config.clone().with_faults(faults),
                Network::default().build(),
            );
            whole_story::<D>(&simulation, 100, &format!("{}, {size:?}", config.profile));
        }
    }
}

fn story_with_an_event_in_every_gap<D: UnderTest>() {
    let mut runs = 0;
    for config in configs::<D>() {
        let simulation = Simulation::new(config.clone(), Network::default().build());
        whole_story::<D>(&simulation, 1000, "without");
        let gaps = simulation.gaps();
        assert!(gaps > 40, "{gaps} gaps");
        for gap in 0..gaps {
            for event in D::ANY_TIME {
                for fragment in [Fragment::Whole, Fragment::Every(1)] {
                    let faults = Faults {
                        event_in_gap: Some((gap, event.to_vec())),
                        fragment,
                        ..Faults::default()
                    };
                    let simulation = Simulation::new(
                        config.clone().with_faults(faults),
                        Network::default().build(),
                    );
                    let what = format!("{}, {} in gap {gap}", config.profile, event.escape_ascii());
                    whole_story::<D>(&simulation, 1000, &what);
                    runs += 1;
                }
            }
        }
    }
    println!("told {runs} times with an event in a gap");
}

on_both_dialects! {
    story_at_every_read_size
    story_with_an_event_in_every_gap
}
