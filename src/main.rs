//! The street door: parse, run one verb, leave with its exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Requests allocate little and often; this allocator is faster at that than the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    portcullis::cli::main()
}
