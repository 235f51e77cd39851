//! The guide shows an example that compiles.

#[test]
fn the_guide_shows_the_example_as_it_is() {
    let example = include_str!("../examples/mqtt.rs");
    let begin = example
        .find("/// Publishes a greeting")
        .expect("the example");
    let shown = example[begin..].trim_end();
    assert!(
        shown.lines().count() < 30,
        "{} lines",
        shown.lines().count()
    );
    assert!(include_str!("../../../src/guide/mqtt.md").contains(shown));
}
