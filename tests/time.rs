//! The time of day: never a day of 1970, and told once the module knows it.

use std::time::Duration;

use crate::common::service::in_all_weathers;
use crate::common::*;
use atwifi::{Error, UnixTime, Usage};
use atwifi_simulator::Faults;

/// What the simulated time servers say when they are asked first.
const SERVER_TIME: u64 = 1_655_196_292;

fn time_is_told_once_it_is_known<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            module.set_time_servers(&["pool.ntp.org"]).unwrap();
            assert_eq!(module.time(), Ok(None), "{}", simulation.transcript());
            module.join(SSID, PASSWORD).unwrap();
            let time = module.wait_for_time(10_000).unwrap().seconds();
            assert!((SERVER_TIME..SERVER_TIME + 20).contains(&time), "{time}");
            simulation.advance(Duration::from_secs(100));
            let later = module.time().unwrap().unwrap().seconds();
            assert!((time + 100..time + 103).contains(&later), "{time} {later}");
        });
    }
}

fn waiting_for_a_time_that_does_not_come_ends<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let before = simulation.now();
            assert_eq!(module.wait_for_time(5000), Err(Error::Timeout));
            let taken = simulation.now() - before;
            assert!((5000..6000).contains(&taken.as_millis()), "{taken:?}");
            module.join(SSID, PASSWORD).unwrap();
        });
    }
}

fn servers_are_checked_before_a_byte<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            let before = simulation.to_module();
            let none = module.set_time_servers(&[]);
            assert_eq!(none, Err(Error::Usage(Usage::Empty)));
            let many = module.set_time_servers(&["a", "b", "c", "d"]);
            assert!(matches!(many, Err(Error::Usage(Usage::Unsupported(_)))));
            let long = "x".repeat(129);
            let long = module.set_time_servers(&[&long]);
            assert!(matches!(long, Err(Error::Usage(Usage::TooLong(_)))));
            assert_eq!(simulation.to_module(), before);
        });
    }
}

fn a_restart_takes_the_time_away<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().unwrap();
            module.set_time_servers(&["pool.ntp.org"]).unwrap();
            module.join(SSID, PASSWORD).unwrap();
            module.wait_for_time(10_000).unwrap();
            module.reset().unwrap();
            assert_eq!(module.time(), Ok(None), "{}", simulation.transcript());
        });
    }
}

fn questions_for_the_time_stand_all_weathers<D: UnderTest>() {
    in_all_weathers::<D>(
        |config| config,
        |module| {
            // It is another one each time.
            module.time().map(|_: Option<UnixTime>| String::new())
        },
    );
}

fn a_module_that_does_not_answer_is_not_waited_for<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_joined::<D, _>(&simulation, |module| {
            let commands = simulation.commands();
            simulation.set_faults(Faults {
                late: vec![(commands, Duration::from_secs(100))],
                ..Faults::default()
            });
            let before = simulation.now();
            assert!(module.time().is_err());
            assert!(simulation.now() - before < Duration::from_secs(60));
        });
    }
}

on_both_dialects! {
    time_is_told_once_it_is_known
    waiting_for_a_time_that_does_not_come_ends
    servers_are_checked_before_a_byte
    a_restart_takes_the_time_away
    questions_for_the_time_stand_all_weathers
    a_module_that_does_not_answer_is_not_waited_for
}
