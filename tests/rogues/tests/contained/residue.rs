//! What is left in memory when a call is over: nothing of it, where components live.
//!
//! The pool of instances is one large reservation. It is found as the run of mappings that is far larger than anything else in the process, and what is mapped
//! readable in it is searched.

use crate::ground::{DEADLINE, Ground};
use infisical_skill_contract::emulated::GENERATIONS;
use infisical_skill_contract::root;
use infisical_skill_contract::stage::{Stage, create, literal};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::time::Duration;

const GIB: u64 = 1 << 30;

#[tokio::test]
async fn nothing_of_a_call_is_left_where_components_live() {
    // A component that is stopped while it holds its arguments: seen while it runs, gone afterwards.
    let argument = ["residue", "of", "an", "argument", "5f0c9e"].join("-");
    let ground = Ground::of(&crate::SPINS).await;
    let (skill, name) = (ground.skill.clone(), argument.clone());
    let call = tokio::spawn(async move { skill.get_secret(root(), &name, None).await });
    tokio::time::sleep(DEADLINE / 2).await;
    assert!(is_in_the_pool(&argument), "the search finds what is there");
    assert!(call.await.unwrap().is_err());
    assert!(!is_in_the_pool(&argument), "after a call that was stopped");

    // The shipped component, with a value to write.
    let value = ["residue", "of", "a", "value", "5f0c9e"].join("-");
    for generation in GENERATIONS {
        let stage = Stage::new(generation).await.unwrap();
        let previewed = stage.skill.preview(vec![create("/", "NEW", literal(&value))]).await;
        assert!(previewed.is_ok(), "{previewed:?}");
        assert!(!is_in_the_pool(&value), "after a preview");
        stage.switch_on().unwrap();
        assert!(stage.skill.apply(&previewed.unwrap().plan, None).await.is_ok());
        assert!(!is_in_the_pool(&value), "after an apply");
    }
}

/// Whether the text is anywhere in the memory of the pool. Tried again for a while: the instance is taken down by the executor.
fn is_in_the_pool(text: &str) -> bool {
    let memory = File::open("/proc/self/mem").unwrap();
    let pool = pool();
    assert!(!pool.is_empty(), "there is a pool");
    for _ in 0..3 {
        if pool.iter().any(|&(start, end)| contains(&memory, start, end, text.as_bytes())) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The readable parts of the reservations of more than 16 GiB.
fn pool() -> Vec<(u64, u64)> {
    let (mut found, mut run, mut begin, mut last) = (Vec::new(), Vec::new(), 0, 0);
    for line in BufReader::new(File::open("/proc/self/maps").unwrap()).lines() {
        let line = line.unwrap();
        let mut parts = line.split_whitespace();
        let (range, access) = (parts.next().unwrap(), parts.next().unwrap());
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        if start != last {
            if last - begin > 16 * GIB {
                found.append(&mut run);
            }
            run.clear();
            begin = start;
        }
        if access.starts_with("rw") {
            run.push((start, end));
        }
        last = end;
    }
    if last - begin > 16 * GIB {
        found.append(&mut run);
    }
    found
}

fn contains(memory: &File, start: u64, end: u64, text: &[u8]) -> bool {
    const CHUNK: u64 = 1 << 20;
    let mut buffer = vec![0; CHUNK as usize + text.len()];
    let mut at = start;
    while at < end {
        let length = usize::try_from((end - at).min(CHUNK + text.len() as u64)).unwrap();
        // What is unmapped meanwhile isn't there any more.
        let read = memory.read_at(&mut buffer[..length], at).unwrap_or(0);
        if buffer[..read].windows(text.len()).any(|window| window == text) {
            return true;
        }
        at += CHUNK;
    }
    false
}
