//! The files of an ST67, as a view of the module.

use core::ops::ControlFlow;

use embedded_io::{ErrorType, Read, Seek, SeekFrom, Write};

use super::files::{self, NAME_MAX, WRITE_MAX};
use super::status::Status;
use super::{Error, Module, St67};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::driver::dialect::{Certificates, Outcome};
use crate::error::{Fault, Usage};
use crate::transport::Transport;

/// The files in an ST67's flash (reference 2.2.26): there is one directory, without others in it.
///
/// Names are of 1 to 127 bytes. The module comes with some certificates for demonstrations.
///
/// A fault on the wire may change what is read or written here: a UART and its module have no
/// checksum. What must be right is written by
/// [`load_certificate`](crate::Module::load_certificate), which reads back.
///
/// ```
/// use atwifi::mock::{Clock, Uart};
/// use atwifi::st67;
/// use embedded_io::{Read, Seek, SeekFrom, Write};
///
/// # let uart = [
/// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
/// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
/// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
/// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
/// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
/// let uart = uart
///     .answer("AT+FS=0,4,\"log\"\r\n", "+FS:SIZE,11\r\n\r\nOK\r\n")
///     .answer("AT+FS=0,2,\"log\",11,3\r\n", "\r\nOK\r\n\r\n>")
///     .answer("up\n", "Recv 3 bytes\r\n\r\nSEND OK\r\n")
///     .answer("AT+FS=0,3,\"log\",0,5\r\n", "+FS:READ,5,hello\r\n\r\nOK\r\n");
/// # let mut line = [0; 640];
/// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
/// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
/// let mut files = wifi.files();
/// let mut log = files.open("log")?;
/// log.seek(SeekFrom::End(0))?;
/// log.write_all(b"up\n")?;
/// log.rewind()?;
/// let mut beginning = [0; 5];
/// log.read_exact(&mut beginning).unwrap();
/// assert_eq!(&beginning, b"hello");
/// # uart.assert_done();
/// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
/// ```
pub struct Files<'m, 'b, T: Transport, C> {
    module: &'m mut Module<'b, T, C>,
}

impl<'b, T: Transport, C: Clock> Module<'b, T, C> {
    /// The files in the module's flash. Nothing is sent yet.
    pub fn files(&mut self) -> Files<'_, 'b, T, C> {
        Files { module: self }
    }
}

impl<'b, T: Transport, C: Clock> Files<'_, 'b, T, C> {
    /// How long a file is, in bytes; `None` if there is none of this name.
    pub fn size(&mut self, name: &str) -> Result<Option<u32>, Error<T::Error>> {
        self.on(name, |module| files::size(module, name))
    }

    /// Writes a file, in the place of what has this name.
    ///
    /// It may take 20 s, and 0.1 s for each 2048 bytes. After a fault a part of it may be there.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) with [`Cause::File`](crate::Cause::File) where the flash is
    /// full or fails.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<(), Error<T::Error>> {
        let milliseconds = St67::load_time(content);
        self.module.begin_call_of(milliseconds);
        self.on(name, |module| {
            files::remove(module, name)?;
            files::create(module, name)?;
            files::write_all(module, name, 0, content)
        })
    }

    /// Reads from a file, from this place on, as much as it has there. Returns how much that was.
    ///
    /// Each 128 bytes cost a command, and each NUL among them two more, since firmware ends what it
    /// prints at a NUL. What takes longer than [`Timeouts::call`](crate::Timeouts) ends with
    /// [`Error::Timeout`](crate::Error::Timeout): read long files in parts.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) with [`Cause::File`](crate::Cause::File) if there is no such
    /// file.
    pub fn read(
        &mut self,
        name: &str,
        offset: u32,
        into: &mut [u8],
    ) -> Result<usize, Error<T::Error>> {
        self.on(name, |module| files::read(module, name, offset, into))
    }

    /// Deletes a file. Returns whether there was one.
    pub fn delete(&mut self, name: &str) -> Result<bool, Error<T::Error>> {
        self.on(name, |module| files::remove(module, name))
    }

    /// Hands over the name of each file, in no order, and returns how many were handed over. One whose
    /// name begins with `+` is not among them: it cannot be told from an event.
    pub fn list(
        &mut self,
        each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<usize, Error<T::Error>> {
        self.module.certificates(each)
    }

    /// Opens a file that is there, at its beginning.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) with [`Status::NoFile`].
    pub fn open<'f>(&'f mut self, name: &'f str) -> Result<File<'f, 'b, T, C>, Error<T::Error>> {
        let size = self.on(name, |module| match files::size(module, name)? {
            Some(size) => Ok(size),
            None => {
                module.session().refusal = Status::NoFile;
                Err(Fault::Refused)
            }
        })?;
        Ok(self.opened(name, size))
    }

    /// Opens a file that is empty, in the place of what has this name.
    pub fn create<'f>(&'f mut self, name: &'f str) -> Result<File<'f, 'b, T, C>, Error<T::Error>> {
        self.on(name, |module| {
            files::remove(module, name)?;
            files::create(module, name)
        })?;
        Ok(self.opened(name, 0))
    }

    fn opened<'f>(&'f mut self, name: &'f str, size: u32) -> File<'f, 'b, T, C> {
        let run = self.module.session().sockets.run();
        File {
            module: self.module,
            name,
            size,
            offset: 0,
            run,
        }
    }

    /// What comes of something with a file that may have this name.
    fn on<R>(
        &mut self,
        name: &str,
        sequence: impl FnOnce(&mut Module<'b, T, C>) -> Outcome<R>,
    ) -> Result<R, Error<T::Error>> {
        let done = files::check_name(self.module, name, NAME_MAX)
            .and_then(|()| self.module.prepare())
            .and_then(|()| sequence(self.module));
        self.module.outcome(done)
    }
}

