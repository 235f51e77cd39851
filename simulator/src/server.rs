//! One module on real time, with a thread of its own.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use embedded_io::{ErrorType, Read, ReadReady, Write};

use crate::rig::Rig;
use crate::transcript::Observer;
use crate::{Config, HostNetwork, PortError, Record, front};

/// The shortest and the longest pause of the thread.
const SHORTEST: Duration = Duration::from_micros(200);
const LONGEST: Duration = Duration::from_millis(50);
/// The pause while sockets of the machine are in use.
const POLLING: Duration = Duration::from_micros(500);

/// A module on real time and the network of this machine, before it is switched on.
pub struct Server {
    config: Config,
    network: HostNetwork,
    observer: Option<Observer>,
}

impl Server {
    /// The module that `config` describes.
    #[must_use]
    pub fn new(config: Config, network: HostNetwork) -> Self {
        Server {
            config,
            network,
            observer: None,
        }
    }

    /// Calls `observer` with each record of the transcript as it is complete. It is called on any
    /// thread that uses the module, and must not use the module itself.
    #[must_use]
    pub fn on_record(mut self, observer: impl FnMut(&Record) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Switches the module on.
    #[must_use]
    pub fn spawn(self) -> Handle {
        let mut rig = Rig::new(&self.config, self.network);
        rig.observe(self.observer.unwrap_or_else(|| Box::new(|_| {})));
        let shared = Arc::new(Shared {
            start: Instant::now(),
            state: Mutex::new(State {
                rig,
                stopped: false,
            }),
            changed: Condvar::new(),
        });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.run()
        });
        Handle {
            shared,
            thread: Some(thread),
        }
    }
}

