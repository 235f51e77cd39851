//! A simulated Wi-Fi module on a TCP port or a pseudo-terminal, for trying firmware against.
#![forbid(unsafe_code)]

mod options;

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use atwifi_simulator::{Handle, Record, Server};
use clap::Parser;
use options::Options;

/// How often those around the module look at it.
const LOOK: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let Err(error) = run(&Options::parse());
    eprintln!("atwifi-simulator: {error:#}");
    ExitCode::FAILURE
}

fn run(options: &Options) -> anyhow::Result<Infallible> {
    let mut server = Server::new(options.config()?, options.network());
    if let Some(path) = &options.transcript {
        server = server.on_record(transcript_writer(path)?);
    }
    let module = server.spawn();
    serve(options, &module)?;
    live(options, &module)
}

/// What happens around the module.
fn live(options: &Options, module: &Handle) -> ! {
    let mut loss = options.lose_link_after.map(Duration::from_millis);
    while loss.is_some() || options.surroundings.are_alive() {
        if loss.take_if(|at| *at <= module.now()).is_some() {
            module.lose_link();
        }
        options.surroundings.look_at(module);
        thread::sleep(LOOK);
    }
    loop {
        thread::park();
    }
}

/// Says where the module can be reached, once it can.
fn serve(options: &Options, module: &Handle) -> anyhow::Result<()> {
    if let Some(address) = options.wire.tcp {
        let address = module
            .serve_tcp(address)
            .with_context(|| format!("cannot listen on {address}"))?;
        println!("tcp {address}");
    }
    #[cfg(unix)]
    if options.wire.pty {
        let path = module
            .serve_pty()
            .context("cannot make a pseudo-terminal")?;
        println!("pty {}", path.display());
    }
    Ok(())
}

fn transcript_writer(path: &str) -> anyhow::Result<impl FnMut(&Record) + Send + 'static> {
    let mut sink: Box<dyn Write + Send> = if path == "-" {
        Box::new(io::stdout())
    } else {
        Box::new(File::create(path).with_context(|| format!("cannot write {path}"))?)
    };
    Ok(move |record: &Record| {
        // A transcript that cannot be written is no reason to stop the module.
        let _ = writeln!(sink, "{record}").and_then(|()| sink.flush());
    })
}
