//! Chapter 7, "Low-power AT commands".

use atwifi::Error;
use atwifi::st67::St67;
use atwifi::st67::command::Done;
use atwifi::st67::command::low_power::*;
use proptest::prelude::*;

use super::each;

#[test]
fn clocks() {
    let source = prop::sample::select(vec![
        ClockSource::Internal,
        ClockSource::Crystal,
        ClockSource::Oscillator,
    ]);
    each::<St67, _>(source, |module, source| {
        // Firmware restarts in place of an answer.
        match module.command(&SetClock { source }) {
            Ok(Done {}) | Err(Error::ModuleReset) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(module.command(&GetClock).unwrap().source, source);
    });
}
