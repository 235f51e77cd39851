//! One module on virtual time, for tests in one thread.

use std::cell::RefCell;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crate::rig::Rig;
use crate::{
    AccessPoint, Client, Config, Faults, MemoryNetwork, Module, Network, Port, Record, Service,
    SpiWires, Transcript,
};

/// The longest that [`Simulation::idle`] lets pass at once.
const IDLE: Duration = Duration::from_millis(1);
/// How often a network is looked at that goes by the clock of the machine.
const POLLING: Duration = Duration::from_micros(500);

/// One simulated module, its network and its wire on virtual time.
///
/// Time stands still until [`idle`](Self::idle) or [`advance`](Self::advance) is called, or the
/// host writes on a line with a bit rate. Clones are handles to the same module.
///
/// With a [`HostNetwork`](crate::HostNetwork), the module opens the sockets of this machine. As long
/// as it has any, time takes as long to pass as it does outside.
pub struct Simulation<N = MemoryNetwork> {
    pub(crate) rig: Rc<RefCell<Rig<N>>>,
    pub(crate) unplugged: Rc<RefCell<bool>>,
}

impl<N: Network> Simulation<N> {
    /// A module that is switched on at time 0.
    #[must_use]
    pub fn new(config: Config, network: N) -> Self {
        Simulation {
            rig: Rc::new(RefCell::new(Rig::new(&config, network))),
            unplugged: Rc::default(),
        }
    }

    /// A module of your own, on the same wire and network. Of `config`, only the bit rate, the
    /// faults of the wire and the seed count.
    #[must_use]
    pub fn with_module(module: Box<dyn Module>, config: &Config, network: N) -> Self {
        Simulation {
            rig: Rc::new(RefCell::new(Rig::with_module(module, config, network))),
            unplugged: Rc::default(),
        }
    }

    /// The host's end of the wire.
    #[must_use]
    pub fn port(&self) -> Port<N> {
        Port::new(self.clone())
    }

    /// The host's ends of the wires of its SPI.
    ///
    /// # Panics
    ///
    /// The wires do, when they are used and the configuration has no SPI.
    #[must_use]
    pub fn spi(&self) -> SpiWires<N> {
        SpiWires::new(self.clone())
    }

    /// Whether there is an SPI in the place of the serial line.
    #[must_use]
    pub fn has_spi(&self) -> bool {
        self.rig.borrow().has_spi()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.rig.borrow().now()
    }

    /// The host has nothing to do: time goes on to the next thing that happens, but at most 1 ms.
    pub fn idle(&self) {
        let limit = self.now() + IDLE;
        self.pass(limit);
    }

    /// As [`idle`](Self::idle), for a host that looks at its line only every so often: time goes on to
    /// the next thing that happens, but at most so long.
    pub fn idle_for(&self, limit: Duration) {
        let limit = self.now() + limit;
        self.pass(limit);
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.advance_to(self.now() + by);
    }

    pub(crate) fn advance_to(&self, to: Duration) {
        self.pass(to);
        while self.now() < to {
            self.pass(to);
        }
    }

    /// Lets time pass until the next thing happens, or is worth a look, but not beyond `limit`.
    pub(crate) fn pass(&self, limit: Duration) {
        let mut rig = self.rig.borrow_mut();
        if !rig.needs_polling() {
            return rig.pass(limit);
        }
        let next = rig.next().map_or(limit, |next| next.min(limit));
        let to = next.min(rig.now() + POLLING);
        thread::sleep(to.saturating_sub(rig.now()));
        rig.advance_to(to);
    }

    /// Drives the module's reset input (CHIP_EN): low holds it in reset, the rising edge boots it.
    pub fn reset_pin(&self, level: bool) {
        self.rig.borrow_mut().reset_pin(level);
    }

