//! What an outsider, who isn't the host, does to the directory.

use super::{Outside, Stage};
use proptest::sample::Index;
use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

impl Stage {
    pub(super) fn outside(&mut self, outside: &Outside) {
        let target = |plan: &Index, kind: usize| {
            self.pick(plan).map(|at| (self.path(&self.plans[at], kind), self.plans[at].written[kind].clone()))
        };
        let write = |path: PathBuf, bytes: &[u8]| {
            let _ = fs::remove_file(&path);
            create(&path, bytes);
        };
        match outside {
            Outside::Remove { plan, kind } => {
                if let Some((path, _)) = target(plan, *kind) {
                    let _ = fs::remove_file(path);
                }
            }
            Outside::Flip { plan, kind, at, bit } => {
                let Some((path, _)) = target(plan, *kind) else { return };
                let Ok(mut bytes) = fs::read(&path) else { return };
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                    write(path, &bytes);
                }
            }
            Outside::Cut { plan, kind, at } => {
                let Some((path, _)) = target(plan, *kind) else { return };
                let Ok(bytes) = fs::read(&path) else { return };
                write(path, &bytes[..at.index(bytes.len() + 1)]);
            }
            Outside::PutBack { plan, kind } => {
                if let Some((path, Some(bytes))) = target(plan, *kind) {
                    write(path, &bytes);
                }
            }
            Outside::PutBackAll { plan } => {
                for kind in 0..2 {
                    if let Some((path, Some(bytes))) = target(plan, kind) {
                        write(path, &bytes);
                    }
                }
            }
            Outside::Swap { plan, other, kind } => {
                if let (Some((path, _)), Some((_, Some(bytes)))) = (target(plan, *kind), target(other, *kind)) {
                    write(path, &bytes);
                }
            }
            Outside::Link { plan, kind } => {
                let Some((path, Some(bytes))) = target(plan, *kind) else { return };
                let copy = self.folder.path().join("copy");
                write(copy.clone(), &bytes);
                let _ = fs::remove_file(&path);
                symlink(copy, path).unwrap();
            }
            Outside::Open(is_open) => {
                let plans = self.folder.path().join("plans");
                if plans.exists() {
                    let mode = if *is_open { 0o777 } else { 0o700 };
                    fs::set_permissions(plans, fs::Permissions::from_mode(mode)).unwrap();
                    self.is_open = *is_open;
                }
            }
            Outside::Switch { since, time } => {
                let since = self.now.saturating_add_signed(*since);
                let until = since + time;
                let text = format!(r#"{{"since":{since},"until":{until},"reason":null}}"#);
                write(self.folder.path().join("writes.json"), text.as_bytes());
                self.switch = Some((since, until));
            }
            Outside::SwitchGarbage => {
                write(self.folder.path().join("writes.json"), br#"{"since":0}"#);
                self.switch = None;
            }
        }
    }
}

fn create(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).unwrap().write_all(bytes).unwrap();
}
