//! Being in the network, and what the tasks that use it do while there is none.

use core::convert::Infallible;
use core::fmt::Debug;

use atwifi::LinkState;
use defmt::{Debug2Format, error, warn};
use embassy_rp::gpio::Output;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch::Watch;
use embassy_time::{Delay, Timer};

use crate::settings::{PASSWORD, SSID};
use crate::{Network, Wifi, board};

/// How many tasks may wait for the network at a time.
const WAITING: usize = 4;
static IS_ONLINE: Watch<CriticalSectionRawMutex, bool, WAITING> = Watch::new();

/// Joins, looks at the link once a second, and when something is wrong switches the module off and on,
/// and begins anew.
#[embassy_executor::task]
pub async fn stay_online(network: Network, mut reset: Output<'static>) {
    let is_online = IS_ONLINE.sender();
    loop {
        let joined = network.with(|wifi| {
            wifi.reset_by_pin(&mut reset, &mut Delay)?;
            wifi.join(SSID, PASSWORD)
        });
        let mut state = joined.flatten().map(|_| LinkState::Up);
        is_online.send(state.is_ok());
        while let Ok(LinkState::Up) = state {
            Timer::after_secs(1).await;
            // The driver does a few things by time, for which no interrupt wakes the waiting tasks.
            board::HEARD.wake();
            state = network.with(Wifi::link_state).flatten();
        }
        is_online.send(false);
        match state {
            Ok(_) => warn!("the link is lost"),
            Err(error) => error!("{}", Debug2Format(&error)),
        }
        Timer::after_secs(1).await;
    }
}

/// Runs what goes on until something is wrong, and again once there is a network.
pub async fn again<E: Debug>(mut run: impl AsyncFnMut() -> Result<Infallible, E>) {
    loop {
        let receiver = IS_ONLINE.receiver();
        let mut receiver = receiver.expect("no more tasks wait than there is room for");
        receiver.get_and(|is_online| *is_online).await;
        drop(receiver);
        let Err(error) = run().await;
        error!("{}", Debug2Format(&error));
        Timer::after_secs(1).await;
    }
}
