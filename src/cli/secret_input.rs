//! Secrets on their way in: from a file or standard input, never from the command line, where every
//! process of the machine could read them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::desk::Exit;
use crate::actions::password::Password;
use crate::secret::Secret;

/// Longest input that is read.
const LONGEST: u64 = 256 << 20;

/// The text of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Secret<String>, Exit> {
    let failed = |error: std::io::Error| {
        Exit::Failed(anyhow::Error::new(error).context(format!("{} cannot be read", path.display())))
    };
    let mut text = Secret::new(String::new());
    let from: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).map_err(failed)?),
    };
    let read = text.edit(|text| from.take(LONGEST + 1).read_to_string(text)).map_err(failed)?;
    if read as u64 > LONGEST {
        return Err(Exit::Usage(format!("{} is longer than 256 MiB", path.display())));
    }
    Ok(text)
}

/// The first line, without spaces around it.
pub(super) fn read_line(path: &Path) -> Result<Secret<String>, Exit> {
    let text = read(path)?;
    let line = text.expose().lines().map(str::trim).find(|line| !line.is_empty());
    line.map(|line| Secret::new(line.to_owned()))
        .ok_or_else(|| Exit::Usage("there is no key in it".to_owned()))
}

/// A password on standard input: the first line as it is, for spaces may belong to it.
pub(super) fn read_password() -> Result<Password, Exit> {
    let text = read(Path::new("-"))?;
    let line = Secret::new(text.expose().lines().next().unwrap_or_default().to_owned());
    Password::parse(&line).map_err(|rule| Exit::Usage(rule.to_string()))
}

/// All lines.
pub(super) fn read_lines(path: &Path) -> Result<Vec<Secret<String>>, Exit> {
    let text = read(path)?;
    Ok(text.expose().lines().map(|line| Secret::new(line.to_owned())).collect())
}
