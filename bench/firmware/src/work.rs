//! What firmware does with the driver.

use core::net::SocketAddr;
use core::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::st67::{St67, Update, ble};
use atwifi::{
    AccessPointConfig, Arrival, Clock, Event, JoinOptions, LinkState, Module, MqttConfig,
    PingOptions, PowerSave, Qos, ScanOptions, Security, Tls, TlsConfig, Transport,
};
use embedded_io::{Read, Seek, SeekFrom, Write};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpFullStack};
use embedded_time::fraction::Fraction;
use minimq::broker::IpBroker;
use minimq::{Broker, ConfigBuilder, Minimq, Publication, QoS};

use crate::datagrams::datagrams;
use crate::dialect::Measured;
use crate::{Timer, Uart, rust_mqtt_session, take, unknown};

/// The driver in this firmware.
pub type Driver<D, T = Uart> = Module<'static, D, T, Timer>;

/// Starts the module and joins an access point.
pub fn join<D: Dialect, T: Transport>(module: &mut Driver<D, T>) {
    take(module.reset());
    take(module.join(b"home", b"12345678"));
}

/// Joins, resolves a name, and is a TCP client.
pub fn client<D: Dialect, T: Transport>(module: &mut Driver<D, T>) {
    join(module);
    let Some(address) = take(module.get_host_by_name("example.com", AddrType::IPv4)) else {
        return;
    };
    let Some(mut socket) = take(module.socket()) else {
        return;
    };
    take(module.connect(&mut socket, SocketAddr::new(address, 80)));
    let mut buffer = [0; 64];
    while unknown() != 0 {
        take(module.send(&mut socket, &buffer));
        take(module.receive(&mut socket, &mut buffer));
    }
    take(module.close(socket));
}

/// A client that sends a command of the crate's.
pub fn command<D: Measured>(module: &mut Driver<D>) {
    client(module);
    D::command(module);
}

/// A client that sends and receives datagrams.
pub fn udp<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    datagrams(module);
}

/// A client that opens a connection through TLS.
pub fn tls<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    encrypted(module);
}

/// A client that takes a connection.
pub fn server<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    listener(module);
}

/// A client that asks for events.
pub fn poll<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    events(module);
}

/// A client that joins with options.
pub fn options<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    network(module);
}

/// A client that is an access point too.
pub fn access_point<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    own_network(module);
}

/// A client that scans.
pub fn scan<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    access_points(module);
}

/// A client that asks for the time.
pub fn time<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    clock(module);
}

/// A client that asks for echoes.
pub fn ping<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    echoes(module);
}

/// A client that lets its module sleep.
pub fn sleep<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    saving(module);
}

/// A client that updates its module's firmware.
///
/// Inlined, so that no code of the driver is made for this crate.
#[inline]
pub fn update(module: &mut Driver<St67>) {
    client(module);
    let mut part = [0; 1024];
    let Some(mut update) = take(Update::new(&mut part)) else {
        return;
    };
    while unknown() != 0 {
        take(update.writer(module).write_all(&[unknown() as u8; 64]));
    }
    let versions = take(update.finish(module));
    Uart.put(u8::from(versions.is_some()));
}

/// A client that writes a file and reads it.
///
/// Inlined as [`update`].
#[inline]
pub fn files(module: &mut Driver<St67>) {
    client(module);
    let mut files = module.files();
    let Some(mut file) = take(files.create("log")) else {
        return;
    };
    let mut bytes = [unknown() as u8; 64];
    take(file.write_all(&bytes));
    take(file.seek(SeekFrom::Start(0)));
    take(file.read(&mut bytes));
    Uart.put(bytes[0]);
}

/// The temperature of a thermometer.
static THERMOMETER: ble::Table = ble::Table::new(&[ble::Service::new(
    ble::Uuid::Short(0x181a),
    &[ble::Characteristic::new(
        ble::Uuid::Short(0x2a6e),
        ble::Properties::READ.and(ble::Properties::NOTIFY),
    )],
)])
.expect("there is room for it");
const TEMPERATURE: ble::At = ble::At::new(0, 0).expect("the table has it");
const DATA: ble::AdvertisingData = ble::AdvertisingData::new()
    .with_flags(ble::AdvertisingData::DISCOVERABLE)
    .with_name(b"sensor");

