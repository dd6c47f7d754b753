//! libFuzzer's door to the targets: `tests/fuzz/run` builds this with coverage and names the target.
#![no_main]

mod targets;

use std::sync::OnceLock;

static TARGET: OnceLock<targets::Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("PORTCULLIS_FUZZ_TARGET").expect("PORTCULLIS_FUZZ_TARGET names a target");
        targets::ALL.iter().find(|(known, _)| *known == name).expect("a known target").1
    });
    target(data);
});
