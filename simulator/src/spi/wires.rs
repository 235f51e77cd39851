//! The host's ends of the wires of a [`Simulation`], as `embedded-hal` has them. Each use of one
//! takes a little of the virtual time.

use std::convert::Infallible;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::spi;

use super::{SpiCounts, SpiFault};
use crate::{MemoryNetwork, Network, Simulation};

/// What a look at a pin takes, or driving one.
const PIN: Duration = Duration::from_nanos(200);

/// The five wires to a simulated ST67W611M1, and a delay in its time.
pub struct SpiWires<N = MemoryNetwork> {
    simulation: Simulation<N>,
}

/// SCK, MOSI and MISO.
pub struct SpiBus<N = MemoryNetwork>(Simulation<N>);

/// CS, active high.
pub struct SpiCs<N = MemoryNetwork>(Simulation<N>);

/// RDY.
pub struct SpiRdy<N = MemoryNetwork>(Simulation<N>);

/// CHIP_EN.
pub struct SpiChipEn<N = MemoryNetwork>(Simulation<N>);

/// A delay in virtual time.
pub struct SpiDelay<N = MemoryNetwork>(Simulation<N>);

impl<N: Network> SpiWires<N> {
    pub(crate) fn new(simulation: Simulation<N>) -> Self {
        SpiWires { simulation }
    }

    /// SCK, MOSI and MISO.
    #[must_use]
    pub fn bus(&self) -> SpiBus<N> {
        SpiBus(self.simulation.clone())
    }

    /// CS.
    #[must_use]
    pub fn cs(&self) -> SpiCs<N> {
        SpiCs(self.simulation.clone())
    }

    /// RDY.
    #[must_use]
    pub fn rdy(&self) -> SpiRdy<N> {
        SpiRdy(self.simulation.clone())
    }

    /// CHIP_EN.
    #[must_use]
    pub fn chip_en(&self) -> SpiChipEn<N> {
        SpiChipEn(self.simulation.clone())
    }

    /// A delay.
    #[must_use]
    pub fn delay(&self) -> SpiDelay<N> {
        SpiDelay(self.simulation.clone())
    }

    /// The host restarts: until it drives its pins again, the module's pull-down keeps CS low.
    pub fn let_go(&self) {
        self.simulation.rig.borrow_mut().let_go_of_spi();
    }

    /// What has crossed so far.
    #[must_use]
    pub fn counts(&self) -> SpiCounts {
        self.simulation.rig.borrow_mut().spi().counts()
    }

    /// Replaces what goes wrong from now on.
    pub fn set_faults(&self, faults: Vec<SpiFault>) {
        self.simulation.rig.borrow_mut().spi().set_faults(faults);
    }
}

impl<N: Network> SpiBus<N> {
    fn clock(&mut self, bytes: impl Iterator<Item = u8>, each: impl FnMut(u8)) {
        self.0.rig.borrow_mut().clock_spi(bytes, each);
    }
}

impl<N> spi::ErrorType for SpiBus<N> {
    type Error = Infallible;
}

impl<N: Network> spi::SpiBus for SpiBus<N> {
    fn read(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        let count = words.len();
        let mut places = words.iter_mut();
        self.clock(std::iter::repeat_n(0, count), |miso| {
            places.next().into_iter().for_each(|place| *place = miso);
        });
        Ok(())
    }

    fn write(&mut self, words: &[u8]) -> Result<(), Infallible> {
        self.clock(words.iter().copied(), |_| ());
        Ok(())
    }

    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), Infallible> {
        let count = read.len().max(write.len());
        let mut places = read.iter_mut();
        let mosi = write.iter().copied().chain(std::iter::repeat(0));
        self.clock(mosi.take(count), |miso| {
            places.next().into_iter().for_each(|place| *place = miso);
        });
        Ok(())
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), Infallible> {
        let mosi = words.to_vec();
        self.transfer(words, &mosi)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<N> digital::ErrorType for SpiCs<N> {
    type Error = Infallible;
}

impl<N: Network> OutputPin for SpiCs<N> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        pass(&self.0, PIN);
        self.0.rig.borrow_mut().select_spi(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        pass(&self.0, PIN);
        self.0.rig.borrow_mut().select_spi(true);
        Ok(())
    }
}

impl<N> digital::ErrorType for SpiRdy<N> {
    type Error = Infallible;
}

impl<N: Network> InputPin for SpiRdy<N> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        pass(&self.0, PIN);
        Ok(self.0.rig.borrow_mut().spi().is_rdy_high())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|is_high| !is_high)
    }
}

impl<N> digital::ErrorType for SpiChipEn<N> {
    type Error = Infallible;
}

impl<N: Network> OutputPin for SpiChipEn<N> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.reset_pin(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.reset_pin(true);
        Ok(())
    }
}

impl<N: Network> DelayNs for SpiDelay<N> {
    fn delay_ns(&mut self, ns: u32) {
        pass(&self.0, Duration::from_nanos(ns.into()));
    }
}

fn pass<N: Network>(simulation: &Simulation<N>, time: Duration) {
    let mut rig = simulation.rig.borrow_mut();
    if rig.needs_polling() {
        drop(rig);
        return simulation.advance(time);
    }
    let to = rig.now() + time;
    rig.advance_to(to);
}
