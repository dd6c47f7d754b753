//! The street door: parse, run one verb, leave with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    portcullis::cli::main()
}
