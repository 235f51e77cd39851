//! Loads a certificate authority, waits for the time, and fetches a page through TLS from a server that the
//! module has verified. And three that it must refuse are refused.
#![no_std]
#![no_main]

use core::convert::Infallible;

use atwifi::{ConnectTls, Stream, TcpSocket, TlsConfig};
use defmt::{error, info};
use embedded_hal::delay::DelayNs;
use embedded_io::{Read, ReadExactError, Write};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use firmware::{Error, Uptime, Wifi, entry, settings};

/// The name of the authority in the module.
const CA: &str = "ca.pem";

#[entry]
fn main() -> ! {
    firmware::start_unjoined::<2>(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", error);
    })
}

fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<Infallible, ReadExactError<Error>> {
    // Before it joins: the Microchip module takes them only then.
    wifi.set_time_servers(&[settings::NTP_HOST])?;
    wifi.join(settings::SSID, settings::PASSWORD)?;
    wifi.load_certificate(CA, settings::TLS_CA)?;
    // Without it nobody can tell whether a certificate has expired.
    info!("{} s since 1970", wifi.wait_for_time(20_000)?.seconds());
    loop {
        get(wifi)?;
        for (what, server, ca) in [
            ("another authority's server", settings::TLS_STRANGER, CA),
            ("an expired certificate", settings::TLS_EXPIRED, CA),
            ("an authority not loaded", settings::TLS_SERVER, "nobody"),
        ] {
            refuse(wifi, what, server, ca)?;
        }
        clock.delay_ms(10_000);
    }
}

fn connect(wifi: &mut Wifi, (host, port): (&str, u16), ca: &str) -> Result<TcpSocket, Error> {
    let address = nb::block!(wifi.get_host_by_name(host, AddrType::IPv4))?;
    let mut socket = wifi.socket()?;
    let config = TlsConfig::new().with_ca(ca).with_server_name(host);
    match nb::block!(wifi.connect_tls(&mut socket, (address, port).into(), &config)) {
        Ok(()) => Ok(socket),
        Err(error) => wifi.close(socket).and(Err(error)),
    }
}

fn get(wifi: &mut Wifi) -> Result<(), ReadExactError<Error>> {
    let socket = connect(wifi, settings::TLS_SERVER, CA)?;
    let mut server = Stream::new(wifi, socket, [0; 128]);
    let (host, _) = settings::TLS_SERVER;
    for part in ["GET / HTTP/1.0\r\nHost: ", host, "\r\n\r\n"] {
        server.write_all(part.as_bytes())?;
    }
    let (mut length, mut buffer) = (0, [0; 512]);
    while let n @ 1.. = server.read(&mut buffer)? {
        length += n;
    }
    info!("{} bytes through TLS", length);
    let (wifi, socket) = server.into_parts();
    Ok(wifi.close(socket)?)
}

fn refuse(wifi: &mut Wifi, what: &str, server: (&str, u16), ca: &str) -> Result<(), Error> {
    match connect(wifi, server, ca) {
        Err(Error::Unconnected(why)) => info!("{}: refused: {}", what, why),
        Ok(_) => error!("{}: taken for the server", what),
        Err(error) => return Err(error),
    }
    Ok(())
}