    /// Everything that has crossed the wire.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.rig.borrow().transcript()
    }

    /// Calls `observer` with each record of the transcript as it is complete; it must not use the
    /// simulation itself. The transcript is empty then.
    pub fn on_record(&self, observer: impl FnMut(&Record) + Send + 'static) {
        self.rig.borrow_mut().observe(Box::new(observer));
    }

    /// Command lines that the module has executed.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.rig.borrow_mut().module().commands()
    }

    /// Bytes that the module has sent.
    #[must_use]
    pub fn to_host(&self) -> u64 {
        self.rig.borrow().crossed().0
    }

    /// Bytes that the host has sent.
    #[must_use]
    pub fn to_module(&self) -> u64 {
        self.rig.borrow().crossed().1
    }

    /// Gaps passed so far; see [`Faults::event_in_gap`].
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.rig.borrow_mut().module().output().gaps()
    }

    /// SSID and password of the last attempt to join, as the module understood them.
    #[must_use]
    pub fn joined(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.rig.borrow_mut().module().joined()
    }

    /// What is in the file of the module with this name: what it was given at first, and what the host has
    /// written since. A PIC32MZW1 has no files, but what is built into it and what was loaded.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.rig.borrow_mut().module().file(name)
    }

    /// How often the firmware of the module was updated. A PIC32MZW1 takes no updates.
    #[must_use]
    pub fn updates(&self) -> u32 {
        self.rig.borrow_mut().module().updates()
    }

    /// Connections that are open in the module, and sockets that the host has opened there and not
    /// closed yet, whether or not they are connected.
    #[must_use]
    pub fn links_open(&self) -> usize {
        self.rig.borrow_mut().module().links_open()
    }

    /// Whether the module's firmware waits for something that cannot come any more, so that only its reset
    /// input leads out: a PIC32MZW1 does that was sent more binary data than was announced.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.rig.borrow_mut().module().is_stuck()
    }

    /// Makes the module print these bytes as an event now.
    pub fn emit(&self, line: &[u8]) {
        self.rig.borrow_mut().emit(line);
    }

    /// The access point is gone for a moment: the station and all connections are lost. It can be
    /// joined again.
    pub fn lose_link(&self) {
        self.rig.borrow_mut().lose_link();
    }

    /// A station with this MAC address joins the access point that the module is, if it is one.
    pub fn station_joins(&self, station: [u8; 6]) {
        self.rig.borrow_mut().station_joins(station);
    }

    /// The station with this MAC address leaves the access point that the module is.
    pub fn station_leaves(&self, station: [u8; 6]) {
        self.rig.borrow_mut().station_leaves(station);
    }

    /// Gives the module's wake-up input the edge that wakes it, if it sleeps.
    pub fn wake(&self) {
        self.rig.borrow_mut().wake();
    }

    /// Drives the input that wakes a module in standby: high keeps it awake.
    pub fn wake_pin(&self, level: bool) {
        self.rig.borrow_mut().wake_pin(level);
    }

    /// Whether the module sleeps now, so that it hears nothing.
    #[must_use]
    pub fn sleeps(&self) -> bool {
        self.rig.borrow_mut().sleeps()
    }

    /// Replaces the access points around the module; the one it has joined stays until
    /// [`lose_link`](Self::lose_link).
    pub fn set_access_points(&self, access_points: Vec<AccessPoint>) {
        self.rig.borrow_mut().set_access_points(access_points);
    }

    /// Replaces what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.rig.borrow_mut().set_faults(&faults);
    }

    /// More goes wrong: the faults of the lines are added to those that are still to come, and what
    /// lasts goes on. Everything else is as `faults` says from now on.
    pub fn add_faults(&self, faults: Faults) {
        self.rig.borrow_mut().add_faults(&faults);
    }

    /// Resets the module now, as a brown-out does.
    pub fn reset_module(&self) {
        self.rig.borrow_mut().reset_module();
    }

    /// Pulls the cable, or plugs it in again. Ports fail while it is out.
    pub fn unplug(&self, out: bool) {
        *self.unplugged.borrow_mut() = out;
    }
}

impl Simulation {
    /// A peer begins a TCP connection with the module, in which `service` is its side. Of the
    /// module's address, only the port and the IP version count.
    pub fn dial(
        &self,
        from: impl Into<SocketAddr>,
        to: impl Into<SocketAddr>,
        service: Box<dyn Service>,
    ) -> Client {
        let mut rig = self.rig.borrow_mut();
        let now = rig.now();
        let connection = rig.network().dial(now, from.into(), to.into(), service);
        drop(rig);
        Client::new(self.clone(), connection)
    }

    /// A peer sends a datagram to the module, or to a group that it may have joined. Of the module's
    /// own address, only the port and the IP version count.
    pub fn send_datagram(
        &self,
        from: impl Into<SocketAddr>,
        to: impl Into<SocketAddr>,
        data: &[u8],
    ) {
        let mut rig = self.rig.borrow_mut();
        let now = rig.now();
        rig.network()
            .send_datagram(now, from.into(), to.into(), data);
    }
}

impl<N> Clone for Simulation<N> {
    fn clone(&self) -> Self {
        Simulation {
            rig: Rc::clone(&self.rig),
            unplugged: Rc::clone(&self.unplugged),
        }
    }
}

impl<N: Network> fmt::Debug for Simulation<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
