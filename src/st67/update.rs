//! Updates of the module's firmware (reference 2.2.23 to 2.2.25): the ST67 only.
//!
//! The module has room for two firmwares. An update goes where the other one is, and becomes the active
//! one at the end, if its hash is right; whatever happens before, the module goes on with what it has.

use core::fmt;
use core::ops::ControlFlow;

use embedded_io::{ErrorType, Read, Write};

use super::command::basic::PartitionRow;
use super::status::{Status, Subcategory};
use super::{Error, Module};
use crate::clock::Clock;
use crate::driver::dialect::{About, Outcome};
use crate::error::{Fault, ImageFault, Lent, Usage};
use crate::transport::Transport;
use crate::value::bytes::copy;
use crate::value::{Image, Versions};

/// The most that the module takes at once (wire notes 6).
const PART_MAX: usize = 4096;

/// The least memory: the first part must hold the header, and something of what follows.
const PART_MIN: usize = 1024;

/// How long the module may take for a part, or for what it has still to write (ms): it erases and
/// writes its flash meanwhile. ST's host gives the end so long (wire notes 9).
const WRITING: u32 = 30_000;

/// The same for unpacking the new firmware and its start (wire notes 9).
const STARTING: u32 = 30_000;

/// What a call may take that ends an update: the last part, the check, the start, and asking.
const END: u32 = 2 * WRITING + STARTING + 30_000;

/// An update of the module's firmware that is under way, in memory that is lent.
///
/// It does not hold the module: between two parts of the image you may receive the next one through a
/// socket of the same module. [`writer`](Update::writer) takes the image in pieces of any length;
/// nothing is sent before its header is there and was found good.
///
/// Where it is dropped before its end, the module keeps what it has of it until the next update begins,
/// or it restarts.
///
/// ```
/// use atwifi::mock::{Clock, Uart};
/// use atwifi::st67;
/// use embedded_io::Write;
///
/// # let uart = [
/// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
/// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
/// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
/// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
/// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
/// # let mut image = vec![0; 1100];
/// # image[..10].copy_from_slice(b"QCC74X_OTA");
/// # image[16..18].copy_from_slice(b"XZ");
/// # image[20..24].copy_from_slice(&588_u32.to_le_bytes());
/// # image[64..96].fill(0x17);
/// let uart = uart
///     .answer("AT+PART?\r\n", "+PART=0,3,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n\r\nOK\r\n")
///     .answer("AT+OTASTART=0\r\n", "\r\nOK\r\n")
///     .answer("AT+OTASTART=1\r\n", "\r\nOK\r\n")
///     .answer("AT+OTASEND=1024\r\n", "\r\nOK\r\n\r\n>\r\n")
///     .answer(&image[..1024], "Recv 1024 bytes\r\n\r\nSEND OK\r\n")
///     .answer("AT+OTASEND=76\r\n", "\r\nOK\r\n\r\n>\r\n")
///     .answer(&image[1024..], "Recv 76 bytes\r\n\r\nSEND OK\r\n")
///     .answer("AT+OTAFIN\r\n", "\r\nOK\r\n\r\nready\r\n");
///     // and the settings, the partitions and the versions again
/// # let uart = [
/// #     ("ATE0", "\r\nOK\r\n"),
/// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
/// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
/// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
/// #     ("AT+PART?", "+PART=1,4,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n\r\nOK\r\n"),
/// #     ("AT+GMR", "component_version_sdk_2.0.106\r\n\r\nOK\r\n"), ("AT+PN?", "+PN:CP90\r\n\r\nOK\r\n"),
/// # ].iter().fold(uart, |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
/// # let mut line = [0; 640];
/// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
/// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
/// let mut part = [0; 1024];
/// let mut update = st67::Update::new(&mut part).map_err(atwifi::Error::Usage)?;
/// for piece in image.chunks(100) {
///     update.writer(&mut wifi).write_all(piece)?;
/// }
/// assert_eq!(update.sent(), 1100);
/// let versions = update.finish(&mut wifi)?;
/// assert_eq!(versions.numbers(), [2, 0, 106]);
/// # uart.assert_done();
/// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
/// ```
pub struct Update<'u> {
    part: &'u mut [u8],
    /// How much of the next part is here.
    filled: usize,
    /// How much has gone out.
    sent: u32,
    image: Option<Image>,
    /// How often the module had been updated before.
    age: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The module does not know of it yet.
    New,
    Begun,
    /// It has failed.
    Over,
}

