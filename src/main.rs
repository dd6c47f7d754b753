//! The street door: parse, run one verb, leave with its exit code.

fn main() {}
