//! The program, as a user starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_atwifi-simulator"))
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// A program that is stopped when the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// A module with an access point in reach, what it says first on its transcript, the address it
    /// names, and the rest of its transcript.
    fn start(arguments: &[&str]) -> (Running, String, String, impl Fn() -> String) {
        let mut child = program()
            .args(arguments)
            .args(["--boot", "0", "--ap", "home:secret99", "--transcript", "-"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            output
                .lines()
                .try_for_each(|line| sender.send(line.unwrap()))
        });
        let next_line = move || lines.recv_timeout(PATIENCE).unwrap();
        let mut printed = [next_line(), next_line()];
        printed.sort();
        let [greeting, address] = printed;
        (Running(child), greeting, address, next_line)
    }
}

fn expect(from: &mut impl Read, bytes: &[u8]) {
    let mut buffer = vec![0; bytes.len()];
    from.read_exact(&mut buffer).unwrap();
    assert_eq!(
        buffer.escape_ascii().to_string(),
        bytes.escape_ascii().to_string()
    );
}

#[test]
fn serves_a_module_and_writes_a_transcript() {
    let arguments = ["st67", "--profile", "reference", "--tcp", "127.0.0.1:0"];
    let (_child, greeting, address, next_line) = Running::start(&arguments);
    assert!(greeting.ends_with("<- ready\\r\\n"));

    let mut client = TcpStream::connect(address.strip_prefix("tcp ").unwrap()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let line = b"AT+CWJAP=\"home\",\"secret99\"\r\n";
    client.write_all(line).unwrap();
    expect(&mut client, b"ready\r\nERROR\r\n");
    assert!(next_line().ends_with("-> AT+CWJAP=\"home\",***\\r\\n"));
    assert!(next_line().ends_with("<- ERROR\\r\\n"));
}

#[cfg(unix)]
#[test]
fn serves_a_microchip_module_that_echoes_no_secret_into_the_transcript() {
    let arguments = ["microchip", "--profile", "fw-0.2.0", "--poll", "0", "--pty"];
    let (_child, greeting, path, next_line) = Running::start(&arguments);
    assert!(greeting.ends_with("<- \\r\\nOK\\r\\n>"), "{greeting}");

    let mut device = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path.strip_prefix("pty ").unwrap())
        .unwrap();
    device.write_all(b"AT+GMR\r\n").unwrap();
    expect(
        &mut device,
        b"\r\nOK\r\n>AT+GMR\r\n+GMR=\"0.2.0\"\r\nOK\r\n>",
    );
    let line = b"AT+WSTAC=3,\"secret99\"\r\n";
    device.write_all(line).unwrap();
    expect(&mut device, line);
    expect(&mut device, b"OK\r\n>");
    let mut shown = String::new();
    while shown.matches("OK").count() < 2 {
        shown += &next_line();
    }
    assert_eq!(shown.matches("AT+WSTAC=3,***\\r\\n").count(), 2, "{shown}");
    assert!(!shown.contains("secret99"), "{shown}");
}

#[test]
fn explains_itself() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("--tcp") && text.contains("qemu-system-arm"));
}

