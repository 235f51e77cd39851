//! Conversations of the driver with simulated modules.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::{Clock, Module, SocketMemory, microchip, st67};
use atwifi_explain::{Told, explain};
use atwifi_simulator::{Config, MemoryNetwork, Port, Profile, Simulation, services};
use embedded_nal::{AddrType, Dns, TcpClientStack};

pub const PASSWORD: &str = "correct, \"horse\"";
const NAME: &str = "example.test";
const ADDRESS: [u8; 4] = [10, 0, 0, 7];

/// The virtual clock of a simulation.
struct SimClock(Simulation);

impl Clock for SimClock {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.idle();
        ControlFlow::Continue(())
    }
}

/// Every firmware that can be simulated.
pub fn profiles() -> impl Iterator<Item = Profile> {
    Profile::ST67.into_iter().chain(Profile::MICROCHIP)
}

pub fn is_st67(profile: Profile) -> bool {
    Profile::ST67.contains(&profile)
}

/// What crosses the wire while a host joins, looks a name up, fetches a page, and closes.
pub fn conversation(profile: Profile) -> String {
    let config = Config::new(profile).with_access_point("home", PASSWORD);
    let network = MemoryNetwork::default()
        .host(NAME, ADDRESS.into())
        .serve(SocketAddr::from((ADDRESS, 7)), |_| services::echo());
    let simulation = Simulation::new(config, network);
    match is_st67(profile) {
        true => talk::<st67::St67>(&simulation),
        false => talk::<microchip::Microchip>(&simulation),
    }
    simulation.transcript().to_string()
}

/// What module and payload say to one another looks like lines of the module.
pub fn payload() -> Vec<u8> {
    let mut bytes = b"\r\nOK\r\n+IPD:0,5\r\nready\r\n\r\nERROR\r\n>#+CIPRECVDATA:9,".to_vec();
    bytes.extend(0..=255_u8);
    bytes
}

fn talk<D: Dialect>(simulation: &Simulation) {
    let mut line = [0; 1024];
    let mut sockets = [SocketMemory::<512>::new()];
    let clock = SimClock(simulation.clone());
    let port: Port = simulation.port();
    let module = Module::<D, _, _>::new(port, clock, &mut line, &mut sockets);
    let mut module = module.expect("the buffers suffice");
    let what = "the simulator does it";
    assert!(module.reset().is_ok(), "{what}");
    assert!(module.join(b"home", PASSWORD.as_bytes()).is_ok(), "{what}");
    let Ok(address) = module.get_host_by_name(NAME, AddrType::IPv4) else {
        panic!("{what}");
    };
    let Ok(mut socket) = module.socket() else {
        panic!("{what}");
    };
    assert!(
        module
            .connect(&mut socket, SocketAddr::new(address, 7))
            .is_ok(),
        "{what}"
    );
    let sent = payload();
    assert_eq!(
        module.send(&mut socket, &sent).ok(),
        Some(sent.len()),
        "{what}"
    );
    let mut got = 0;
    let mut buffer = [0; 100];
    while got < sent.len() {
        match module.receive(&mut socket, &mut buffer) {
            Ok(count) => got += count,
            Err(_) => simulation.idle(),
        }
        assert!(simulation.now().as_secs() < 60, "{what}");
    }
    assert!(module.close(socket).is_ok(), "{what}");
}

/// The names of all marks, in order.
pub fn marks(told: &Told) -> Vec<&'static str> {
    told.marks().map(|(_, mark)| mark.name()).collect()
}

pub fn tell(log: &str) -> Told {
    explain(log.as_bytes(), None)
}
