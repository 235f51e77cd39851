//! Every command form of the ST67W611M1's reference has somebody who answers it.

mod support;

use std::collections::HashSet;

use atwifi_simulator::{Config, MemoryNetwork, Profile};
use support::Host;

const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/inventory.tsv");

/// Name and form of each command that the module lists, as in `("AT+CWMODE", "query")`.
fn listed(profile: Profile) -> HashSet<(String, &'static str)> {
    let mut host = Host::new(Config::new(profile), MemoryNetwork::new());
    let list = host.ask("AT+CMD?");
    let rows = list.lines().filter(|line| line.starts_with("+CMD:"));
    let forms = rows.flat_map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        let name = fields[1].trim_matches('"').to_owned();
        let forms = ["query", "set", "execute"].into_iter().zip(&fields[3..]);
        let supported: Vec<_> = forms
            .filter(|(_, supported)| **supported == "1")
            .map(|(form, _)| (name.clone(), form))
            .collect();
        supported
    });
    forms.collect()
}

/// Name and form of each command of the inventory.
fn documented() -> Vec<(String, String)> {
    let inventory = std::fs::read_to_string(INVENTORY).unwrap();
    let mut documented = Vec::new();
    for row in inventory.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let [dialect, _, _, form, syntax] = fields[..] else {
            panic!("{row}")
        };
        if dialect != "st67" || form == "event" {
            continue;
        }
        // What ends the data mode is no command.
        if syntax != "+++" {
            let end = syntax.find(['=', '?']).unwrap_or(syntax.len());
            documented.push((syntax[..end].to_owned(), form.to_owned()));
        }
    }
    documented
}

#[test]
fn every_form_is_listed() {
    let documented = documented();
    assert!(documented.len() > 230, "{}", documented.len());
    for profile in Profile::ST67 {
        let listed = listed(profile);
        let missing: Vec<_> = documented
            .iter()
            .filter(|(name, form)| !listed.contains(&(name.clone(), form.as_str())))
            .collect();
        assert!(missing.is_empty(), "{profile}: {missing:?}");
    }
}