/// Writes an image to a module: [`Update::writer`].
pub struct UpdateWriter<'w, 'u, 'b, T: Transport, C> {
    update: &'w mut Update<'u>,
    module: &'w mut Module<'b, T, C>,
}

/// Why [`Module::update`] has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UpdateError<R, E> {
    /// The image could not be read.
    Read(R),
    /// The module failed, or the image is none.
    Module(E),
}

/// What runs behind an update, if it was not broken off.
pub type Updated<R, E> = Result<Option<Versions>, UpdateError<R, Error<E>>>;

impl<R: fmt::Display, E: fmt::Display> fmt::Display for UpdateError<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateError::Read(error) => write!(f, "the image could not be read: {error}"),
            UpdateError::Module(error) => error.fmt(f),
        }
    }
}

impl<R, E> core::error::Error for UpdateError<R, E>
where
    R: fmt::Debug + fmt::Display,
    E: fmt::Debug + fmt::Display,
{
}

impl<'u> Update<'u> {
    /// An update that begins with the first part of its image. The memory holds one part of it: at
    /// least 1024 bytes; 4096 make it fastest, more is not used.
    ///
    /// # Errors
    /// [`Usage::BufferTooSmall`].
    pub fn new(part: &'u mut [u8]) -> Result<Self, Usage> {
        let length = part.len().min(PART_MAX);
        match part.get_mut(..length) {
            Some(part) if length >= PART_MIN => Ok(Update {
                part,
                filled: 0,
                sent: 0,
                image: None,
                age: 0,
                state: State::New,
            }),
            _ => Err(Usage::BufferTooSmall {
                which: Lent::Data,
                needed: PART_MIN,
            }),
        }
    }