/// A module that runs; dropping the handle switches it off.
pub struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// The host's end of the wire, in this process.
    #[must_use]
    pub fn port(&self) -> ThreadPort {
        ThreadPort {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Serves the wire to one TCP client after the other; returns the address it listens on.
    pub fn serve_tcp(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        front::serve_tcp(self.port(), address)
    }

    /// Serves the frames of an SPI whose wires are simulated elsewhere
    /// ([`SpiConfig::is_elsewhere`](crate::SpiConfig::is_elsewhere)), to one TCP client after the
    /// other; returns the address it listens on.
    ///
    /// Each frame is its length, two bytes with the lower first, and its payload. The length `0xffff`
    /// from the module, without a payload, says that it has stopped: what it has not transferred is
    /// lost, and it drives its pins when the next frame comes.
    pub fn serve_spi(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        front::serve_spi(self.port(), address)
    }

    /// Serves the wire on a new pseudo-terminal; returns the path of its device.
    #[cfg(unix)]
    pub fn serve_pty(&self) -> io::Result<std::path::PathBuf> {
        front::serve_pty(self.port())
    }

    /// Time since the module was switched on.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// Drives the module's reset input (CHIP_EN): low holds it in reset, the rising edge boots it.
    pub fn reset_pin(&self, level: bool) {
        self.with_rig(|rig| rig.reset_pin(level));
    }

    /// Resets the module now, as a brown-out does.
    pub fn reset_module(&self) {
        self.with_rig(Rig::reset_module);
    }

    /// Gives the module's wake-up input the edge that wakes it, if it sleeps.
    pub fn wake(&self) {
        self.with_rig(Rig::wake);
    }

    /// Drives the input that wakes a module in standby: high keeps it awake.
    pub fn wake_pin(&self, level: bool) {
        self.with_rig(|rig| rig.wake_pin(level));
    }

    /// The access point is gone for a moment.
    pub fn lose_link(&self) {
        self.with_rig(Rig::lose_link);
    }

    /// Connections that are open in the module, and sockets that the host has opened there and not
    /// closed yet, whether or not they are connected.
    #[must_use]
    pub fn links_open(&self) -> usize {
        self.shared.lock_now().rig.module().links_open()
    }

    /// A station with this MAC address joins the access point that the module is, if it is one.
    pub fn station_joins(&self, station: [u8; 6]) {
        self.with_rig(|rig| rig.station_joins(station));
    }

    /// The station with this MAC address leaves the access point that the module is.
    pub fn station_leaves(&self, station: [u8; 6]) {
        self.with_rig(|rig| rig.station_leaves(station));
    }

    /// Makes the module print these bytes as an event now.
    pub fn emit(&self, line: &[u8]) {
        self.with_rig(|rig| rig.emit(line));
    }

    fn with_rig(&self, act: impl FnOnce(&mut Rig<HostNetwork>)) {
        act(&mut self.shared.lock_now().rig);
        self.shared.changed.notify_all();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the module's thread has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

struct Shared {
    start: Instant,
    state: Mutex<State>,
    /// Something has happened on either side.
    changed: Condvar,
}

struct State {
    rig: Rig<HostNetwork>,
    stopped: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The module, which has done all that was due by now.
    fn lock_now(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.rig.advance_to(self.start.elapsed());
        state
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, longest: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, longest);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.stopped {
            state.rig.advance_to(self.start.elapsed());
            if state.rig.inbox().ready() {
                self.changed.notify_all();
            }
            let pause = pause(&state.rig);
            state = self.wait(state, pause);
        }
    }
}

/// How long nothing can happen, unless the host writes.
fn pause(rig: &Rig<HostNetwork>) -> Duration {
    let longest = if rig.needs_polling() {
        POLLING
    } else {
        LONGEST
    };
    let next = rig.next().map(|next| next.saturating_sub(rig.now()));
    next.unwrap_or(longest).clamp(SHORTEST, longest)
}

/// The host's end of the wire of a module on real time. Clones share what arrives; all of them
/// fail once the module is switched off.
#[derive(Clone)]
pub struct ThreadPort {
    shared: Arc<Shared>,
}

impl ThreadPort {
    /// As `read`, but gives up after a while with nothing.
    pub fn read_for(&mut self, longest: Duration, buffer: &mut [u8]) -> Result<usize, PortError> {
        let limit = self.shared.start.elapsed() + longest;
        let mut state = self.shared.lock_now();
        while !state.rig.inbox().ready() {
            if state.stopped {
                return Err(PortError::Unplugged);
            }
            let left = limit.saturating_sub(self.shared.start.elapsed());
            if left.is_zero() {
                return Ok(0);
            }
            state = self.shared.wait(state, left);
        }
        if state.rig.inbox().take_overrun() {
            return Err(PortError::Overrun);
        }
        Ok(state.rig.inbox().read(buffer))
    }
}

/// What comes out of a module that speaks in frames.
pub(crate) enum Spoken {
    Frame(Vec<u8>),
    /// It has stopped: what came before is void.
    Stopped,
    Nothing,
}

impl ThreadPort {
    /// The next frame; gives up after a while. `restarts` is how often the module was known to have
    /// stopped.
    pub(crate) fn frame_for(
        &mut self,
        longest: Duration,
        restarts: &mut u64,
    ) -> Result<Spoken, PortError> {
        let limit = self.shared.start.elapsed() + longest;
        let mut state = self.shared.lock_now();
        loop {
            if state.stopped {
                return Err(PortError::Unplugged);
            }
            if state.rig.restarts() != *restarts {
                *restarts = state.rig.restarts();
                return Ok(Spoken::Stopped);
            }
            if let Some(frame) = state.rig.inbox().take_piece() {
                return Ok(Spoken::Frame(frame));
            }
            let left = limit.saturating_sub(self.shared.start.elapsed());
            if left.is_zero() {
                return Ok(Spoken::Nothing);
            }
            state = self.shared.wait(state, left);
        }
    }
}

impl ErrorType for ThreadPort {
    type Error = PortError;
}

impl ReadReady for ThreadPort {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        let mut state = self.shared.lock_now();
        if state.stopped {
            return Err(PortError::Unplugged);
        }
        Ok(state.rig.inbox().ready())
    }
}

impl Read for ThreadPort {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.read_for(LONGEST, buffer)?;
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

impl Write for ThreadPort {
    /// Takes as long as the bytes take on the wire.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        let mut state = self.shared.lock_now();
        if state.stopped {
            return Err(PortError::Unplugged);
        }
        let sent = state.rig.write(bytes);
        drop(state);
        self.shared.changed.notify_all();
        thread::sleep(sent.saturating_sub(self.shared.start.elapsed()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}
