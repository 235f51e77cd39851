//! The dialects, and what each has besides the network.

use std::fmt::Display;
use std::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::ble::{BleConfig, Role};
use atwifi::st67::{St67, Update, UpdateError};
use atwifi::{ErrorOf, JoinOptions, Mac, Module, Ranged, Security, Usage};
use atwifi_simulator::{AccessPoint, Profile};
use embedded_io::{Read, Seek, SeekFrom, Write};

use crate::evil::Line;
use crate::player::{Clock, Visit};

/// A driver on a simulated module.
pub type Driver<'b, D> = Module<'b, D, Line, Clock>;

/// Why a call failed.
pub type Failure<D> = ErrorOf<D, Line>;

/// What came of a passthrough.
pub struct Through<D: Dialect> {
    /// What was read.
    pub read: Vec<u8>,
    /// How much was taken to be sent.
    pub written: usize,
    /// How it ended.
    pub end: Result<(), Failure<D>>,
}

/// What is done with a file.
#[derive(Debug)]
pub enum OnFile<'f> {
    /// Ask for its length, if there is one.
    Size,
    /// Delete it; tells of one if there was one.
    Delete,
    /// Write it.
    Write(&'f [u8]),
    /// Write at its end, so many bytes at once; tells its length.
    Append(&'f [u8], usize),
    /// Read from a place on; tells how much.
    Read(u32, &'f mut [u8]),
}

/// A dialect that conversations are played in.
pub trait Target: Dialect<Status: Display> + Sized {
    /// What each command of a `send` carries, at least.
    const CARRIES: usize;

    /// The longest datagram.
    const DATAGRAM: usize = Self::DATAGRAM_MAX;

    /// What stands in front of an event.
    const LEAD: &'static [u8];

    /// A line that is an event with a number of which nobody has heard.
    fn numbered(number: usize) -> Vec<u8> {
        [Self::LEAD, format!("+NEW:{number}\r\n").as_bytes()].concat()
    }

    /// A line that may come at any time: the first is an event with that number.
    fn gap_line(which: usize, number: usize) -> Vec<u8> {
        let Some(which) = which.checked_sub(1) else {
            return Self::numbered(number);
        };
        let line = UNKNOWN[which % UNKNOWN.len()];
        match line.starts_with(b"+") {
            true => [Self::LEAD, line].concat(),
            false => line.to_vec(),
        }
    }

    /// It is a station or an access point, not both at once.
    const IS_ONE_OF_BOTH: bool;

    /// It is paid what it may be owed with questions, each of which it has to answer if nothing was owed.
    const PACES_QUESTIONS: bool;

    /// It says `OK` to a command of which the name was lost.
    const OBEYS_THE_NAMELESS: bool;

    /// It can list the clients of its access point, and send them away.
    const HAS_CLIENT_LIST: bool;

    /// What the reference's module says of its version.
    const REFERENCE: [u32; 3];

    /// What this firmware says of its version.
    fn version(profile: Profile) -> [u32; 3] {
        let name = profile.name().strip_prefix("fw-").unwrap_or_default();
        let numbers: Vec<u32> = name.split('.').flat_map(str::parse).collect();
        numbers.try_into().unwrap_or(Self::REFERENCE)
    }

    /// Joins at this access point only, as far as the module can.
    fn at_one<'o>(options: JoinOptions<'o>, access_point: &AccessPoint) -> JoinOptions<'o>;

    /// Sends a client of the access point away.
    fn disconnect_client(module: &mut Driver<'_, Self>, mac: Mac) -> Result<(), Failure<Self>>;

    /// Sends a command of the dialect's own.
    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>>;

    /// What whoever names a network tells of its protection.
    const TOLD_SECURITY: Security;

    /// It keeps files, and takes updates of its firmware.
    const HAS_FILES: bool;

    /// Does something with a file, and tells a number, if there is one to be told.
    fn on_file(
        _module: &mut Driver<'_, Self>,
        _name: &str,
        _deed: OnFile<'_>,
    ) -> Result<Option<usize>, Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported("files")))
    }

    /// Updates the firmware, which is broken off behind so many parts; the version that runs then.
    fn update(
        _module: &mut Driver<'_, Self>,
        _image: &[u8],
        _part: &mut [u8],
        _break_behind: Option<usize>,
    ) -> Result<Option<[u32; 3]>, Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported("updates")))
    }

    /// Goes on with an update.
    fn write_update(
        _module: &mut Driver<'_, Self>,
        _update: &mut Update<'_>,
        _piece: &[u8],
    ) -> Result<(), Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported("updates")))
    }

    /// Ends an update, or breaks it off; the version that runs then.
    fn end_update(
        _module: &mut Driver<'_, Self>,
        _update: Update<'_>,
        _breaks: bool,
    ) -> Result<Option<[u32; 3]>, Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported("updates")))
    }

    /// Serves a phone over Bluetooth LE: takes what it writes, and sends each back to it.
    fn serve_a_phone(
        _module: &mut Driver<'_, Self>,
        _visit: &mut Visit<'_>,
    ) -> Result<(), Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported("Bluetooth LE")))
    }

    /// Opens a passthrough to this port of the peers, writes, and reads up to so much; `None` if
    /// there is no such thing.
    fn passthrough(
        _module: &mut Driver<'_, Self>,
        _port: u16,
        _bytes: &[u8],
        _read: usize,
        _wait_ms: u32,
    ) -> Option<Through<Self>> {
        None
    }
}

