//! Runs every target over every seed, and over mutations of each seed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

use infisical_skill_fuzz_targets::ALL;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The number of mutations of each seed.
const STEPS: usize = 24;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder("seeds").join(target)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Returns a seed with a bit flipped, a part cut or doubled, or a byte inserted. The result is
/// deterministic.
fn step(seed: &[u8], number: usize) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    if bytes.is_empty() {
        return vec![u8::try_from(number).unwrap_or(u8::MAX)];
    }
    // Spread the positions over the seed.
    let at = number.wrapping_mul(0x9e37_79b1) % bytes.len();
    match number % 6 {
        0 => bytes[at] ^= 1 << (number % 8),
        1 => bytes.truncate(at),
        2 => bytes.insert(at, b'\\'),
        3 => bytes.extend_from_within(at..),
        4 => drop(bytes.remove(at)),
        _ => drop(bytes.splice(at..at, "\u{202e}\"".bytes())),
    }
    bytes
}

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    for (name, target) in ALL {
        for (path, seed) in seeds(name) {
            // If a target panics, this shows the input.
            println!("{}", path.display());
            target(&seed);
            for number in 0..STEPS {
                println!("{}, step {number}", path.display());
                target(&step(&seed, number));
            }
        }
    }
}

#[test]
fn targets_seeds_and_wrappers_match() {
    let targets: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |path: PathBuf| -> BTreeSet<String> {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(folder("seeds")), targets);
    assert_eq!(names(folder("fuzz_targets")), targets);
    assert_eq!(programs(&fs::read_to_string(folder("Cargo.toml")).unwrap()), targets);
    assert_eq!(smoke(&fs::read_to_string(folder("../../.ci/run")).unwrap()), targets);
    assert_eq!(nightly(&fs::read_to_string(folder("../../.github/workflows/fuzz.yml")).unwrap()), targets);
    for name in targets {
        assert!(seeds(&name).len() >= 3, "{name} has fewer than three seeds");
    }
}

/// The programs that a manifest names, each with a file of the same name.
fn programs(manifest: &str) -> BTreeSet<String> {
    let text =
        |line: &str, key: &str| Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned());
    let program = |program: &str| {
        let name = program.lines().find_map(|line| text(line, "name")).unwrap();
        let path = program.lines().find_map(|line| text(line, "path")).unwrap();
        assert_eq!(path, format!("fuzz_targets/{name}.rs"));
        name
    };
    manifest.split("[[bin]]").skip(1).map(program).collect()
}

/// The targets that `.ci/run` runs.
fn smoke(script: &str) -> BTreeSet<String> {
    let (_, rest) = script.split_once("step \"fuzz smoke\"\nfor target in ").unwrap();
    rest.split_once("; do").unwrap().0.split(' ').map(str::to_owned).collect()
}

/// The targets that the workflow runs every night.
fn nightly(workflow: &str) -> BTreeSet<String> {
    let (_, rest) = workflow.split_once(" target: [").unwrap();
    rest.split_once(']').unwrap().0.split(", ").map(str::to_owned).collect()
}
