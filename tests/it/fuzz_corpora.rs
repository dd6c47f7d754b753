//! Replays the corpora of the fuzz targets, so that what once broke a parser never does so again.

use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

#[test]
fn every_input_of_every_corpus_is_borne() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, target) in targets::ALL {
        let mut count = 0;
        for entry in std::fs::read_dir(corpus.join(name)).expect("each target has a corpus") {
            let path = entry.expect("an entry").path();
            let input = std::fs::read(&path).expect("an input");
            if std::panic::catch_unwind(|| target(&input)).is_err() {
                panic!("{} breaks {name}", path.display());
            }
            count += 1;
        }
        assert!(count > 5, "the corpus of {name} has {count} inputs");
    }
    let folders = std::fs::read_dir(&corpus).expect("a corpus").count();
    assert_eq!(folders, targets::ALL.len(), "a corpus belongs to no target");
}
