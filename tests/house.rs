//! The house of `src/`: imports run downwards only, and no function is too long to read. And of `tests/`:
//! each file is part of a program.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::{fs, iter};

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The floors from the top, as the map in `src/lib.rs` shows them; rooms of one floor do not know
/// each other.
const FLOORS: &[&[&str]] = &[
    &["portal"],
    &["nal"],
    &["service"],
    &["st67", "microchip"],
    &["driver"],
    &["engine"],
    &["socket"],
    &["transport"],
    &["value"],
    &["clock", "error", "fmt"],
];

/// Not on a floor: the entrance, a peer for tests, and pages to read.
const EXEMPT: &[&str] = &["guide", "lib", "mock"];

/// How many lines a function may have.
const LONGEST: usize = 60;

#[test]
fn imports_run_downwards() -> Result<()> {
    let exports = exports(&fs::read_to_string(source("lib.rs"))?)?;
    let mut faults = Vec::new();
    for file in files()? {
        faults.extend(climbs(&file.name, &file.text, &exports)?);
    }
    assert!(faults.is_empty(), "{}", list(&faults));
    Ok(())
}

#[test]
fn functions_are_short() -> Result<()> {
    let mut faults = Vec::new();
    for file in files()? {
        faults.extend(long_functions(&file.name, &file.text)?);
    }
    assert!(faults.is_empty(), "{}", list(&faults));
    Ok(())
}

#[test]
fn the_map_shows_the_floors() -> Result<()> {
    let text = fs::read_to_string(source("lib.rs"))?;
    let map = text.split("//! ```text").nth(1);
    let map = map
        .and_then(|rest| rest.split("//! ```").next())
        .context("there is no map")?;
    let rooms = map.lines().filter_map(|line| line.strip_prefix("//! "));
    let rooms = rooms.filter(|line| !line.starts_with(' '));
    let shown: Vec<&str> = rooms
        .filter_map(|line| line.split("  ").next())
        .flat_map(|rooms| rooms.split(' '))
        .map(|room| room.trim_end_matches('/'))
        .collect();
    assert_eq!(shown, FLOORS.concat());
    Ok(())
}

/// What is not named there would not be tried.
#[test]
fn no_file_of_tests_is_forgotten() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (package, program) in [
        (root.to_owned(), "driver"),
        (root.join("simulator"), "simulator"),
    ] {
        let tests = package.join("tests");
        let named = fs::read_to_string(tests.join(program).with_extension("rs"))?;
        let manifest = fs::read_to_string(package.join("Cargo.toml"))?;
        for entry in fs::read_dir(&tests)? {
            let path = entry?.path();
            let name = path.file_stem().context("a name")?.display().to_string();
            let is_tests =
                path.join("mod.rs").exists() || path.extension().is_some_and(|kind| kind == "rs");
            let is_named = named.contains(&format!("mod {name};\n"))
                || manifest.contains(&format!("[[test]]\nname = \"{name}\"\n"));
            assert!(is_named || !is_tests, "{}", path.display());
        }
    }
    Ok(())
}

/// A file of `src/`.
struct File {
    /// Its path below `src/`.
    name: String,
    text: String,
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

fn files() -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![source("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let name = path.strip_prefix(source(""))?.display().to_string();
            let text = fs::read_to_string(&path)?;
            files.push(File { name, text });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Something in a file that must not be.
#[derive(Debug, PartialEq)]
struct Fault {
    file: String,
    line: usize,
    what: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.what)
    }
}

fn list(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| format!("\n{fault}"));
    lines.collect()
}

/// The imports of a file that do not run downwards.
fn climbs(name: &str, text: &str, exports: &BTreeMap<String, String>) -> Result<Vec<Fault>> {
    let module = module_of(name);
    let own = module.first().context("a file has a name")?.clone();
    if EXEMPT.contains(&own.as_str()) {
        return Ok(Vec::new());
    }
    let mut imports = Vec::new();
    collect_imports(tokens(text)?, &module, &mut imports);
    let faults = imports.into_iter().filter_map(|import| {
        let first = import.path.first()?;
        let room = exports.get(first).unwrap_or(first);
        let path = import.path.join("::");
        let what = objection(&own, room)?;
        let what = format!("`crate::{path}` {what}");
        Some(Fault {
            file: name.to_owned(),
            line: import.line,
            what,
        })
    });
    Ok(faults.collect())
}

