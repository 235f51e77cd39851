//! Certificates in any module, and the files of an ST67.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{Error, StdClock, Transport, Usage, st67};
use clap::{Args, Subcommand};
use embedded_io::{Read, Write};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Wifi;

/// So much goes between two steps of a progress bar.
const STEP: usize = 512;

#[derive(Args)]
pub struct Cert {
    /// The certificate, in PEM or DER; without it, one is made for the demonstration.
    path: Option<PathBuf>,
    /// Its name in the module.
    #[arg(long, default_value = "ca.pem")]
    name: String,
}

#[derive(Args)]
pub struct Files {
    #[command(subcommand)]
    job: Option<Job>,
}

#[derive(Subcommand)]
enum Job {
    /// List the files.
    List,
    /// Copy a file into the module.
    Put {
        path: PathBuf,
        /// Its name in the module.
        name: String,
    },
    /// Copy a file from the module.
    Get {
        /// Its name in the module.
        name: String,
        path: PathBuf,
    },
    /// Delete a file.
    Delete { name: String },
}

/// A module that may have files.
pub trait HasFiles: Dialect {
    fn files<T: Transport>(wifi: &mut Wifi<'_, Self, T>, job: &Files) -> Result<()>
    where
        T::Error: Send + Sync + 'static;
}

impl HasFiles for Microchip {
    fn files<T: Transport>(_: &mut Wifi<'_, Self, T>, _: &Files) -> Result<()> {
        bail!("this module has no files")
    }
}

impl HasFiles for St67 {
    fn files<T: Transport>(wifi: &mut Wifi<'_, Self, T>, job: &Files) -> Result<()>
    where
        T::Error: Send + Sync + 'static,
    {
        match &job.job {
            None => demonstrate(wifi),
            Some(Job::List) => list(wifi),
            Some(Job::Put { path, name }) => {
                let content = fs::read(path);
                put(
                    wifi,
                    name,
                    &content.with_context(|| path.display().to_string())?,
                )
            }
            Some(Job::Get { name, path }) => Ok(fs::write(path, get(wifi, name)?)?),
            Some(Job::Delete { name }) => {
                let was_there = wifi.files().delete(name)?;
                ensure!(was_there, "there is no \"{name}\"");
                Ok(())
            }
        }
    }
}

pub fn certificate<D: Dialect, T: Transport>(wifi: &mut Wifi<'_, D, T>, job: &Cert) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let content = match &job.path {
        Some(path) => fs::read(path).with_context(|| path.display().to_string())?,
        None => rcgen::generate_simple_self_signed(["example.test".to_owned()])?
            .cert
            .pem()
            .into_bytes(),
    };
    let bar = ProgressBar::new_spinner().with_message("loading, and reading it back");
    bar.enable_steady_tick(Duration::from_millis(100));
    let loaded = wifi.load_certificate(&job.name, &content);
    bar.finish_and_clear();
    loaded.context("it is not loaded")?;
    println!("\"{}\" is in the module: {} bytes", job.name, content.len());
    match wifi.has_certificate(&job.name) {
        Err(Error::Usage(Usage::Unsupported(_))) => println!("this module cannot be asked for it"),
        told => println!(
            "asked for it, the module says {}",
            if told? { "yes" } else { "no" }
        ),
    }
    Ok(())
}

type Files67<'b, T> = st67::Module<'b, T, StdClock>;

fn list<T: Transport>(wifi: &mut Files67<'_, T>) -> Result<()>
where
    T::Error: Send + Sync + 'static,
{
    let mut names = Vec::new();
    wifi.files().list(|name| {
        names.push(String::from_utf8_lossy(name).into_owned());
        ControlFlow::Continue(())
    })?;
    for name in names {
        let size = wifi.files().size(&name)?;
        println!("{:>8}  {name}", size.unwrap_or(0));
    }
    Ok(())
}

fn put<T: Transport>(wifi: &mut Files67<'_, T>, name: &str, content: &[u8]) -> Result<()>
where
    T::Error: Send + Sync + 'static,
{
    let bar = bar("writing", content.len())?;
    let mut files = wifi.files();
    let mut file = files.create(name)?;
    for piece in content.chunks(STEP) {
        file.write_all(piece)?;
        bar.inc(piece.len() as u64);
    }
    bar.finish_and_clear();
    println!("\"{name}\": {} bytes written", content.len());
    Ok(())
}

fn get<T: Transport>(wifi: &mut Files67<'_, T>, name: &str) -> Result<Vec<u8>>
where
    T::Error: Send + Sync + 'static,
{
    let mut files = wifi.files();
    let mut file = files.open(name)?;
    let bar = bar("reading", file.size() as usize)?;
    let (mut content, mut piece) = (Vec::new(), [0; STEP]);
    loop {
        match file.read(&mut piece)? {
            0 => break,
            n => content.extend_from_slice(&piece[..n]),
        }
        bar.set_position(content.len() as u64);
    }
    bar.finish_and_clear();
    println!("\"{name}\": {} bytes read", content.len());
    Ok(content)
}

fn demonstrate<T: Transport>(wifi: &mut Files67<'_, T>) -> Result<()>
where
    T::Error: Send + Sync + 'static,
{
    const NAME: &str = "atwifi demonstration";
    let content: Vec<u8> = (0..20_000_u32).map(|n| ((n * n) >> 3) as u8).collect();
    put(wifi, NAME, &content)?;
    list(wifi)?;
    let read = get(wifi, NAME)?;
    ensure!(read == content, "other bytes were read than were written");
    wifi.files().delete(NAME)?;
    Ok(())
}

fn bar(what: &'static str, length: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")?;
    let bar = ProgressBar::new(length as u64);
    Ok(bar.with_style(style).with_message(what))
}