/// A client that is a server of Bluetooth LE: it advertises, is read, written and told of, and notifies.
///
/// Inlined as [`update`].
#[inline]
pub fn ble_server(module: &mut Driver<St67>) {
    client(module);
    let Some(mut server) = take(module.bluetooth(&ble::BleConfig::new(ble::Role::Server))) else {
        return;
    };
    take(server.serve(module, &THERMOMETER));
    take(server.advertise(module, &ble::Advertising::new(DATA)));
    let mut memory = [0; ble::VALUE_MAX];
    while unknown() != 0 {
        match take(server.next(module, &mut memory)) {
            Some(Some(ble::Event::Subscribed { .. })) => Uart.put(1),
            Some(Some(ble::Event::Written { value, .. })) => Uart.put(value.len() as u8),
            Some(Some(ble::Event::Read { at, .. })) => {
                take(server.set(module, at, b"21"));
            }
            Some(Some(ble::Event::Connected { connection, .. })) => {
                take(server.notify(module, connection, TEMPERATURE, b"21"));
            }
            _ => {}
        }
    }
}

/// A client that is one of Bluetooth LE: it scans, connects, discovers, reads, and is notified.
///
/// Inlined as [`update`].
#[inline]
pub fn ble_client(module: &mut Driver<St67>) {
    client(module);
    let Some(mut ble) = take(module.bluetooth(&ble::BleConfig::new(ble::Role::Client))) else {
        return;
    };
    let mut found = None;
    take(ble.scan(module, &ble::BleScan::new(), |device| {
        found = device.kind.known().map(|kind| (device.peer, kind));
        ControlFlow::Continue(())
    }));
    let Some((peer, kind)) = found else { return };
    let Some(connection) = take(ble.connect(module, peer, kind, 5)) else {
        return;
    };
    let mut remote = None;
    take(ble.discover(module, connection, |found| {
        if let ble::Found::Characteristic(found) = found {
            remote = Some(*found);
        }
        ControlFlow::Continue(())
    }));
    let Some(remote) = remote else { return };
    let mut memory = [0; ble::VALUE_MAX];
    take(ble.read(module, connection, &remote, &mut memory));
    take(ble.write(module, connection, &remote, b"on"));
    take(ble.subscribe(module, connection, &remote, ble::Subscription::Notification));
    while unknown() != 0 {
        if let Some(Some(ble::Event::Notified { value, .. })) = take(ble.next(module, &mut memory))
        {
            Uart.put(value.len() as u8);
        }
    }
}

/// A client that asks what its module is.
pub fn about<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    identity(module);
}

/// A client that is told of its network by a telephone.
pub fn provisioning<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    credentials(module);
}

/// A client that loads a certificate.
pub fn certificate<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    authority(module);
}

/// A client that has an MQTT session, through TLS, by the client in its module.
pub fn mqtt<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    session(module);
}

/// A client that has an MQTT session, through TLS, by minimq.
///
/// Inlined as [`update`].
#[inline]
pub fn minimq<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    let mut broker = IpBroker::new(unknown().to_be_bytes().into());
    broker.set_port(8883);
    let mut memory = [0; 1536];
    let config = ConfigBuilder::new(broker, &mut memory).client_id("sensor");
    let Some(config) = take(config) else {
        return;
    };
    let tls = Tls::new(module, TlsConfig::new().with_ca("ca"));
    let mut session = Minimq::new(tls, Ticks, config);
    while unknown() != 0 {
        take(session.poll(|_, topic, message, _| Uart.put((topic.len() + message.len()) as u8)));
        let client = session.client();
        take(client.subscribe(&["lamp/set".into()], &[]));
        take(client.publish(Publication::new("lamp", "off").qos(QoS::AtLeastOnce)));
    }
}

/// A client that has an MQTT session, through TLS, by rust-mqtt.
pub fn rust_mqtt<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    rust_mqtt_session::session(module);
}

/// The timer as minimq wants it.
struct Ticks;

impl embedded_time::Clock for Ticks {
    type T = u32;
    const SCALING_FACTOR: Fraction = Fraction::new(1, 1000);

    fn try_now(&self) -> Result<embedded_time::Instant<Self>, embedded_time::clock::Error> {
        Ok(embedded_time::Instant::new(Timer.now()))
    }
}

/// All that the driver offers to applications.
pub fn everything<D: Dialect>(module: &mut Driver<D>) {
    client(module);
    network(module);
    own_network(module);
    access_points(module);
    clock(module);
    echoes(module);
    saving(module);
    authority(module);
    identity(module);
    credentials(module);
    session(module);
    listener(module);
    datagrams(module);
    encrypted(module);
    events(module);
    let state = take(module.link_state());
    Uart.put(u8::from(state == Some(LinkState::Up)));
    if let Some(addresses) = take(module.addresses()) {
        Uart.put(addresses.ip.octets()[0]);
    }
    take(module.release_sockets());
    take(module.leave());
}