/// A file in an ST67's flash that is open: a view with a place in it.
///
/// A read costs a command for each 128 bytes, so read many at once; so does each write, of up to 2048
/// bytes. Nothing is kept here: what was written is in the flash.
///
/// A restart of the module ends it: every further call is [`Error::ModuleReset`](crate::Error::ModuleReset).
pub struct File<'f, 'b, T: Transport, C> {
    module: &'f mut Module<'b, T, C>,
    name: &'f str,
    size: u32,
    offset: u32,
    /// Which run of the module it was opened in.
    run: u32,
}

impl<T: Transport, C: Clock> File<'_, '_, T, C> {
    /// How long it is, in bytes.
    pub fn size(&self) -> u32 {
        self.size
    }

    fn prepare(&mut self) -> Outcome {
        self.module.prepare()?;
        match self.module.session().sockets.run() == self.run {
            true => Ok(()),
            false => Err(Fault::ModuleReset),
        }
    }

    fn read_on(&mut self, into: &mut [u8]) -> Outcome<usize> {
        self.prepare()?;
        files::read(self.module, self.name, self.offset, into)
    }

    fn write_on(&mut self, piece: &[u8]) -> Outcome {
        self.prepare()?;
        files::write(self.module, self.name, self.offset, piece)
    }

    fn place(&self, to: SeekFrom) -> Option<u32> {
        let place = match to {
            SeekFrom::Start(offset) => i64::try_from(offset).ok()?,
            SeekFrom::End(offset) => i64::from(self.size).checked_add(offset)?,
            SeekFrom::Current(offset) => i64::from(self.offset).checked_add(offset)?,
        };
        u32::try_from(place)
            .ok()
            .filter(|&place| place <= self.size)
    }
}

impl<T: Transport, C: Clock> ErrorType for File<'_, '_, T, C> {
    type Error = ErrorOf<St67, T>;
}

/// Reads what the file has from the current place on; 0 at its end.
impl<T: Transport, C: Clock> Read for File<'_, '_, T, C> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let left = self.size - self.offset;
        let most = buffer.len().min(left as usize);
        if most == 0 {
            return Ok(0);
        }
        let read = self.read_on(buffer.get_mut(..most).unwrap_or(&mut []));
        let read = self.module.outcome(read)?;
        self.offset += read as u32;
        Ok(read)
    }
}

/// Writes at the current place, over what is there, and beyond the end.
impl<T: Transport, C: Clock> Write for File<'_, '_, T, C> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let piece = bytes.get(..WRITE_MAX).unwrap_or(bytes);
        if piece.is_empty() {
            return Ok(0);
        }
        let written = self.write_on(piece);
        self.module.outcome(written)?;
        self.offset = self.offset.saturating_add(piece.len() as u32);
        self.size = self.size.max(self.offset);
        Ok(piece.len())
    }

    /// Has nothing to do: what was written is in the flash.
    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Goes to another place, up to the end of the file; beyond it is [`Usage::OutOfRange`].
impl<T: Transport, C: Clock> Seek for File<'_, '_, T, C> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Self::Error> {
        let Some(place) = self.place(to) else {
            let max = i32::try_from(self.size).unwrap_or(i32::MAX);
            return Err(crate::Error::Usage(Usage::OutOfRange { min: 0, max }));
        };
        self.offset = place;
        Ok(place.into())
    }
}