#[test]
fn says_what_is_wrong() {
    for (arguments, complaint) in [
        (&[][..], "--tcp"),
        (&["--tcp", "nowhere"], "--tcp"),
        (&["--tcp", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        (
            &["--tcp", "127.0.0.1:0", "--profile", "fw-0.2.0"],
            "no profile of st67 is called \"fw-0.2.0\"; there are reference, fw-2.0.75, fw-2.0.89, \
             fw-2.0.97, fw-2.0.106\n",
        ),
        (
            &[
                "microchip",
                "--tcp",
                "127.0.0.1:0",
                "--profile",
                "fw-2.0.75",
            ],
            "no profile of microchip is called \"fw-2.0.75\"; \
             there are reference, fw-0.2.0, fw-0.3.2\n",
        ),
        (&["wilc", "--tcp", "127.0.0.1:0"], "st67, microchip"),
        (
            &["--tcp", "127.0.0.1:0", "--host", "name"],
            "example.test=127.0.0.1",
        ),
        (&["--tcp", "127.0.0.1:0", "--ap", ":x"], "home:secret99"),
        (
            &["--tcp", "127.0.0.1:0", "--late", "1"],
            "a number, a colon",
        ),
    ] {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(complaint), "{arguments:?}: {said}");
    }
}

/// All that comes up to what is expected.
#[track_caller]
fn until(from: &mut impl Read, expected: &str) {
    let mut all = Vec::new();
    while !all.ends_with(expected.as_bytes()) {
        let mut byte = [0];
        let read = from.read_exact(&mut byte);
        assert!(read.is_ok(), "{expected:?} after {}", all.escape_ascii());
        all.extend(byte);
    }
}

/// A module on a TCP port, to which lines are said.
struct Typed {
    _child: Running,
    wire: TcpStream,
}

impl Typed {
    fn start(arguments: &[&str]) -> Self {
        let arguments = [arguments, &["--tcp", "127.0.0.1:0"]].concat();
        let (child, _, address, _) = Running::start(&arguments);
        let wire = TcpStream::connect(address.strip_prefix("tcp ").unwrap()).unwrap();
        wire.set_read_timeout(Some(PATIENCE)).unwrap();
        Typed {
            _child: child,
            wire,
        }
    }

    #[track_caller]
    fn say(&mut self, line: &str, expected: &str) {
        write!(self.wire, "{line}\r\n").unwrap();
        until(&mut self.wire, expected);
    }
}

#[test]
fn a_station_joins_the_access_point_that_the_module_is() {
    let station = ["--station", "02:00:00:00:00:0a"];
    let mut st67 = Typed::start(&[&["st67"], &station[..]].concat());
    st67.say("AT+CWMODE=2", "+CW:STA_CONNECTED \"02:00:00:00:00:0a\"\r\n");
    until(&mut st67.wire, "+CW:DIST_STA_IP \"02:00:00:00:00:0a\",");

    let mut microchip = Typed::start(&[&["microchip"], &station[..]].concat());
    microchip.say("AT+WAPC=1,\"demo\"", "OK\r\n");
    microchip.say("AT+WAPC=2,0", "OK\r\n");
    microchip.say("AT+WAP=1", "+WAPSC:\"02:00:00:00:00:0A\"\r\n");
}

#[test]
fn bluetooth_le_devices_are_found_and_find_the_module() {
    let mut module = Typed::start(&["st67", "--ble-peer", "02:00:00:00:00:0b=thermometer"]);
    module.say("AT+BLEINIT=1", "OK\r\n");
    // The flags, and the name.
    let name: String = b"thermometer".map(|byte| format!("{byte:02x}")).concat();
    module.say("AT+BLESCAN=1", &format!("0201060c09{name}"));
    module.say("AT+BLESCAN=0", "OK\r\n");
    module.say(
        "AT+BLECONN=0,\"02:00:00:00:00:0b\"",
        "+BLE:CONNECTED:0,\"02:00:00:00:00:0b\"\r\n",
    );
    module.say(
        "AT+BLEDISCONN=0",
        "+BLE:DISCONNECTED:0,\"02:00:00:00:00:0b\"\r\n",
    );

    let mut module = Typed::start(&["st67", "--ble-central", "02:00:00:00:00:0c"]);
    module.say("AT+BLEINIT=2", "OK\r\n");
    module.say(
        "AT+BLEADVSTART",
        "+BLE:CONNECTED:0,\"02:00:00:00:00:0c\"\r\n",
    );
}

#[test]
fn any_update_is_accepted_if_it_is_told_to() {
    let mut module = Typed::start(&["st67", "--accept-any-update"]);
    module.say("AT+OTASTART=1", "OK\r\n");
    module.say("AT+OTASEND=4", ">\r\n");
    module.say("code", "SEND OK\r\n");
    module.say("AT+OTAFIN", "ready\r\n");
    module.say("AT+PART?", "+PART=1,1,\"      FW\"");
}
