//! The page in a real browser: its script has drawn the lanes, and its search finds.
//!
//! Without a browser this is skipped, but for a machine that says `CI=true`.

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use atwifi_simulator::Profile;
use support::*;

/// Each page has a folder of its own, and a profile of the browser in it.
static PAGES: AtomicU32 = AtomicU32::new(0);

/// The page after its script has run, as the browser has it.
fn rendered(log: &str, hash: &str) -> Option<String> {
    if Command::new("chromium").arg("--version").output().is_err() {
        let ci = env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "chromium is not installed");
        eprintln!("skipped: chromium is not installed");
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "page-{}-{}",
        process::id(),
        PAGES.fetch_add(1, Ordering::Relaxed)
    ));
    fs::create_dir_all(&folder).unwrap();
    let page = folder.join("page.html");
    fs::write(&page, tell(log).html()).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .unwrap();
    let _ = fs::remove_dir_all(&folder);
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        dom.contains("</html>"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(dom)
}

/// The rows of the table that are not hidden.
fn shown(dom: &str) -> Vec<&str> {
    let rows = dom.split("<tr ").skip(1);
    rows.filter(|row| !row.split('>').next().unwrap_or_default().contains("hidden"))
        .collect()
}

#[test]
fn lanes_are_drawn() {
    for (profile, lanes) in [
        (
            Profile::St67Fw2_0_75,
            ["host", "module", "link 0", "station"],
        ),
        (
            Profile::MicrochipReference,
            ["host", "module", "link 1", "station"],
        ),
    ] {
        let Some(dom) = rendered(&conversation(profile), "") else {
            return;
        };
        for lane in lanes {
            assert!(
                dom.contains(&format!("class=\"name\">{lane}</text>")),
                "{profile:?}: {lane}"
            );
        }
        // The link and the station are up for a while, and commands take their time.
        assert!(dom.matches("class=\"up\"").count() >= 2, "{profile:?}");
        assert!(dom.matches("class=\"busy\"").count() > 10, "{profile:?}");
        assert!(dom.matches("data-row=").count() > 40, "{profile:?}");
    }
}

#[test]
fn the_search_finds() {
    let log = conversation(Profile::St67Fw2_0_75);
    let (Some(all), Some(found)) = (rendered(&log, ""), rendered(&log, "#search=cipsend")) else {
        return;
    };
    assert!(shown(&all).len() > 40);
    let found = shown(&found);
    assert!((1..5).contains(&found.len()), "{found:#?}");
    assert!(found.iter().all(|row| row.contains("CIPSEND")));
}

#[test]
fn what_is_marked_can_be_shown_alone() {
    let log = "1.0 -> AT+CWJAP=\"home\",\"hunter22\"\\r\\n\n1.1 <- \\r\\nOK\\r\\n\n1.2 -> AT+CIFSR\\r\\n\n2.0 <- \\r\\nready\\r\\n";
    let Some(dom) = rendered(log, "#marked") else {
        return;
    };
    assert_eq!(shown(&dom).len(), 3, "{dom}");
    assert!(
        dom.contains("3 of 4") && dom.contains("class=\"wrong\""),
        "{dom}"
    );
    assert!(!dom.contains("hunter22"));
}
