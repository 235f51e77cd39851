//! One page that needs nothing else: lanes over time, and every line, to be searched.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::entry::Side;
use crate::told::{Change, Item, Kind, Lane, Told};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is loaded from anywhere, whatever a log has in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

impl Told {
    /// Everything as one page of HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let count = self.marks().count();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width";
                    title { "What happened on the wire" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { "What happened on the wire" }
                    ul.notes { @for note in &self.notes { li { (note) } } }
                    @if count > 0 { (self.list_of_marks()) }
                    svg #lanes role="img" aria-label="The conversation as lanes over time" {}
                    p.tools {
                        input #search type="search" placeholder="Search" aria-label="Search";
                        label { input #marked type="checkbox"; " only what is marked (" (count) ")" }
                        output #found {}
                    }
                    table {
                        thead { tr { th { "#" } th { "time" } th { "from" } th { "what" } th { "on the wire, and what it says" } } }
                        tbody #rows { @for (index, item) in self.items.iter().enumerate() { (row(index, item)) } }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }

    fn list_of_marks(&self) -> Markup {
        let marked = self
            .items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| item.marks.iter().map(move |mark| (index, mark)));
        html! {
            ul.marks {
                @for (index, mark) in marked {
                    li class=(mark.name()) { a href={ "#i" (index) } { (mark) } }
                }
            }
        }
    }
}

fn row(index: usize, item: &Item) -> Markup {
    let side = match item.side {
        Side::Host => "host",
        Side::Module => "module",
        _ => "log",
    };
    let change = match item.change {
        Some(Change::Up) => Some("up"),
        Some(Change::Down) => Some("down"),
        None => None,
    };
    let lane = item.lane.as_ref().map(Lane::to_string);
    let ends = (item.kind == Kind::Reply).then_some(item.command).flatten();
    html! {
        tr id={ "i" (index) } class=(item.kind.name()) data-side=(side) data-at=[item.at] data-lane=[lane.as_ref()]
            data-change=[change] data-ends=[ends] data-marks=(item.marks.len()) {
            td { (index) }
            td { @if let Some(at) = item.at { (format!("{at:.3}")) } }
            td { (side) }
            td { (item.kind.name()) @if let Some(lane) = &lane { br; span.lane { (lane) } } }
            td {
                code { (item.text) }
                p {
                    (item.says)
                    @if let Some(chapter) = &item.chapter { span.chapter { " chapter " (chapter) } }
                    @if let Some(command) = item.command { " " a href={ "#i" (command) } { "of " (command) } }
                }
                @if !item.details.is_empty() { p.details { (item.details.join(" · ")) } }
                @for mark in &item.marks { p.mark class=(mark.name()) { (mark) } }
            }
        }
    }
}
