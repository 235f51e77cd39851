//! Certificates, and the keys that belong to them.

use core::ops::ControlFlow;

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::Usage;
use crate::fmt::Shown;
use crate::transport::Transport;

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Loads a certificate, or the private key that belongs to one, under a name by which
    /// [`TlsConfig`](crate::TlsConfig) finds it; what has this name already is replaced. PEM and DER,
    /// as they are.
    ///
    /// When it returns, the module has been asked, and has every byte. When it fails, whatever the
    /// fault, the module has no certificate of this name: it is loaded anew, or not at all. That holds
    /// for a host, too, that loses power in the middle. Neither content nor name is ever logged.
    ///
    /// The ST67 keeps it in its flash, in a file of up to 31 bytes' name. It takes a second for some
    /// kilobytes; at most 20 s, and 0.1 s for each piece of 128 bytes and each zero byte that is read
    /// back. The first byte goes in last: where it is a zero, as it is in no certificate,
    /// [`has_certificate`](Module::has_certificate) does not see the file.
    ///
    /// The Microchip module keeps the last certificate that it was given, and no keys, until it restarts: of
    /// up to 1500 bytes in DER, to which the driver puts PEM, under a name of up to 64 bytes. It takes
    /// 0.4 s for each `+` among the bytes, which its firmware would lose at a higher speed. Firmware 0.2.0
    /// to 0.3.2 uses it **for its MQTT client only**, whatever its name: see
    /// [`TlsConfig::ca`](crate::TlsConfig::ca).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for a name that is empty, too long or
    /// cannot be written, for nothing to load, for too much, and on the Microchip module for a key.
    /// [`Error::Module`](crate::Error::Module) with [`Cause::File`](crate::Cause::File) where the flash is
    /// full or fails, or where the Microchip module finds that it is no certificate.
    /// [`Error::Malformed`](crate::Error::Malformed) if what is read back differs.
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::st67;
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// const CA: &[u8] = b"0\x82pretend";
    /// let uart = uart
    ///     .answer("AT+FS=0,4,\"ca.der\"\r\n", "ERR CODE:0x01120000\r\n\r\nERROR\r\n")
    ///     .answer("AT+FS=0,1,\"ca.der\"\r\n", "\r\nOK\r\n")
    ///     .answer("AT+FS=0,2,\"ca.der\",0,1\r\n", "\r\nOK\r\n\r\n>")
    ///     .answer("\0", "Recv 1 bytes\r\n\r\nSEND OK\r\n")
    ///     .answer("AT+FS=0,2,\"ca.der\",1,8\r\n", "\r\nOK\r\n\r\n>")
    ///     .answer(b"\x82pretend", "Recv 8 bytes\r\n\r\nSEND OK\r\n")
    ///     .answer("AT+FS=0,3,\"ca.der\",1,8\r\n", b"+FS:READ,8,\x82pretend\r\n\r\nOK\r\n")
    ///     .answer("AT+FS=0,4,\"ca.der\"\r\n", "+FS:SIZE,9\r\n\r\nOK\r\n")
    ///     .answer("AT+FS=0,2,\"ca.der\",0,1\r\n", "\r\nOK\r\n\r\n>")
    ///     .answer("0", "Recv 1 bytes\r\n\r\nSEND OK\r\n")
    ///     .answer("AT+FS=0,3,\"ca.der\",0,1\r\n", "+FS:READ,1,0\r\n\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// wifi.load_certificate("ca.der", CA)?;
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn load_certificate(&mut self, name: &str, content: &[u8]) -> Result<(), ErrorOf<D, T>> {
        self.begin_call_of(D::load_time(content));
        let loaded = self.load(name, content);
        self.outcome(loaded)
    }

    fn load(&mut self, name: &str, content: &[u8]) -> Outcome {
        if name.is_empty() || content.is_empty() {
            return Err(self.refuse(Usage::Empty));
        }
        self.prepare()?;
        D::load_certificate(self, name, content)
            .inspect_err(|fault| info!("no certificate loaded: {}", Shown(fault)))?;
        info!("certificate loaded: {} bytes", content.len());
        Ok(())
    }

    /// Whether there is a certificate, or a key, of this name in the module.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] on the Microchip module, which cannot be asked.
    pub fn has_certificate(&mut self, name: &str) -> Result<bool, ErrorOf<D, T>> {
        let told = self.prepare().and_then(|()| D::has_certificate(self, name));
        self.outcome(told)
    }

    /// Deletes a certificate, or a key. Returns whether there was one.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] on the Microchip module, which forgets it when it restarts.
    pub fn delete_certificate(&mut self, name: &str) -> Result<bool, ErrorOf<D, T>> {
        let deleted = self
            .prepare()
            .and_then(|()| D::delete_certificate(self, name));
        self.outcome(deleted)
    }

    /// Hands over the name of each certificate and key in the module, and of each other file that there
    /// is, in no order. Returns how many were handed over.
    ///
    /// # Errors
    /// [`Usage::Unsupported`] on the Microchip module, which cannot be asked.
    pub fn certificates(
        &mut self,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<usize, ErrorOf<D, T>> {
        let (mut count, mut is_broken_off) = (0, false);
        let mut take = |name: &[u8]| {
            if !is_broken_off {
                count += 1;
                is_broken_off = each(name).is_break();
            }
        };
        let listed = self
            .prepare()
            .and_then(|()| D::certificates(self, &mut take));
        self.outcome(listed).map(|()| count)
    }
}
