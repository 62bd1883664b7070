//! Two writers of one log on an in-memory disk, and a script of events. Whatever happens, the
//! acknowledged records remain in order, the chain stays valid, and the log can be used again.
//!
//! ```text
//! append                    append a record to the file
//! append durable            append a record and wait until it is on the disk
//! other                     switch to the other process
//! sync
//! restart                   kill the process and start another one
//! fail 3                    a disk call fails after 3 more calls (0: the next one does);
//!                           `fail 3 short 20` writes 20 bytes first
//! heal                      no call fails any more
//! cut torn 128              cut the power; unsynced data is left `torn`, `zeroed`,
//!                           `hole` or `garbled`
//! tail {"seq":4             add what a crash leaves after the last record
//! absolve                   absolve the log, as an operator does
//! ```

use super::chain;
use super::disk::{Cut, Fault, Simulated, event, names};
use crate::script::with_controls;
use infisical_skill_audit::{Disk, Durability, Log, Rotation, absolve, verify};

const T: &str = "2026-11-23T00:00:00.000Z";

/// The most events that one script runs, so that every input ends.
const MAX_STEPS: usize = 80;

/// The outcome of a script: the number of acknowledged records that nothing may remove, and the
/// number of crash remains that were set aside.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) acknowledged: usize,
    pub(super) set_aside: usize,
    /// True if an operator had to absolve the log.
    pub(super) was_closed: bool,
}

/// A record whose writer was told that it is in the log.
struct Acknowledged {
    name: String,
    writer: usize,
    /// Whether a power cut may remove it.
    durability: Durability,
}

struct World {
    disk: Simulated,
    rotation: Rotation,
    /// The logs of the two processes. The first is the one whose turn it is.
    logs: [Log<Simulated>; 2],
    /// The ids of the two writers, in the same order as `logs`.
    writers: [usize; 2],
    /// The logs of killed processes. They are kept so that their `Drop` runs only after the checks.
    killed: Vec<Log<Simulated>>,
    /// The acknowledged records, in the order of the log.
    acknowledged: Vec<Acknowledged>,
    count: usize,
}

/// Runs a script and checks that no acknowledged record is lost.
pub(super) fn run(segment_bytes: u64, script: &str) -> Outcome {
    let mut world = World::new(Rotation(segment_bytes.clamp(200, 100_000)));
    for line in script.lines().take(MAX_STEPS) {
        world.happens(line);
    }
    world.disk.heal();
    world.check();
    world.mend()
}

impl World {
    fn new(rotation: Rotation) -> Self {
        let disk = Simulated::default();
        let logs = [Log::new(disk.clone(), rotation), Log::new(disk.clone(), rotation)];
        Self { disk, rotation, logs, writers: [0, 1], killed: Vec::new(), acknowledged: Vec::new(), count: 0 }
    }

