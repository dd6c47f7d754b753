//! The process's own numbers, read from `/proc` when monitoring asks for them. Where there is no `/proc`,
//! nothing is reported.

use std::fmt::Error;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Resident memory and open files, under the names every Prometheus client uses.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let readings = [
            ("process_resident_memory_bytes", "Resident memory in bytes.", resident_bytes()),
            ("process_open_fds", "Open file descriptors.", open_files()),
        ];
        for (name, meaning, value) in readings {
            let Some(value) = value else { continue };
            let metric = encoder.encode_descriptor(name, meaning, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        Ok(())
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}