/// Lines of which no driver knows what they mean.
const UNKNOWN: [&[u8]; 4] = [
    b"+CW:ROAMING\r\n",
    b"+TIME_UPDATED\r\n",
    b"I (1234) wifi: state\r\n",
    b"\r\n",
];

impl Target for St67 {
    const CARRIES: usize = 6144;
    const LEAD: &'static [u8] = b"";
    const IS_ONE_OF_BOTH: bool = false;
    const HAS_CLIENT_LIST: bool = true;
    const PACES_QUESTIONS: bool = false;
    const OBEYS_THE_NAMELESS: bool = false;

    const REFERENCE: [u32; 3] = [2, 0, 75];
    const HAS_FILES: bool = true;
    const TOLD_SECURITY: Security = Security::Wpa2Wpa3;

    fn at_one<'o>(options: JoinOptions<'o>, access_point: &AccessPoint) -> JoinOptions<'o> {
        options.with_bssid(Mac(access_point.bssid))
    }

    fn disconnect_client(module: &mut Driver<'_, Self>, mac: Mac) -> Result<(), Failure<Self>> {
        module.disconnect_client(mac)
    }

    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>> {
        use atwifi::st67::command::{basic, net};
        match which {
            0 => module.command(&basic::Test).map(drop),
            1 => module.command(&net::GetMultiple).map(drop),
            _ => module.command(&basic::GetVersions).map(drop),
        }
    }

    fn on_file(
        module: &mut Driver<'_, Self>,
        name: &str,
        deed: OnFile<'_>,
    ) -> Result<Option<usize>, Failure<Self>> {
        let mut files = module.files();
        match deed {
            OnFile::Size => Ok(files.size(name)?.map(|size| size as usize)),
            OnFile::Delete => Ok(files.delete(name)?.then_some(1)),
            OnFile::Write(content) => files.write(name, content).map(|()| None),
            OnFile::Append(content, piece) => {
                let mut file = files.open(name)?;
                file.seek(SeekFrom::End(0))?;
                for piece in content.chunks(piece) {
                    file.write_all(piece)?;
                }
                Ok(Some(file.size() as usize))
            }
            OnFile::Read(offset, into) => files.read(name, offset, into).map(Some),
        }
    }

    fn update(
        module: &mut Driver<'_, Self>,
        mut image: &[u8],
        part: &mut [u8],
        break_behind: Option<usize>,
    ) -> Result<Option<[u32; 3]>, Failure<Self>> {
        let mut parts = 0;
        let updated = module.update(&mut image, part, |_, _| {
            parts += 1;
            match break_behind {
                Some(most) if parts >= most => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        match updated {
            Ok(versions) => Ok(versions.map(|versions| versions.numbers())),
            Err(UpdateError::Module(error)) => Err(error),
            Err(UpdateError::Read(never)) => match never {},
        }
    }

    fn write_update(
        module: &mut Driver<'_, Self>,
        update: &mut Update<'_>,
        piece: &[u8],
    ) -> Result<(), Failure<Self>> {
        update.writer(module).write_all(piece)
    }

    fn end_update(
        module: &mut Driver<'_, Self>,
        update: Update<'_>,
        breaks: bool,
    ) -> Result<Option<[u32; 3]>, Failure<Self>> {
        match breaks {
            true => update.abort(module).map(|()| None),
            false => Ok(Some(update.finish(module)?.numbers())),
        }
    }

    fn serve_a_phone(
        module: &mut Driver<'_, Self>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Failure<Self>> {
        let mut ble = module.bluetooth(&BleConfig::new(Role::Server))?;
        let served = visit.serve(module, &mut ble);
        let left = ble.switch_off(module);
        served.and(left)
    }

    fn passthrough(
        module: &mut Driver<'_, Self>,
        port: u16,
        bytes: &[u8],
        read: usize,
        wait_ms: u32,
    ) -> Option<Through<Self>> {
        use atwifi::st67::command::net::{Host, Protocol, single::Connect};
        let open = Connect {
            protocol: Protocol::Tcp,
            host: Host::Address(crate::world::HOST.into()),
            remote_port: Ranged::new(port).ok()?,
            keep_alive_s: None,
            local_ip: None,
            timeout_ms: None,
        };
        let mut through = Through {
            read: Vec::new(),
            written: 0,
            end: Ok(()),
        };
        let mut mode = match module.passthrough(&open) {
            Ok(mode) => mode,
            Err(error) => {
                through.end = Err(error);
                return Some(through);
            }
        };
        mode.read_timeout = wait_ms;
        let mut talk = || {
            while through.written < bytes.len() {
                through.written += mode.write(&bytes[through.written..])?;
            }
            while through.read.len() < read {
                let mut buffer = vec![0; read - through.read.len()];
                let count = mode.read(&mut buffer)?;
                through.read.extend(&buffer[..count]);
            }
            Ok(())
        };
        let talked = talk();
        let left = mode.leave();
        through.end = talked.and(left);
        Some(through)
    }
}

impl Target for Microchip {
    // As digits, two for each byte, in a line of 255.
    const CARRIES: usize = 100;
    const LEAD: &'static [u8] = b"\r";
    const IS_ONE_OF_BOTH: bool = true;
    const HAS_CLIENT_LIST: bool = false;

    const PACES_QUESTIONS: bool = true;
    const OBEYS_THE_NAMELESS: bool = true;
    const REFERENCE: [u32; 3] = [19, 6, 1];
    const HAS_FILES: bool = false;
    const TOLD_SECURITY: Security = Security::Wpa2;

    fn at_one<'o>(options: JoinOptions<'o>, access_point: &AccessPoint) -> JoinOptions<'o> {
        options.with_channel(access_point.channel)
    }

    fn disconnect_client(_: &mut Driver<'_, Self>, _: Mac) -> Result<(), Failure<Self>> {
        Err(atwifi::Error::Usage(Usage::Unsupported(
            "a list of clients",
        )))
    }

    fn command(module: &mut Driver<'_, Self>, which: usize) -> Result<(), Failure<Self>> {
        use atwifi::microchip::command::{general, network};
        match which {
            0 => module.command(&general::Test).map(drop),
            1 => module.command(&general::GetRevision).map(drop),
            _ => module.command(&network::GetSockets).map(drop),
        }
    }
}
