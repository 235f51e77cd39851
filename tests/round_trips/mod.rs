//! What is set is what a query tells: over the whole documented range of each parameter, on every
//! firmware that can be simulated.

mod microchip;
mod st67_basic;
mod st67_ble;
mod st67_low_power;
mod st67_mqtt;
mod st67_net;
mod st67_wifi;

use std::cell::RefCell;
use std::fmt::Debug;

use crate::common::{Driver, UnderTest, simulations, with_driver};
use atat::AtatCmd;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Runs `test` with values of `strategy` on modules of dialect `D`, which live on from value to
/// value.
fn each<D: UnderTest, S: Strategy<Value: Debug>>(
    strategy: S,
    test: impl Fn(&mut Driver<'_, D>, S::Value),
) {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            module.reset().expect("reset");
            let module = RefCell::new(module);
            let mut runner = TestRunner::new(Config {
                cases: 64,
                failure_persistence: None,
                ..Config::default()
            });
            let result = runner.run(&strategy, |value| {
                test(&mut module.borrow_mut(), value);
                Ok(())
            });
            if let Err(failure) = result {
                panic!("{failure}\n{}", simulation.transcript());
            }
        });
    }
}

/// Sets something and returns what the module tells of it.
fn set_then_query<D: UnderTest, G: AtatCmd>(
    module: &mut Driver<'_, D>,
    set: &impl AtatCmd,
    get: &G,
) -> G::Response {
    module.command(set).unwrap_or_else(|e| panic!("set: {e}"));
    module.command(get).unwrap_or_else(|e| panic!("get: {e}"))
}