    /// What the header of the image says, once it was written.
    pub fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }

    /// How many bytes of the image the module has, header included.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// Takes the image, in pieces of any length.
    ///
    /// # Errors
    /// Those of writing are [`Usage::Image`] where the image is none, or longer than it says, and
    /// [`Usage::Unsupported`] once anything has failed: a part that may or may not have arrived cannot be
    /// sent again, only the whole image. Where the module restarted meanwhile,
    /// [`Error::ModuleReset`](crate::Error::ModuleReset).
    pub fn writer<'w, 'b, T: Transport, C>(
        &'w mut self,
        module: &'w mut Module<'b, T, C>,
    ) -> UpdateWriter<'w, 'u, 'b, T, C> {
        UpdateWriter {
            update: self,
            module,
        }
    }

    /// Has the module check the image and restart with it, and asks for the versions that run now.
    /// That takes a few seconds, and at most two minutes. Sockets and the station's network are gone then.
    ///
    /// # Errors
    /// [`Usage::Image`] if the image is not whole. [`Status::NotUpdated`] if the module goes on with its
    /// old firmware; [`Status::NetworkOnHost`] if it runs the new one, which is of ST's mission profile
    /// T02: update it again, with T01. After another error nobody knows, but the module runs one of them.
    pub fn finish<T: Transport, C: Clock>(
        mut self,
        module: &mut Module<'_, T, C>,
    ) -> Result<Versions, Error<T::Error>> {
        module.begin_call_of(END);
        let finished = self.end(module);
        module.outcome(finished)
    }

    /// Gives the update up.
    pub fn abort<T: Transport, C: Clock>(
        self,
        module: &mut Module<'_, T, C>,
    ) -> Result<(), Error<T::Error>> {
        let aborted = match self.state {
            State::New => Ok(()),
            State::Begun | State::Over => {
                ready(module).and_then(|()| module.tell("AT+OTASTART=#\r\n", &[0]))
            }
        };
        module.outcome(aborted)
    }

    /// How many bytes of the image are still to come; of one without a header yet, of that.
    fn left(&self) -> usize {
        let end = self
            .image
            .as_ref()
            .map_or(Image::HEADER, |image| image.length as usize);
        end.saturating_sub(self.sent as usize + self.filled)
    }

    /// Where the next bytes of the image go, up to the end of its header, of a part, or of it.
    fn room(&mut self) -> &mut [u8] {
        let end = self.part.len().min(self.filled + self.left());
        self.part.get_mut(self.filled..end).unwrap_or(&mut [])
    }

    /// Takes some of the image, and sends a part that is complete.
    fn take<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        bytes: &[u8],
    ) -> Outcome<usize> {
        if self.state == State::Over {
            return Err(module.refuse(Usage::Unsupported("going on with an update that failed")));
        }
        let taken = match copy(bytes, self.room()) {
            0 => Err(module.refuse(Usage::Image(ImageFault::Long))),
            n => self.go_on(module, n).map(|()| n),
        };
        self.state = match taken {
            Ok(_) => self.state,
            Err(_) => State::Over,
        };
        taken
    }

    /// So many more bytes are here.
    fn go_on<T: Transport, C: Clock>(
        &mut self,
        module: &mut Module<'_, T, C>,
        count: usize,
    ) -> Outcome {
        self.filled += count;
        if self.image.is_none() && self.left() == 0 {
            let header = self.part.get(..self.filled).unwrap_or(&[]);
            let image = Image::parse(header);
            self.image = Some(image.map_err(|fault| module.refuse(Usage::Image(fault)))?);
        }
        match self.filled == self.part.len() || self.left() == 0 {
            true => self.send(module),
            false => Ok(()),
        }
    }

    /// Sends the part that is here.
    fn send<T: Transport, C: Clock>(&mut self, module: &mut Module<'_, T, C>) -> Outcome {
        module.begin_call_of(WRITING + module.timeouts.call);
        ready(module)?;
        if self.state == State::New {
            self.begin(module)?;
            self.state = State::Begun;
        }
        let part = self.part.get(..self.filled).unwrap_or(&[]);
        module.compose("AT+OTASEND=#\r\n", &[part.len() as u32]);
        let sent = module.upload(part, WRITING);
        if is_unknown(module, &sent) {
            // It has restarted since the last part, and forgotten the others.
            return Err(Fault::ModuleReset);
        }
        sent?;
        self.sent += part.len() as u32;
        self.filled = 0;
        Ok(())
    }

    /// Begins anew in the module, whatever it has of an update before.
    fn begin<T: Transport, C: Clock>(&mut self, module: &mut Module<'_, T, C>) -> Outcome {
        let room;
        (self.age, room) = partition(module)?;
        let length = self.image.as_ref().map_or(0, |image| image.length);
        if length.saturating_sub(Image::HEADER as u32) > room {
            return Err(module.refuse(Usage::Image(ImageFault::Length)));
        }
        info!("updating the firmware: {} bytes", length);
        module.tell("AT+OTASTART=#\r\n", &[0])?;
        module.tell("AT+OTASTART=#\r\n", &[1])
    }

    fn end<T: Transport, C: Clock>(&mut self, module: &mut Module<'_, T, C>) -> Outcome<Versions> {
        let is_whole = self.image.is_some() && self.left() == 0 && self.filled == 0;
        if !is_whole || self.state != State::Begun {
            return Err(module.refuse(Usage::Image(ImageFault::Short)));
        }
        ready(module)?;
        module.compose("AT+OTAFIN\r\n", &[]);
        match module.send_composed(WRITING) {
            Err(Fault::Interrupted) => return Err(Fault::Interrupted),
            Err(Fault::Refused) if !module.session().refusal.is_about_the_line() => {
                return Err(not_updated(module));
            }
            // It starts already.
            Err(Fault::ModuleReset) => {}
            // Whatever was lost: who starts says so.
            _ => match await_start(module) {
                Ok(()) | Err(Fault::Timeout) => {}
                Err(fault) => return Err(fault),
            },
        }
        module.prepare()?;
        let (age, _) = partition(module)?;
        if age == self.age {
            return Err(not_updated(module));
        }
        let told = <super::St67 as About>::versions(module)?;
        info!("updated");
        Ok(told)
    }
}

