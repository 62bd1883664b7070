//! Tests the log's guarantees on a failing disk, against a list of acknowledged records.

use crate::common::{Cut, Fault, Simulated, event, names};
use infisical_skill_audit::{Durability, Event, Log, LogError, Recovery, Rotation, absolve, records, verify};
use proptest::prelude::*;

const T: &str = "2026-11-23T00:00:00.000Z";
const CUTS: [Cut; 8] = [
    Cut::Torn(0),
    Cut::Torn(100),
    Cut::Torn(255),
    Cut::Zeroed(0),
    Cut::Zeroed(200),
    Cut::HoleThenRest(40),
    Cut::HoleThenRest(250),
    Cut::Garbled(10),
];

/// A log, and the records that it acknowledged.
struct World {
    disk: Simulated,
    log: Log<Simulated>,
    rotation: Rotation,
    /// Each acknowledged name, and whether it must survive a power cut.
    acknowledged: Vec<(String, bool)>,
    count: usize,
}

impl World {
    fn new(rotation: u64) -> Self {
        let disk = Simulated::default();
        let rotation = Rotation(rotation);
        Self { log: Log::new(disk.clone(), rotation), disk, rotation, acknowledged: Vec::new(), count: 0 }
    }

    fn append(&mut self, durability: Durability) -> Result<(), LogError> {
        self.count += 1;
        let name = format!("e{}", self.count);
        self.log.append(T, &event(&name), durability)?;
        if durability == Durability::OnTheDisk {
            // If a record is on the disk, everything before it is on the disk, too.
            self.acknowledged.iter_mut().for_each(|(_, durable)| *durable = true);
        }
        self.acknowledged.push((name, durability == Durability::OnTheDisk));
        Ok(())
    }

    /// A new process on the same disk.
    fn restart(&mut self) {
        let log = Log::new(self.disk.clone(), self.rotation);
        // The process is killed, so it syncs nothing at its end.
        std::mem::forget(std::mem::replace(&mut self.log, log));
    }

    fn cut_power(&mut self, cut: Cut) {
        self.disk = self.disk.cut_power(cut);
        self.restart();
        self.acknowledged.retain(|(_, durable)| *durable);
    }

    /// Whatever happened, the acknowledged records are there in order, and the chain is valid.
    fn check(&self) {
        let found = names(&self.disk);
        let mut rest = found.iter();
        for (name, _) in &self.acknowledged {
            assert!(rest.any(|found| found == name), "{name} is missing among {found:?}");
        }
        let verified = verify(&self.disk, None).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problem);
    }

    /// Makes the log usable again as an operator would, and shows that it is.
    fn mend(&mut self) {
        self.disk.heal();
        if verify(&self.disk, None).unwrap().poisoned.is_some() {
            absolve(&self.disk).unwrap();
        }
        if self.append(Durability::OnTheDisk).is_err() {
            // Only this process knew of the failure until now. The append has marked the log.
            absolve(&self.disk).unwrap();
            self.append(Durability::OnTheDisk).unwrap();
        }
        self.check();
        assert_eq!(verify(&self.disk, None).unwrap().problem, None);
    }
}

/// Each system call fails once, in each way. Then the machine loses power, in each way.
#[test]
fn keeps_acknowledged_records_when_any_call_fails() {
    let mut failed = std::collections::BTreeSet::new();
    for fault in [Fault::Error, Fault::Short(0), Fault::Short(20)] {
        for nth in 0.. {
            let mut world = World::new(900);
            world.append(Durability::OnTheDisk).unwrap();
            world.disk.fail(nth, fault);
            for at in 0..6 {
                let durability = if at % 2 == 0 { Durability::InTheFile } else { Durability::OnTheDisk };
                let _ = world.append(durability);
            }
            let Some(name) = world.disk.heal() else { break };
            failed.insert(name);
            world.check();
            for cut in CUTS {
                let mut world = World {
                    disk: world.disk.cut_power(cut),
                    log: Log::new(world.disk.cut_power(cut), world.rotation),
                    rotation: world.rotation,
                    acknowledged: world.acknowledged.iter().filter(|(_, durable)| *durable).cloned().collect(),
                    count: world.count,
                };
                world.restart();
                world.check();
                world.mend();
            }
            world.mend();
        }
    }
    assert_eq!(failed, ["append", "create", "lock", "poisoned", "stat", "sync"].into());
}

/// From some call on, all calls fail: the sync, and the mark that it failed. After that, nothing is
/// acknowledged.
#[test]
fn dead_disk_loses_no_acknowledged_record() {
    let mut died_in = std::collections::BTreeSet::new();
    for nth in 0.. {
        let mut world = World::new(900);
        world.append(Durability::OnTheDisk).unwrap();
        world.disk.die(nth);
        for at in 0..6 {
            let durability = if at % 2 == 0 { Durability::InTheFile } else { Durability::OnTheDisk };
            let acknowledged = world.append(durability).is_ok();
            assert!(!acknowledged || !world.disk.is_dead(), "call {nth}");
        }
        if world.disk.is_dead() {
            let behind = world.log.is_behind();
            assert!(world.log.sync().is_err() || !behind, "call {nth}");
            assert!(world.log.try_append(T, &event("x")).is_none_or(|tried| tried.is_err()), "call {nth}");
        }
        let Some(name) = world.disk.heal() else { break };
        died_in.insert(name);
        world.check();
        for cut in CUTS {
            let disk = world.disk.cut_power(cut);
            let mut after = World {
                log: Log::new(disk.clone(), world.rotation),
                disk,
                rotation: world.rotation,
                acknowledged: world.acknowledged.iter().filter(|(_, durable)| *durable).cloned().collect(),
                count: world.count,
            };
            after.check();
            after.mend();
        }
        if name == "sync" {
            // The mark couldn't be created. The process whose sync failed remembers that without a
            // mark.
            for durability in [Durability::InTheFile, Durability::OnTheDisk] {
                assert!(matches!(world.append(durability), Err(LogError::Poisoned(_))), "call {nth}");
            }
        }
        world.mend();
    }
    assert_eq!(died_in, ["append", "create", "lock", "poisoned", "stat", "sync"].into());
}