/// What is wrong with an import from one room into another.
fn objection(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    match (floor(from), floor(to)) {
        (None, _) => Some(format!("is imported by {from}, which has no floor")),
        (_, None) => Some(format!("is in {to}, which has no floor")),
        (Some(lower), Some(upper)) if upper < lower => {
            Some(format!("goes up, from {from} to {to}"))
        }
        (Some(one), Some(other)) if one == other => Some(format!(
            "goes from {from} to {to}, which is on the same floor"
        )),
        _ => None,
    }
}

/// The number of a room's floor, counted from the top.
fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The module that a file is: `engine/word.rs` is `engine::word`.
fn module_of(name: &str) -> Vec<String> {
    let path = name.strip_suffix(".rs").unwrap_or(name);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// In which room is what the crate exports at its root.
fn exports(lib: &str) -> Result<BTreeMap<String, String>> {
    let tokens = tokens(lib)?;
    let starts = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| is(token, "use"));
    let paths = starts.flat_map(|(n, _)| paths(&tokens[n + 1..]));
    let exports = paths.filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())));
    Ok(exports.filter(|(name, room)| name != room).collect())
}

/// A path within the crate that a file names.
struct Import {
    line: usize,
    path: Vec<String>,
}

/// Finds all paths that begin at `crate`, `self` or `super`, in `use` and elsewhere; those of code
/// that is built for unit tests alone are left out.
fn collect_imports(tokens: Vec<TokenTree>, module: &[String], imports: &mut Vec<Import>) {
    let mut n = 0;
    while n < tokens.len() {
        if is_for_tests(&tokens[n..]) {
            n += item_length(&tokens[n..]);
            continue;
        }
        if starts_path(&tokens, n) {
            let line = tokens[n].span().start().line;
            let resolved = paths(&tokens[n..]).into_iter();
            let resolved = resolved.map(|path| resolve(&path, module));
            imports.extend(resolved.map(|path| Import { line, path }));
        }
        if let TokenTree::Group(group) = &tokens[n] {
            let inner = match n.checked_sub(2).map(|n| (&tokens[n], &tokens[n + 1])) {
                Some((keyword, name)) if is(keyword, "mod") => {
                    [module, &[name.to_string()]].concat()
                }
                _ => module.to_vec(),
            };
            collect_imports(group.stream().into_iter().collect(), &inner, imports);
        }
        n += 1;
    }
}

/// Whether a path that is not a name of another crate's begins here.
fn starts_path(tokens: &[TokenTree], n: usize) -> bool {
    let begins = ["crate", "self", "super"]
        .iter()
        .any(|word| is(&tokens[n], word));
    let goes_on = tokens.get(n + 1).is_some_and(|next| is(next, ":"));
    let went_before = n > 0 && is(&tokens[n - 1], ":");
    begins && goes_on && !went_before
}

/// A path from the crate's root.
fn resolve(path: &[String], module: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path;
    while let [first, others @ ..] = rest {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            _ => break,
        }
        rest = others;
    }
    base.extend_from_slice(rest);
    base
}

/// All paths of a tree such as `a::{b, c::d}`, as far as it goes. Other names (`as`) are left out.
fn paths(tokens: &[TokenTree]) -> Vec<Vec<String>> {
    let mut path = Vec::new();
    let mut rest = tokens;
    loop {
        match rest {
            [TokenTree::Ident(name), others @ ..] => {
                path.push(name.to_string());
                rest = others;
            }
            [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
                let branches: Vec<TokenTree> = group.stream().into_iter().collect();
                let branches = branches.split(|token| is(token, ","));
                let paths = branches.filter(|branch| !branch.is_empty()).flat_map(paths);
                return paths.map(|tail| [&path[..], &tail].concat()).collect();
            }
            _ => return vec![path],
        }
        match rest {
            [one, two, others @ ..] if is(one, ":") && is(two, ":") => rest = others,
            _ => return vec![path],
        }
    }
}

/// Whether an item begins here that is built for unit tests alone.
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    let [mark, TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    is(mark, "#") && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// How many tokens an item has: up to its braces or its semicolon.
fn item_length(tokens: &[TokenTree]) -> usize {
    let is_use = tokens.iter().take_while(|token| !is(token, ";"));
    let is_use = is_use
        .take_while(|token| !is_braces(token))
        .any(|token| is(token, "use"));
    let ends = |token| is(token, ";") || (is_braces(token) && !is_use);
    let end = tokens.iter().position(ends);
    end.map_or(tokens.len(), |end| end + 1)
}

/// The functions of a file that are too long, from `fn` to the brace that closes it.
fn long_functions(name: &str, text: &str) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut streams = vec![tokens(text)?];
    while let Some(tokens) = streams.pop() {
        for n in 0..tokens.len() {
            if let TokenTree::Group(group) = &tokens[n] {
                streams.push(group.stream().into_iter().collect());
            }
            let Some((function, lines)) = function(&tokens[n..]) else {
                continue;
            };
            if lines > LONGEST {
                faults.push(Fault {
                    file: name.to_owned(),
                    line: tokens[n].span().start().line,
                    what: format!("`{function}` has {lines} lines, more than {LONGEST}"),
                });
            }
        }
    }
    faults.sort_by_key(|fault| fault.line);
    Ok(faults)
}

