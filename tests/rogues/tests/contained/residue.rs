//! Tests that nothing of a call remains in the components' memory afterwards.
//!
//! A component's memory is the writable mapping around its initial image
//! (`memfd:wasm-memory-image`). The test finds it while a call runs, and reads the same addresses
//! again after the call. The rest of the process holds the test's own data;
//! `host/tests/cli/residue.rs` searches all of the command's memory.

use crate::ground::{DEADLINE, Ground};
use infisical_skill_contract::root;
use infisical_skill_rogues::{Boundary, Containment, cases};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

cases!(2: stopped_call_leaves_nothing_in_component_memory);

async fn stopped_call_leaves_nothing_in_component_memory() {
    let argument = ["residue", "of", "an", "argument"].join("-");
    let ground = Ground::of(&crate::SPINS, Boundary::Words).await;
    let (skill, name) = (ground.skill.clone(), argument.clone());
    let call = tokio::spawn(async move { skill.get_secret(root(), &name, None).await });
    // The component gets the argument some time before the call's deadline.
    let mut held = Vec::new();
    while held.is_empty() && !call.is_finished() {
        tokio::time::sleep(DEADLINE / 40).await;
        held = slots().into_iter().filter(|slot| holds(slot, &argument)).collect();
    }
    assert_eq!(held.len(), 1, "one component should have received the value");
    assert!(call.await.unwrap().is_err());
    for slot in held {
        ground.trial.holds(Containment::Forgotten, !holds(&slot, &argument), "the argument is still there");
    }
}

/// The memories of components: contiguous writable mappings that contain an image.
fn slots() -> Vec<Range<u64>> {
    let (mut slots, mut run, mut has_image) = (Vec::new(), 0..0, false);
    for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines().chain(["0-0 end"]) {
        let mut parts = line.split_whitespace();
        let (range, access) = (parts.next().unwrap(), parts.next().unwrap());
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        if !access.starts_with("rw") || start != run.end {
            if has_image {
                slots.push(run);
            }
            (run, has_image) = (start..start, false);
        }
        if access.starts_with("rw") {
            run.end = end;
            has_image |= line.contains("memfd:wasm-memory-image");
        }
    }
    slots
}

fn holds(slot: &Range<u64>, text: &str) -> bool {
    let mut content = vec![0; usize::try_from(slot.end - slot.start).unwrap()];
    File::open("/proc/self/mem").unwrap().read_exact_at(&mut content, slot.start).unwrap();
    content.windows(text.len()).any(|window| window == text.as_bytes())
}
