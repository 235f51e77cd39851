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

#[test]
fn serves_a_module_and_writes_a_transcript() {
    let mut child = Running(
        program()
            .args(["st67", "--profile", "reference", "--tcp", "127.0.0.1:0"])
            .args(["--boot", "0", "--ap", "home:secret99", "--transcript", "-"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let (sender, lines) = mpsc::channel();
    let output = BufReader::new(child.0.stdout.take().unwrap());
    thread::spawn(move || {
        output
            .lines()
            .try_for_each(|line| sender.send(line.unwrap()))
    });
    let next_line = || lines.recv_timeout(PATIENCE).unwrap();
    let mut printed = [next_line(), next_line()];
    printed.sort();
    assert!(printed[0].ends_with("<- ready\\r\\n"));
    let address = printed[1].strip_prefix("tcp ").unwrap().to_owned();

    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
        .write_all(b"AT+CWJAP=\"home\",\"secret99\"\r\n")
        .unwrap();
    let mut reply = [0; 14];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"ready\r\nERROR\r\n");
    assert!(next_line().ends_with("-> AT+CWJAP=\"home\",***\\r\\n"));
    assert!(next_line().ends_with("<- ERROR\\r\\n"));
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
        (&["--tcp", "127.0.0.1:0", "--profile", "fw-9"], "fw-2.0.75"),
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