/// The name of the function that begins here, and how many lines it has.
fn function(tokens: &[TokenTree]) -> Option<(String, usize)> {
    let [keyword, TokenTree::Ident(name), rest @ ..] = tokens else {
        return None;
    };
    if !is(keyword, "fn") {
        return None;
    }
    let mut rest = rest.iter().take_while(|token| !is(token, ";"));
    let body = rest.find(|token| is_braces(token))?;
    let lines = body.span().end().line - keyword.span().start().line + 1;
    Some((name.to_string(), lines))
}

fn tokens(text: &str) -> Result<Vec<TokenTree>> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(stream.into_iter().collect())
}

/// Whether a token is this word or sign.
fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(word) => word == text,
        TokenTree::Punct(sign) => text.len() == 1 && text.starts_with(sign.as_char()),
        _ => false,
    }
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// What is wrong with the imports of a file, for the checks of the check.
fn told(name: &str, text: &str) -> Vec<String> {
    let exports = exports("pub use driver::{Module, dialect};\npub use value::{Mac, Rule};");
    let faults = climbs(name, text, &exports.expect("they parse"));
    let faults = faults.expect("it parses").into_iter();
    faults.map(|fault| fault.to_string()).collect()
}

#[test]
fn an_import_that_climbs_is_found() {
    const UP: &str = "goes up, from engine to driver";
    for (text, path) in [
        ("use crate::driver::Session;", "driver::Session"),
        (
            "use crate::{driver::Session, value::Mac};",
            "driver::Session",
        ),
        ("fn f() -> crate::driver::Session {}", "driver::Session"),
        (
            "fn f() { trace!(\"{}\", crate::driver::name()); }",
            "driver::name",
        ),
        (
            "macro_rules! m { () => { $crate::driver::m!() } }",
            "driver::m",
        ),
        ("use super::super::driver::Session;", "driver::Session"),
        ("mod inner { use super::super::super::driver; }", "driver"),
        ("use crate::Module;", "Module"),
        (
            "#[cfg(test)] use crate::{nal::Stream}; use crate::driver::*;",
            "driver",
        ),
    ] {
        let expected = format!("src/engine/word.rs:1: `crate::{path}` {UP}");
        assert_eq!(told("engine/word.rs", text), [expected], "{text}");
    }
    assert_eq!(
        told("st67/mod.rs", "//! Words.\n\nuse crate::microchip::Status;"),
        [
            "src/st67/mod.rs:3: `crate::microchip::Status` goes from st67 to microchip, which is on the same floor"
        ]
    );
    assert_eq!(
        told("cellar.rs", "use crate::error::Fault;"),
        ["src/cellar.rs:1: `crate::error::Fault` is imported by cellar, which has no floor"]
    );
}

#[test]
fn an_import_that_does_not_climb_is_fine() {
    for text in [
        "use super::buffer::Buffer;",
        "use crate::value::Mac;",
        "use crate::value as text;",
        "use crate::Mac;",
        "pub(crate) fn f(&self) { self::g() }",
        "mod inner { use super::super::buffer::Buffer; }",
        "/// As [`Module`](crate::driver::Module).\nfn f() {}",
        "#[cfg(test)]\nmod tests { use crate::driver::Session; }",
    ] {
        assert_eq!(told("engine/word.rs", text), [""; 0], "{text}");
    }
}

#[test]
fn a_long_function_is_found() -> Result<()> {
    let with = |lines: usize| {
        let body: String = iter::repeat_n("    g();\n", lines - 2).collect();
        format!("impl A {{\n/// Long.\nfn f(&self) {{\n{body}}}\n}}")
    };
    assert_eq!(long_functions("a.rs", &with(LONGEST))?, []);
    let faults = long_functions("a.rs", &with(LONGEST + 1))?;
    assert_eq!(
        list(&faults),
        "\nsrc/a.rs:3: `f` has 61 lines, more than 60"
    );
    Ok(())
}
