//! The shares of the line rate as a picture.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::subject::Subject;
use crate::wire::{CHUNKS, Direction, Share};

const SIZE: (u32, u32) = (960, 380);

/// Draws downloads and uploads without latency, side by side.
pub fn draw(shares: &[Share], file: &Path) -> Result<()> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(failed)?;
    let halves = area.split_evenly((1, 2));
    for (half, direction) in halves.iter().zip([Direction::Download, Direction::Upload]) {
        draw_direction(half, shares, direction)?;
    }
    area.present().map_err(failed)
}

fn draw_direction(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    shares: &[Share],
    direction: Direction,
) -> Result<()> {
    let caption = match direction {
        Direction::Download => "Download",
        Direction::Upload => "Upload",
    };
    let last = CHUNKS.len() - 1;
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0..last, 0.0..100.0)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(CHUNKS.len())
        .x_label_formatter(&|n| CHUNKS.get(*n).map_or(String::new(), ToString::to_string))
        .x_desc("bytes per call")
        .y_desc("payload, % of the line rate")
        .draw()
        .map_err(failed)?;
    for (subject, color) in [
        (Subject::St67, RGBColor(0x1f, 0x77, 0xb4)),
        (Subject::Microchip, RGBColor(0x2c, 0xa0, 0x2c)),
        (Subject::EspAtNal, RGBColor(0xd6, 0x27, 0x28)),
    ] {
        let of_subject = || {
            let rows = shares.iter().filter(move |share| {
                (share.subject, share.direction, share.latency_ms) == (subject, direction, 0)
            });
            rows.enumerate()
        };
        let points = of_subject().map(|(n, share)| (n, share.percent));
        let line = LineSeries::new(points, color.stroke_width(2)).point_size(3);
        chart
            .draw_series(line)
            .map_err(failed)?
            .label(subject.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        let limits = of_subject().map(|(n, share)| Circle::new((n, share.limit), 5, color));
        chart.draw_series(limits).map_err(failed)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw: {error}")
}