/// Makes the module fit for a command; one whose firmware is of the wrong kind, too: an update helps it.
fn ready<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    match module.prepare() {
        told if module.has_refused(&told, Status::NetworkOnHost) => Ok(()),
        told => told,
    }
}

/// Waits for a restart, which is no news, unless it does not come.
fn await_start<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    module.session().give_up_settings();
    let started = module.engine.wait_for_boot(STARTING);
    if started.is_err() {
        module.session().keep_settings();
    }
    started
}

fn not_updated<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Fault {
    module.session().refusal = Status::NotUpdated;
    Fault::Refused
}

/// Whether the module knows of no update.
fn is_unknown<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, told: &Outcome) -> bool {
    let refusal = module.session().refusal;
    let is_not_begun =
        matches!(refusal, Status::Code(code) if code.subcategory() == Subcategory::NotInitialised);
    *told == Err(Fault::Refused) && is_not_begun
}

/// Asks how often the firmware was updated, and how much room there is for the next one (reference
/// 2.2.22).
fn partition<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<(u32, u32)> {
    let mut told = None;
    module.compose("AT+PART?\r\n", &[]);
    module.ask("", module.timeouts.command, &mut |row: &[u8]| {
        if let Some(row) = PartitionRow::parse(row).filter(|row| row.name == "FW") {
            let other = usize::from(row.active == 0);
            told = Some((row.age, row.lengths[other]));
        }
    })?;
    told.ok_or_else(|| module.engine.malformed())
}

impl<T: Transport, C> ErrorType for UpdateWriter<'_, '_, '_, T, C> {
    type Error = Error<T::Error>;
}

impl<T: Transport, C: Clock> Write for UpdateWriter<'_, '_, '_, T, C> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let taken = self.update.take(self.module, bytes);
        self.module.outcome(taken)
    }

    /// Does nothing: parts go out when they are complete.
    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<'b, T: Transport, C: Clock> Module<'b, T, C> {
    /// Updates the module's firmware with an image that is read as far as its header says, and returns
    /// the versions that run then. `None` if `progress` has broken it off, which is asked behind each
    /// part with the number of bytes that the module has and that there are: then the module goes on as
    /// before.
    ///
    /// `part` is memory for one part of the image, as for [`Update::new`], which takes an image that comes
    /// through a socket of the module itself.
    ///
    /// # Errors
    /// Those of reading the image, of [`Update::writer`] and of [`Update::finish`].
    pub fn update<R: Read>(
        &mut self,
        image: &mut R,
        part: &mut [u8],
        mut progress: impl FnMut(u32, u32) -> ControlFlow<()>,
    ) -> Updated<R::Error, T::Error> {
        let update = Update::new(part).map_err(|usage| UpdateError::Module(Error::Usage(usage)));
        let mut update = update?;
        while update.left() > 0 {
            let sent = update.sent();
            let room = update.room();
            let most = room.len();
            let step = match image.read(room) {
                Ok(0) => break,
                Ok(n) => update.go_on(self, n.min(most)),
                Err(error) => {
                    let _ = update.abort(self);
                    return Err(UpdateError::Read(error));
                }
            };
            self.outcome(step).map_err(UpdateError::Module)?;
            let length = update.image().map_or(0, |image| image.length);
            if update.sent() > sent && progress(update.sent(), length).is_break() {
                update.abort(self).map_err(UpdateError::Module)?;
                return Ok(None);
            }
        }
        let versions = update.finish(self).map_err(UpdateError::Module)?;
        Ok(Some(versions))
    }
}
