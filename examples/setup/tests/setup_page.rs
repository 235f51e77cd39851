//! A phone sets the device up, on every firmware of both modules.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use atwifi::dialect::Dialect;
use atwifi::portal::Ports;
use atwifi::{AccessPointConfig, Module, SocketMemory, microchip::Microchip, st67::St67};
use atwifi_setup::set_up;
use atwifi_simulator::{Config, MemoryNetwork, Profile, Service, Simulation, services};

const SSID: &str = "home & garden";
const PASSWORD: &str = "sesame + open = 100%";
const PHONE: [u8; 6] = [0x18, 0xb9, 0x05, 0xed, 0x59, 0xcc];

#[derive(Clone)]
struct Uptime(Simulation);

impl atwifi::Clock for Uptime {
    fn now(&mut self) -> u32 {
        self.0.now().as_millis() as u32
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0.idle();
        ControlFlow::Continue(())
    }
}

/// What somebody has with the access point of a device.
struct Phone {
    simulation: Simulation,
    own: Ipv4Addr,
    port: u16,
    pages: Vec<Rc<RefCell<Vec<u8>>>>,
}

impl Phone {
    fn ask(&mut self, request: &str) {
        let page = Rc::default();
        self.port += 1;
        let [a, b, c, _] = self.own.octets();
        let from = SocketAddr::from(([a, b, c, 100], self.port));
        let service: Box<dyn Service> = services::record(Rc::clone(&page));
        let client = self.simulation.dial(from, (self.own, 80), service);
        client.send(request.as_bytes());
        self.pages.push(page);
    }

    fn post(&mut self, ssid: &str, password: &str) {
        let encoded =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let form = format!("ssid={}&password={}", encoded(ssid), encoded(password));
        let length = form.len();
        self.ask(&format!(
            "POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{form}"
        ));
    }

    /// The last page, once it is there.
    fn shows(&self, text: &str) -> bool {
        let page = self.pages.last().map(|page| page.borrow().clone());
        String::from_utf8_lossy(&page.unwrap_or_default()).contains(text)
    }
}

/// What the phone does next, each time the one before has had its effect.
type Step = fn(&mut Phone);

fn a_phone_sets_it_up<D: Dialect>(profile: Profile, own: Ipv4Addr, is_beside: bool) {
    let config = Config::new(profile).with_access_point(SSID, PASSWORD);
    let [a, b, c, d] = own.octets();
    let asker = SocketAddr::from(([a, b, c, 100], 5353));
    let answers = services::UdpLog::default();
    let network = MemoryNetwork::default().serve_udp(asker, services::udp_record(answers.clone()));
    let simulation = Simulation::new(config, network);
    let mut line = [0; 640];
    let mut sockets = [const { SocketMemory::<512>::new() }; 3];
    let clock = Uptime(simulation.clone());
    let mut wifi: Module<'_, D, _, _> =
        Module::new(simulation.port(), clock, &mut line, &mut sockets).unwrap();
    wifi.reset().unwrap();

    let mut phone = Phone {
        simulation: simulation.clone(),
        own,
        port: 4000,
        pages: Vec::new(),
    };
    // What the page has to say before the next step.
    let steps: [(&str, Step); 6] = [
        ("", |phone| {
            phone.simulation.station_joins(PHONE);
            let question = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x04wifi\x04test\0\0\x01\0\x01";
            let [a, b, c, _] = phone.own.octets();
            let from = SocketAddr::from(([a, b, c, 100], 5353));
            phone
                .simulation
                .send_datagram(from, (phone.own, 53), question);
            phone.ask("GET /hotspot-detect.html HTTP/1.1\r\nHost: captive.test\r\n\r\n");
        }),
        ("Which network", |phone| phone.post("", "12345678")),
        ("no network", |phone| phone.post(SSID, "wrong password")),
        ("Joining", |phone| {
            phone.simulation.station_joins(PHONE);
            phone.ask("GET / HTTP/1.1\r\n\r\n");
        }),
        ("did not work", |phone| phone.post(SSID, PASSWORD)),
        ("Joining", |phone| phone.ask("GET / HTTP/1.1\r\n\r\n")),
    ];
    let mut steps = steps.iter().peekable();
    let access_point = AccessPointConfig::new(b"set me up", b"");
    let address = set_up(&mut wifi, &access_point, Ports::USUAL, is_beside, || {
        if let Some((_, step)) = steps.next_if(|(text, _)| phone.shows(text)) {
            step(&mut phone);
        }
        simulation.advance(Duration::from_millis(20));
        let context = || format!("{:?} {}", phone.pages, simulation.transcript());
        assert!(simulation.now() < Duration::from_secs(200), "{}", context());
    });
    let transcript = simulation.transcript().to_string();
    assert_eq!(address, Ok(Ipv4Addr::new(192, 168, 1, 50)), "{transcript}");
    let joined = (SSID.as_bytes().to_vec(), PASSWORD.as_bytes().to_vec());
    assert_eq!(simulation.joined(), Some(joined));
    assert_eq!(simulation.links_open(), 0, "{transcript}");
    if is_beside {
        assert!(phone.shows("It worked"), "{transcript}");
    }
    // By its reference the ST67 has no way to choose the port of a socket for datagrams.
    if profile != Profile::St67Reference {
        let answers = answers.borrow();
        let answer = answers.first();
        let (_, answer) = answer.unwrap_or_else(|| panic!("no answer\n{transcript}"));
        assert!(answer.ends_with(&[0, 4, a, b, c, d]), "{answer:02x?}");
    }
}

#[test]
fn on_the_st67() {
    for profile in Profile::ST67 {
        a_phone_sets_it_up::<St67>(profile, Ipv4Addr::new(192, 168, 4, 1), true);
    }
}

#[test]
fn on_the_microchip_module() {
    for profile in Profile::MICROCHIP {
        a_phone_sets_it_up::<Microchip>(profile, Ipv4Addr::new(192, 168, 0, 1), false);
    }
}
