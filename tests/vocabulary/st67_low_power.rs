//! Chapter 7, "Low-power AT commands".

use atwifi::st67::command::Done;
use atwifi::st67::command::basic::Test;
use atwifi::st67::command::low_power::*;
use atwifi::st67::{St67, Status};
use atwifi::{Error, Ranged, Reported, Switch};

use super::evidence::Chapter;
use crate::common::{PASSWORD, SSID};

pub fn chapter() -> Chapter {
    let mut chapter = Chapter::default();
    sleeping(&mut chapter);
    target_wake_times(&mut chapter);
    clock(&mut chapter);
    chapter
}

fn sleeping(chapter: &mut Chapter) {
    let set = |mode, broadcasts| SetPowerMode { mode, broadcasts };
    chapter
        .row("AT+PWR=<power mode>[,<level>]")
        .obeys(&set(PowerMode::Normal, None), "AT+PWR=0")
        .obeys(&set(PowerMode::Standby, None), "AT+PWR=2")
        .obeys(&set(PowerMode::Standby, Some(Switch::On)), "AT+PWR=2,1")
        .greatest(&set(PowerMode::Standby, Some(Switch::On)))
        .talks::<St67>(move |module, simulation| {
            module.command(&set(PowerMode::Standby, None)).unwrap();
            simulation.wake();
            module.command(&set(PowerMode::Normal, None)).unwrap();
            assert_eq!(module.command(&Test), Ok(Done {}));
        });

    let wake = |pin| SetWakePin {
        pin,
        trigger: WakeTrigger::High,
    };
    chapter
        .row("AT+SLWKIO=<wakeup io>,<trigger mode>")
        .obeys(&wake(WakePin::Gpio28), "AT+SLWKIO=28,0")
        .greatest(&wake(WakePin::Gpio16))
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&wake(WakePin::Gpio28)), Ok(Done {}));
        });
    let clear = |pin| ClearWakePin { pin };
    chapter
        .row("AT+DEWKIO=<io>")
        .obeys(&clear(WakePin::Gpio28), "AT+DEWKIO=28")
        .greatest(&clear(WakePin::Gpio16))
        .talks::<St67>(move |module, _| {
            module.command(&wake(WakePin::Gpio28)).unwrap();
            assert_eq!(module.command(&clear(WakePin::Gpio28)), Ok(Done {}));
        });
    let timer = |timeout_ms| SetWakeTimer {
        mode: WakeMode::Standby,
        timeout_ms,
    };
    chapter
        .row("AT+SLWKTIMER=<mode>,<timeouts>")
        .obeys(&timer(Ranged::constant::<5000>()), "AT+SLWKTIMER=0,5000")
        .greatest(&timer(Ranged::MAX))
        .talks::<St67>(move |module, simulation| {
            module.command(&timer(Ranged::constant::<5000>())).unwrap();
            module.command(&set(PowerMode::Standby, None)).unwrap();
            simulation.advance(std::time::Duration::from_secs(6));
            assert_eq!(module.command(&Test), Ok(Done {}), "it is awake");
        });
    let dtim = |dtim| SetWakeDtim { dtim };
    chapter
        .row("AT+SLWKDTIM=<dtim>")
        .obeys(&dtim(10), "AT+SLWKDTIM=10")
        .greatest(&dtim(u8::MAX))
        .talks::<St67>(move |module, _| assert_eq!(module.command(&dtim(10)), Ok(Done {})));
    chapter
        .row("AT+SLCLDTIM")
        .obeys(&ClearWakeDtim, "AT+SLCLDTIM")
        .greatest(&ClearWakeDtim)
        .talks::<St67>(move |module, _| {
            module.command(&dtim(10)).unwrap();
            assert_eq!(module.command(&ClearWakeDtim), Ok(Done {}));
        });
}

fn target_wake_times(chapter: &mut Chapter) {
    let eight_seconds = SetTwt {
        setup: TwtSetup::Suggest,
        flow: TwtFlow::Unannounced,
        exponent: Ranged::constant::<13>(),
        duration: 128,
        mantissa: 1000,
    };
    chapter
        .row(
            "AT+TWT_PARAM=<setup type>,<flow type>,<exponent>,<wakeup duration>,\
             <wake interval mantissa>",
        )
        .obeys(&eight_seconds, "AT+TWT_PARAM=1,1,13,128,1000")
        .greatest(&SetTwt {
            setup: TwtSetup::Demand,
            flow: TwtFlow::Unannounced,
            exponent: Ranged::MAX,
            duration: u8::MAX,
            mantissa: u16::MAX,
        })
        .talks::<St67>(move |module, _| {
            assert_eq!(module.command(&eight_seconds), Ok(Done {}));
        });
    chapter
        .row("AT+TWT_SLEEP")
        .obeys(&SleepTwt, "AT+TWT_SLEEP")
        .greatest(&SleepTwt)
        .talks::<St67>(move |module, _| {
            module.join(SSID, PASSWORD).unwrap();
            module.command(&eight_seconds).unwrap();
            assert_eq!(module.command(&SleepTwt), Ok(Done {}));
        });
    let one = EndTwt::flow(Ranged::constant::<1>());
    chapter
        .row("AT+TWT_TEARDOWN=<neg_type>,<all_twt>[,<flow_id>]")
        .obeys(&one, "AT+TWT_TEARDOWN=0,0,1")
        .obeys(&EndTwt::all(), "AT+TWT_TEARDOWN=0,1")
        .greatest(&EndTwt::flow(Ranged::MAX))
        .talks::<St67>(move |module, _| {
            let refused = module.command(&EndTwt::all());
            assert!(
                matches!(refused, Err(Error::Module(Status::Code(_)))),
                "there are none"
            );
            module.join(SSID, PASSWORD).unwrap();
            module.command(&eight_seconds).unwrap();
            module.command(&SleepTwt).unwrap();
            assert_eq!(module.command(&EndTwt::all()), Ok(Done {}));
        });
}

fn clock(chapter: &mut Chapter) {
    let set = |source| SetClock { source };
    let reported = |source| Clock {
        source: Reported::Known(source),
    };
    chapter
        .row("AT+SET_CLOCK=<clock_source>")
        .obeys(&set(ClockSource::Internal), "AT+SET_CLOCK=1")
        .greatest(&set(ClockSource::Oscillator))
        .talks::<St67>(move |module, _| {
            for source in [
                ClockSource::Oscillator,
                ClockSource::Crystal,
                ClockSource::Internal,
            ] {
                match module.command(&set(source)) {
                    Ok(Done {}) | Err(Error::ModuleReset) => {}
                    other => panic!("{other:?}"),
                }
                assert_eq!(module.command(&GetClock), Ok(reported(source)));
            }
        });
    chapter
        .row("AT+GET_CLOCK")
        .writes(&GetClock, "AT+GET_CLOCK")
        .reads(
            &GetClock,
            "+GET_CLOCK:1\r\n",
            reported(ClockSource::Internal),
        )
        .refuses(&GetClock, "+GET_CLOCK:\r\n")
        .greatest(&GetClock)
        .talks::<St67>(move |module, _| {
            let internal = Ok(reported(ClockSource::Internal));
            assert_eq!(module.command(&GetClock), internal);
        });
}
