//! Echoes: how long each took, which were lost, and an end.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::common::service::in_all_weathers;
use crate::common::*;
use atwifi::{Error, PingOptions, PingSummary};

/// Nobody is there.
const NOBODY: &str = "10.0.0.99";

fn ping<D: UnderTest>(
    module: &mut Driver<'_, D>,
    host: &str,
    options: &PingOptions,
) -> Result<(PingSummary, Vec<Option<Duration>>), Failure<D>> {
    let mut times = Vec::new();
    let summary = module.ping(host, options, |time| {
        times.push(time);
        ControlFlow::Continue(())
    })?;
    assert_eq!(usize::from(summary.sent), times.len());
    Ok((summary, times))
}

fn a_host_answers_by_name_and_by_address<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        for host in [NAME, "10.0.0.7"] {
            let before = simulation.now();
            let (summary, times) = ping(module, host, &PingOptions::new()).unwrap();
            assert_eq!(
                (summary.sent, summary.received),
                (4, 4),
                "{}",
                simulation.transcript()
            );
            let times: Vec<_> = times.into_iter().flatten().collect();
            assert_eq!(Some(summary.min), times.iter().min().copied());
            assert_eq!(Some(summary.max), times.iter().max().copied());
            let average = summary.average().unwrap();
            assert!(summary.min <= average && average <= summary.max);
            let taken = simulation.now() - before;
            assert!(
                (3000..3500).contains(&taken.as_millis()),
                "once a second: {taken:?}"
            );
        }
        let commands = simulation.commands();
        module.link_state().unwrap();
        assert_eq!(simulation.commands(), commands + 1, "in step");
    });
}

fn a_lost_echo_is_no_error_and_costs_nothing_else<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let options = PingOptions::new().with_count(3).with_interval_ms(100);
        let before = simulation.now();
        let (summary, times) = ping(module, NOBODY, &options).unwrap();
        assert_eq!((summary.sent, summary.received), (3, 0));
        assert_eq!((times, summary.average()), (vec![None; 3], None));
        let taken = simulation.now() - before;
        assert!((3000..3500).contains(&taken.as_millis()), "{taken:?}");
        let commands = simulation.commands();
        module.link_state().unwrap();
        assert_eq!(simulation.commands(), commands + 1, "in step");
        while let Some(event) = module.poll().unwrap() {
            assert!(
                !matches!(event, atwifi::Event::Lost(_) | atwifi::Event::Other(_)),
                "{event:?}"
            );
        }
    });
}

fn a_break_ends_it_at_once<D: UnderTest>() {
    each_joined::<D>(|simulation, module| {
        let options = PingOptions::new().with_count(1000);
        let before = simulation.now();
        let summary = module.ping("10.0.0.7", &options, |_| ControlFlow::Break(()));
        assert_eq!(summary.map(|summary| summary.sent), Ok(1));
        assert!(simulation.now() - before < Duration::from_secs(1));
    });
}

fn what_cannot_be_pinged_says_so<D: UnderTest>() {
    each_joined::<D>(|_, module| {
        let unknown = ping(module, "nobody.test", &PingOptions::new());
        assert!(matches!(unknown, Err(Error::Module(_))), "{unknown:?}");
        let empty = ping(module, "", &PingOptions::new());
        assert!(matches!(empty, Err(Error::Usage(_))));
        module.leave().unwrap();
        // Each firmware says so in its own way: it refuses, or nobody answers.
        match ping(module, "10.0.0.7", &PingOptions::new().with_count(1)) {
            Err(Error::Module(_)) => {}
            other => assert_eq!(other.map(|(summary, _)| summary.received), Ok(0)),
        }
    });
}

#[test]
fn only_one_module_chooses_the_length() {
    let longest = PingOptions::new().with_count(1).with_length(1000);
    each_joined::<atwifi::st67::St67>(|_, module| {
        assert_eq!(ping(module, "10.0.0.7", &longest).unwrap().0.received, 1);
    });
    each_joined::<atwifi::microchip::Microchip>(|simulation, module| {
        let before = simulation.to_module();
        let refused = ping(module, "10.0.0.7", &longest);
        assert!(matches!(
            refused,
            Err(Error::Usage(atwifi::Usage::Unsupported(_)))
        ));
        assert_eq!(simulation.to_module(), before);
    });
}

fn echoes_stand_all_weathers<D: UnderTest>() {
    in_all_weathers::<D>(
        |config| config,
        |module| {
            let options = PingOptions::new().with_count(2).with_interval_ms(200);
            let (summary, _) = ping(module, "10.0.0.7", &options)?;
            Ok(format!("{} of {}", summary.received, summary.sent))
        },
    );
}

on_both_dialects! {
    a_host_answers_by_name_and_by_address
    a_lost_echo_is_no_error_and_costs_nothing_else
    a_break_ends_it_at_once
    what_cannot_be_pinged_says_so
    echoes_stand_all_weathers
}
