//! Updates of a module's firmware.

use std::fs::File;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use atwifi::Transport;
use atwifi::dialect::Dialect;
use atwifi::microchip::Microchip;
use atwifi::st67::{St67, UpdateError};
use embedded_io_adapters::std::FromStd;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{Wifi, world};

/// A module whose firmware can be updated, or not.
pub trait Updates: Dialect {
    fn update<T: Transport>(wifi: &mut Wifi<'_, Self, T>, image: Option<&PathBuf>) -> Result<()>
    where
        T::Error: Send + Sync + 'static;
}

impl Updates for Microchip {
    fn update<T: Transport>(_: &mut Wifi<'_, Self, T>, _: Option<&PathBuf>) -> Result<()>
    where
        T::Error: Send + Sync + 'static,
    {
        bail!("the firmware of this module is updated by its vendor's tool")
    }
}

impl Updates for St67 {
    fn update<T: Transport>(wifi: &mut Wifi<'_, Self, T>, image: Option<&PathBuf>) -> Result<()>
    where
        T::Error: Send + Sync + 'static,
    {
        println!("firmware {}", version(wifi.versions()?.firmware.as_bytes()));
        let mut part = [0; 4096];
        let bar = ProgressBar::no_length().with_style(style()?);
        let progress = |sent: u32, length: u32| {
            bar.set_length(length.into());
            bar.set_position(sent.into());
            ControlFlow::Continue(())
        };
        let updated = match image {
            Some(path) => {
                let file = File::open(path);
                let file = file.with_context(|| format!("cannot open {}", path.display()))?;
                wifi.update(&mut FromStd::new(file), &mut part, progress)
            }
            None => {
                let image = Cursor::new(world::image());
                wifi.update(&mut FromStd::new(image), &mut part, progress)
            }
        };
        bar.finish();
        let versions = updated.map_err(|error| match error {
            UpdateError::Read(error) => anyhow::Error::new(error),
            UpdateError::Module(error) => anyhow::Error::new(error),
        })?;
        let versions = versions.context("it was broken off")?;
        println!("updated to {}", version(versions.firmware.as_bytes()));
        Ok(())
    }
}

fn version(text: &[u8]) -> String {
    text.escape_ascii().to_string()
}

fn style() -> Result<ProgressStyle> {
    let template = "{bar:40} {bytes} of {total_bytes}, {eta} to go";
    Ok(ProgressStyle::with_template(template)?)
}