fn listener<D: Dialect>(module: &mut Driver<D>) {
    let Some(mut socket) = take(module.socket()) else {
        return;
    };
    take(module.bind(&mut socket, unknown() as u16));
    take(module.listen(&mut socket));
    if let Ok((accepted, remote)) = module.accept(&mut socket) {
        Uart.put(remote.port() as u8);
        take(module.close(accepted));
    }
    take(module.close(socket));
}

fn encrypted<D: Dialect>(module: &mut Driver<D>) {
    let remote = SocketAddr::from((unknown().to_be_bytes(), 443));
    let mut tls = Tls::new(module, TlsConfig::new().with_ca("ca"));
    let Some(mut socket) = take(tls.socket()) else {
        return;
    };
    take(tls.connect(&mut socket, remote));
    take(tls.close(socket));
}

fn network<D: Dialect>(module: &mut Driver<D>) {
    let options = JoinOptions::new(b"home", b"12345678").with_security(Security::Wpa3);
    take(module.rejoin(&options));
    if let Some(Some(joined)) = take(module.station()) {
        Uart.put(joined.channel.unwrap_or(0));
    }
}

fn own_network<D: Dialect>(module: &mut Driver<D>) {
    let config = AccessPointConfig::new(b"setup", b"12345678");
    take(module.start_access_point(&config));
    if let Some(clients) = take(module.access_point_clients::<4>()) {
        clients.iter().for_each(|client| Uart.put(client.mac.0[5]));
    }
    take(module.stop_access_point());
}

fn access_points<D: Dialect>(module: &mut Driver<D>) {
    take(module.scan(&ScanOptions::new(), |found| {
        Uart.put(found.rssi as u8);
        ControlFlow::Continue(())
    }));
}

fn clock<D: Dialect>(module: &mut Driver<D>) {
    take(module.set_time_servers(&["pool.ntp.org"]));
    if let Some(time) = take(module.wait_for_time(10_000)) {
        Uart.put(time.seconds() as u8);
    }
}

fn echoes<D: Dialect>(module: &mut Driver<D>) {
    let options = PingOptions::new();
    let summary = take(module.ping("10.0.0.7", &options, |time| {
        Uart.put(u8::from(time.is_some()));
        ControlFlow::Continue(())
    }));
    Uart.put(summary.map_or(0, |summary| summary.received as u8));
}

fn saving<D: Dialect>(module: &mut Driver<D>) {
    take(module.start_power_save(&PowerSave::new()));
    take(module.stop_power_save());
    take(module.deep_sleep().and_then(|asleep| asleep.wake(|| ())));
}

fn identity<D: Dialect>(module: &mut Driver<D>) {
    if let Some(versions) = take(module.versions()) {
        Uart.put(versions.numbers()[0] as u8);
    }
    if let Some(mac) = take(module.mac()) {
        Uart.put(mac.0[0]);
    }
}

fn credentials<D: Dialect>(module: &mut Driver<D>) {
    let config = AccessPointConfig::new(b"set me up", b"12345678");
    let told = module.provision(&config, 60_000, || ControlFlow::Continue(()));
    if let Some(Some(told)) = take(told) {
        take(module.join(told.ssid.as_bytes(), told.password.reveal()));
    }
}

fn authority<D: Dialect>(module: &mut Driver<D>) {
    let content = [unknown() as u8; 1000];
    take(module.load_certificate("ca", &content));
}

fn session<D: Dialect>(module: &mut Driver<D>) {
    let config =
        MqttConfig::new("broker.example", 8883, "sensor").with_tls(TlsConfig::new().with_ca("ca"));
    let Some(mut session) = take(module.mqtt(&config)) else {
        return;
    };
    take(session.subscribe(module, "lamp/set", Qos::AtLeastOnce));
    let mut memory = [0; 64];
    while unknown() != 0 {
        take(session.publish(module, "lamp", b"off", Qos::AtLeastOnce, false));
        if let Some(Some(Arrival::Message { topic, payload, .. })) =
            take(session.receive(module, &mut memory))
        {
            Uart.put((topic.len() + payload.len()) as u8);
        }
        take(session.reconnect(module));
    }
    take(session.disconnect(module));
}

fn events<D: Dialect>(module: &mut Driver<D>) {
    while let Some(Some(event)) = take(module.poll()) {
        Uart.put(u8::from(matches!(event, Event::Lost(_))));
    }
}