/// The calls of a recovery fail, too, one after the other.
#[test]
fn failed_recovery_is_retried_by_the_next_one() {
    for cut in CUTS {
        for fault in [Fault::Error, Fault::Short(5)] {
            for nth in 0.. {
                let mut world = World::new(100_000);
                world.append(Durability::OnTheDisk).unwrap();
                world.append(Durability::InTheFile).unwrap();
                world.append(Durability::InTheFile).unwrap();
                world.cut_power(cut);
                world.disk.fail(nth, fault);
                let _ = world.append(Durability::OnTheDisk);
                let done = world.disk.heal().is_none();
                world.restart();
                world.check();
                world.mend();
                if done {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_torn_tail_is_cut_set_aside_and_recorded() {
    let mut world = World::new(100_000);
    world.append(Durability::OnTheDisk).unwrap();
    world.append(Durability::InTheFile).unwrap();
    let whole = world.disk.bytes();
    world.cut_power(Cut::Torn(128));
    let torn = world.disk.bytes();
    world.append(Durability::OnTheDisk).unwrap();
    let records: Vec<_> = records(&world.disk).unwrap().into_iter().map(Result::unwrap).collect();
    let good = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert!(
        matches!(&records[1].event, Event::Recovery(Recovery::TornTail { bytes, .. }) if *bytes == (torn.len() - good) as u64)
    );
    assert_eq!(world.disk.aside(), [torn[good..].to_vec()], "nothing is thrown away");
    assert_eq!((records.len(), records[2].seq), (3, 3));
}

#[test]
fn failed_sync_stops_recording_until_verified() {
    let mut world = World::new(100_000);
    world.append(Durability::OnTheDisk).unwrap();
    // lock, poisoned, stat, stat, append, sync
    world.disk.fail(5, Fault::Error);
    assert!(matches!(world.append(Durability::OnTheDisk), Err(LogError::Poisoned(_))));
    assert_eq!(world.disk.heal(), Some("sync"));
    for durability in [Durability::InTheFile, Durability::OnTheDisk] {
        assert!(matches!(world.append(durability), Err(LogError::Poisoned(_))));
    }
    assert!(world.log.try_append(T, &event("x")).is_none_or(|tried| tried.is_err()));
    world.restart();
    assert!(matches!(world.append(Durability::InTheFile), Err(LogError::Poisoned(_))), "nor by another process");
    absolve(&world.disk).unwrap();
    world.append(Durability::OnTheDisk).unwrap();
    world.cut_power(Cut::Torn(0));
    world.check();
}

#[test]
fn full_disk_refuses_and_recovers_with_free_space() {
    let mut world = World::new(100_000);
    world.append(Durability::OnTheDisk).unwrap();
    for kept in [0, 1, 100] {
        world.disk.fail(4, Fault::Short(kept));
        assert!(matches!(world.append(Durability::OnTheDisk), Err(LogError::Io(_))));
        assert_eq!(world.disk.heal(), Some("append"));
        world.append(Durability::OnTheDisk).unwrap();
        world.check();
    }
    assert!(world.disk.aside().is_empty(), "what was written in part was taken away at once");
}

#[derive(Debug, Clone)]
enum Step {
    Append(bool),
    Fail(usize, Fault),
    Die(usize),
    Restart,
    Sync,
    CutPower(Cut),
    Absolve,
}

fn step() -> impl Strategy<Value = Step> {
    let cut = prop_oneof![
        any::<u8>().prop_map(Cut::Torn),
        any::<u8>().prop_map(Cut::Zeroed),
        any::<u8>().prop_map(Cut::HoleThenRest),
        any::<u8>().prop_map(Cut::Garbled),
    ];
    let fault = prop_oneof![Just(Fault::Error), (0..400_usize).prop_map(Fault::Short)];
    prop_oneof![
        6 => any::<bool>().prop_map(Step::Append),
        2 => (0..12_usize, fault).prop_map(|(nth, fault)| Step::Fail(nth, fault)),
        1 => (0..12_usize).prop_map(Step::Die),
        1 => Just(Step::Restart),
        1 => Just(Step::Sync),
        1 => cut.prop_map(Step::CutPower),
        1 => Just(Step::Absolve),
    ]
}

proptest! {
    #[test]
    fn no_history_of_failures_loses_an_acknowledged_record(
        rotation in 200..3_000_u64,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(rotation);
        for step in steps {
            match step {
                Step::Append(durable) => {
                    let durability = if durable { Durability::OnTheDisk } else { Durability::InTheFile };
                    let _ = world.append(durability);
                }
                Step::Fail(nth, fault) => world.disk.fail(nth, fault),
                Step::Die(nth) => world.disk.die(nth),
                Step::Restart => world.restart(),
                Step::Sync => {
                    let behind = world.log.is_behind();
                    if world.log.sync().is_ok() && behind {
                        world.acknowledged.iter_mut().for_each(|(_, durable)| *durable = true);
                    }
                }
                Step::CutPower(cut) => world.cut_power(cut),
                Step::Absolve => {
                    world.disk.heal();
                    absolve(&world.disk).unwrap();
                }
            }
        }
        world.disk.heal();
        world.check();
        world.mend();
    }
}