    fn happens(&mut self, line: &str) {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0_usize);
        match what {
            "append" if rest == "durable" => drop(self.append(Durability::OnTheDisk)),
            "append" => drop(self.append(Durability::InTheFile)),
            "other" => self.next_turn(),
            "sync" => {
                let behind = self.logs[0].is_behind();
                if self.logs[0].sync().is_ok() && behind {
                    self.synced();
                }
            }
            "restart" => self.restart(0),
            "fail" if words.get(1) == Some(&"short") => self.disk.fail(number(0), Fault::Short(number(2))),
            "fail" => self.disk.fail(number(0), Fault::Error),
            "heal" => drop(self.disk.heal()),
            "cut" => {
                let share = u8::try_from(number(1)).unwrap_or(u8::MAX);
                self.cut_power(match words.first() {
                    Some(&"zeroed") => Cut::Zeroed(share),
                    Some(&"hole") => Cut::HoleThenRest(share),
                    Some(&"garbled") => Cut::Garbled(share),
                    _ => Cut::Torn(share),
                });
            }
            "tail" => self.leave(with_controls(rest).as_bytes()),
            "absolve" => {
                self.disk.heal();
                absolve(&self.disk).expect("the log is sound");
            }
            _ => {}
        }
    }

    fn append(&mut self, durability: Durability) -> bool {
        self.count += 1;
        let name = format!("e{}", self.count);
        if self.logs[0].append(T, &event(&name), durability).is_err() {
            return false;
        }
        self.acknowledged.push(Acknowledged { name, writer: self.writers[0], durability });
        if durability == Durability::OnTheDisk {
            self.synced();
        }
        true
    }

    fn next_turn(&mut self) {
        self.logs.swap(0, 1);
        self.writers.swap(0, 1);
    }

    /// A sync covers its own writer only: that writer's last record and everything before it are on
    /// the disk. A later record of the other writer may be in a later file, which this sync didn't
    /// reach.
    fn synced(&mut self) {
        let own = self.acknowledged.iter().rposition(|record| record.writer == self.writers[0]);
        let reached = own.map_or(0, |last| last + 1);
        self.acknowledged.iter_mut().take(reached).for_each(|record| record.durability = Durability::OnTheDisk);
    }

    /// Kills the process, so that it syncs nothing on the way out.
    fn restart(&mut self, process: usize) {
        let log = Log::new(self.disk.clone(), self.rotation);
        self.killed.push(std::mem::replace(&mut self.logs[process], log));
        self.writers[process] = self.killed.len() + 1;
    }

    fn cut_power(&mut self, cut: Cut) {
        self.disk = self.disk.cut_power(cut);
        self.restart(0);
        self.restart(1);
        self.acknowledged.retain(|record| record.durability == Durability::OnTheDisk);
    }

    /// Appends what a third process left when it was cut off while writing. Whole records are
    /// ignored.
    fn leave(&self, bytes: &[u8]) {
        if let Ok(Some(last)) = self.disk.segments().map(|segments| segments.last().copied()) {
            self.disk.tamper(last, |content| {
                let longer = [content.as_slice(), bytes].concat();
                if chain::records(&longer) == chain::records(content) {
                    *content = longer;
                }
            });
        }
    }

    fn check(&self) {
        let found = names(&self.disk);
        let mut rest = found.iter();
        for Acknowledged { name, .. } in &self.acknowledged {
            assert!(rest.any(|found| found == name), "{name} was acknowledged but is missing from {found:?}");
        }
        let verified = verify(&self.disk, None).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problem);
    }

    /// Makes the log usable again as an operator would, and checks that both processes can write.
    fn mend(&mut self) -> Outcome {
        let acknowledged = self.acknowledged.len();
        let mut was_closed = verify(&self.disk, None).unwrap().poisoned.is_some();
        if was_closed {
            absolve(&self.disk).unwrap();
        }
        for _ in 0..2 {
            if !self.append(Durability::OnTheDisk) {
                // Only this process knew of the failure until now. The append has marked the log.
                was_closed = true;
                absolve(&self.disk).unwrap();
                assert!(self.append(Durability::OnTheDisk), "the log can't be used again");
            }
            self.check();
            self.next_turn();
        }
        assert_eq!(verify(&self.disk, None).unwrap().problem, None);
        Outcome { acknowledged, set_aside: self.disk.aside().len(), was_closed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_end_with_every_acknowledged_record() {
        let ended = |seed: &str| {
            let (first, rest) = seed.split_once('\n').unwrap();
            let Outcome { acknowledged, set_aside, was_closed } =
                run(first.strip_prefix("log ").unwrap().parse().unwrap(), rest);
            (acknowledged, set_aside, was_closed)
        };
        for (seed, expected) in [
            (include_str!("../../../seeds/audit/two-writers"), (9, 0, false)),
            (include_str!("../../../seeds/audit/power-cuts"), (4, 4, false)),
            (include_str!("../../../seeds/audit/a-failed-sync"), (1, 0, true)),
            (include_str!("../../../seeds/audit/opened-again"), (2, 0, false)),
            (include_str!("../../../seeds/audit/crashes"), (5, 3, false)),
            (include_str!("../../../seeds/audit/a-full-disk"), (3, 0, false)),
            (include_str!("../../../seeds/audit/one-writers-sync"), (1, 0, false)),
            (include_str!("../../../seeds/audit/both-writers-sync"), (2, 0, false)),
        ] {
            assert_eq!(ended(seed), expected, "{seed}");
        }
    }
}
