//! Two writers of one log on a disk in memory, and what happens to them: whatever it is, the records that were acknowledged are there afterwards, in order,
//! the chain holds, and the log can be used again.
//!
//! ```text
//! append                    a record in the file
//! append durable            a record on the disk
//! other                     it is the other process's turn
//! sync
//! restart                   the process is killed, another one begins
//! fail 3                    the third call from now fails (0: the next one); `fail 3 short 20`: it writes 20 bytes first
//! heal                      nothing fails any more
//! cut torn 128              a power cut, and what it leaves of what wasn't synced: `torn`, `zeroed`, `hole`, `garbled`
//! tail {"seq":4             what a crash leaves behind the last record
//! absolve                   a person verifies the log
//! ```

use super::chain;
use super::disk::{Cut, Fault, Simulated, event, names};
use crate::script::with_controls;
use infisical_skill_audit::{Disk, Durability, Log, Rotation, absolve, verify};

const T: &str = "2026-11-23T00:00:00.000Z";

/// The most that happens, so that an input ends.
const MAX_STEPS: usize = 80;

/// What came of it: how many records were acknowledged that nothing may take, how many pieces of what crashes left were set aside.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) acknowledged: usize,
    pub(super) set_aside: usize,
    /// Whether a person had to open it again.
    pub(super) was_closed: bool,
}

/// A record that its writer was told is in the log.
struct Acknowledged {
    name: String,
    writer: usize,
    /// Whether a power cut may take it.
    durability: Durability,
}

struct World {
    disk: Simulated,
    rotation: Rotation,
    /// Of two processes; the first one's turn it is.
    logs: [Log<Simulated>; 2],
    /// What tells them apart, whoever's turn it is.
    writers: [usize; 2],
    /// Those of processes that were killed: whatever they do when they are dropped, they do when nobody looks any more.
    killed: Vec<Log<Simulated>>,
    /// Each that was acknowledged, in the log's order.
    acknowledged: Vec<Acknowledged>,
    count: usize,
}

/// Holds the log's promise over what happens.
pub(super) fn run(segment_bytes: u64, script: &str) -> Ended {
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

    /// A sync is a promise to its writer alone: the last record of that writer is on the disk, and so is everything before it. Another writer's record
    /// after it may be in a later file that this sync didn't reach.
    fn synced(&mut self) {
        let own = self.acknowledged.iter().rposition(|record| record.writer == self.writers[0]);
        let reached = own.map_or(0, |last| last + 1);
        self.acknowledged.iter_mut().take(reached).for_each(|record| record.durability = Durability::OnTheDisk);
    }

    /// Killed, not ended: nothing is synced on the way out.
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

    /// A third process is cut off while it writes. A whole record would be no such thing.
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
            assert!(rest.any(|found| found == name), "{name} was acknowledged, and is missing among {found:?}");
        }
        let verified = verify(&self.disk, None).unwrap();
        assert!(verified.is_sound(), "{:?}", verified.problem);
    }

    /// Makes the log usable again as an operator would, and shows that it is, for both.
    fn mend(&mut self) -> Ended {
        let acknowledged = self.acknowledged.len();
        let mut was_closed = verify(&self.disk, None).unwrap().poisoned.is_some();
        if was_closed {
            absolve(&self.disk).unwrap();
        }
        for _ in 0..2 {
            if !self.append(Durability::OnTheDisk) {
                // It was known to this process alone, and is marked now.
                was_closed = true;
                absolve(&self.disk).unwrap();
                assert!(self.append(Durability::OnTheDisk), "it is of no use any more");
            }
            self.check();
            self.next_turn();
        }
        assert_eq!(verify(&self.disk, None).unwrap().problem, None);
        Ended { acknowledged, set_aside: self.disk.aside().len(), was_closed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_end_with_what_was_acknowledged() {
        let ended = |seed: &str| {
            let (first, rest) = seed.split_once('\n').unwrap();
            let Ended { acknowledged, set_aside, was_closed } =
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
