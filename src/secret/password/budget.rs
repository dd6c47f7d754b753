//! How much memory slow hashing may take: half of what this process may use at all.

use std::fs;

/// Half of the machine's memory, or of the control group's where that is less, in KiB. One GiB is
/// assumed where neither can be read.
pub fn machine_budget_kib() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_kib(&text));
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group =
        groups.iter().find_map(|path| fs::read_to_string(path).ok()).and_then(|text| limit_kib(&text));
    machine.into_iter().chain(group).min().unwrap_or(1 << 21) / 2
}

/// The first figure of `MemTotal`, which the kernel gives in KiB.
fn total_kib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Bytes; `max` is no limit.
fn limit_kib(limit: &str) -> Option<u64> {
    limit.trim().parse::<u64>().ok().map(|bytes| bytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_are_read() {
        assert_eq!(total_kib("MemFree: 1 kB\nMemTotal:       16318412 kB\n"), Some(16_318_412));
        assert_eq!(limit_kib("536870912\n"), Some(524_288));
        assert_eq!(limit_kib("max\n"), None);
    }
}
