//! An in-memory disk that can fail any call, and power cuts.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "test code")]

use infisical_skill_audit::{Act, Caller, Disk, Event, Operator, Record, SegmentFile, Stat, records};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// How a system call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It returns an error and does nothing.
    Error,
    /// A write writes this many bytes, then fails.
    Short(usize),
}

/// The part of the unsynced data that is left after a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// This share of it, in 256ths.
    Torn(u8),
    /// All of it, with zeros from this share on.
    Zeroed(u8),
    /// Zeros up to this share, then the written data: pages reach the disk in any order.
    HoleThenRest(u8),
    /// All of it, with one byte changed.
    Garbled(u8),
}

#[derive(Debug, Clone, Default)]
struct Content {
    /// The content as it is read back.
    cached: Vec<u8>,
    /// The content on the disk.
    durable: Vec<u8>,
    identity: u64,
}

#[derive(Debug, Default)]
struct State {
    segments: BTreeMap<u64, Content>,
    aside: BTreeMap<String, Vec<u8>>,
    mark: Option<String>,
    locked: bool,
    calls: usize,
    /// The number of times that each call was made.
    counts: BTreeMap<&'static str, usize>,
    /// The call that fails, and how it fails.
    fault: Option<(usize, Fault)>,
    /// The first call from which all calls fail.
    dead_from: Option<usize>,
    /// The name of the call that failed.
    failed: Option<&'static str>,
    next_identity: u64,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Simulated(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct SimulatedFile {
    disk: Simulated,
    segment: u64,
    identity: u64,
}

pub(crate) struct SimulatedLock(Simulated);

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.0.state().locked = false;
    }
}

impl Simulated {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Makes the `nth` call from now fail (0: the next one).
    pub(crate) fn fail(&self, nth: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.calls + nth, fault));
        state.failed = None;
    }

    /// Makes the `nth` call from now and all after it fail.
    pub(crate) fn die(&self, nth: usize) {
        let mut state = self.state();
        state.dead_from = Some(state.calls + nth);
        state.failed = None;
    }

    /// Whether a call failed because of these settings.
    pub(crate) fn is_dead(&self) -> bool {
        let state = self.state();
        state.dead_from.is_some_and(|from| state.calls > from)
    }

    /// Lets all calls succeed again. Returns the first call that failed, if any.
    pub(crate) fn heal(&self) -> Option<&'static str> {
        let mut state = self.state();
        state.fault = None;
        state.dead_from = None;
        state.failed.take()
    }

    /// The disk after a power cut and a restart of the machine.
    pub(crate) fn cut_power(&self, cut: Cut) -> Self {
        let state = self.state();
        let mut after = State { mark: state.mark.clone(), aside: state.aside.clone(), ..State::default() };
        after.next_identity = state.next_identity + 1;
        for (segment, content) in &state.segments {
            let pending = &content.cached[content.durable.len().min(content.cached.len())..];
            let share = |share: u8| pending.len() * usize::from(share) / 256;
            let mut left = content.durable.clone();
            match cut {
                Cut::Torn(at) => left.extend_from_slice(&pending[..share(at)]),
                Cut::Zeroed(at) => {
                    left.extend_from_slice(&pending[..share(at)]);
                    left.resize(content.cached.len().max(left.len()), 0);
                }
                Cut::HoleThenRest(at) => {
                    left.resize(left.len() + share(at), 0);
                    left.extend_from_slice(&pending[share(at)..]);
                }
                Cut::Garbled(at) => {
                    left.extend_from_slice(pending);
                    if !pending.is_empty() {
                        let at = content.durable.len() + share(at).min(pending.len() - 1);
                        left[at] ^= 0x55;
                    }
                }
            }
            let content = Content { cached: left.clone(), durable: left, identity: content.identity };
            after.segments.insert(*segment, content);
        }
        Self(Arc::new(Mutex::new(after)))
    }

    /// All bytes of all segments.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().segments.values().flat_map(|content| content.cached.clone()).collect()
    }

    pub(crate) fn segment(&self, segment: u64) -> Vec<u8> {
        self.state().segments[&segment].cached.clone()
    }

    /// Changes bytes, as somebody with an editor could.
    pub(crate) fn tamper(&self, segment: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let content = state.segments.get_mut(&segment).unwrap();
        change(&mut content.cached);
        content.durable.clone_from(&content.cached);
    }

    /// Replaces the files, as somebody with other files could.
    pub(crate) fn become_like(&self, other: &Self) {
        let segments = other.state().segments.clone();
        self.state().segments = segments;
    }

    pub(crate) fn rename(&self, segment: u64, number: u64) {
        let mut state = self.state();
        let content = state.segments.remove(&segment).unwrap();
        state.segments.insert(number, content);
    }

    pub(crate) fn remove(&self, segment: u64) {
        self.state().segments.remove(&segment).unwrap();
    }

    /// Returns how often a call was made.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.state().counts.get(call).copied().unwrap_or_default()
    }

    pub(crate) fn aside(&self) -> Vec<Vec<u8>> {
        self.state().aside.values().cloned().collect()
    }

    /// Counts one system call. Returns whether it fails.
    fn call(&self, name: &'static str) -> io::Result<(MutexGuard<'_, State>, Option<usize>)> {
        let mut state = self.state();
        let at = state.calls;
        state.calls += 1;
        *state.counts.entry(name).or_default() += 1;
        if state.dead_from.is_some_and(|from| at >= from) {
            state.failed.get_or_insert(name);
            return Err(io::Error::other(format!("{name} fails, as all does")));
        }
        match state.fault {
            Some((nth, fault)) if nth == at => {
                state.failed = Some(name);
                match fault {
                    Fault::Short(bytes) if matches!(name, "append" | "set_aside") => Ok((state, Some(bytes))),
                    _ => Err(io::Error::other(format!("{name} fails"))),
                }
            }
            _ => Ok((state, None)),
        }
    }
}

impl Disk for Simulated {
    type File = SimulatedFile;
    type Lock<'a> = SimulatedLock;

    fn lock(&self) -> io::Result<SimulatedLock> {
        drop(self.call("lock")?);
        loop {
            if let Some(lock) = self.try_lock_now() {
                return Ok(lock);
            }
            std::thread::yield_now();
        }
    }

    fn try_lock(&self) -> io::Result<Option<SimulatedLock>> {
        drop(self.call("lock")?);
        Ok(self.try_lock_now())
    }

    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.call("segments")?.0.segments.keys().copied().collect())
    }

    fn stat(&self, segment: u64) -> io::Result<Option<Stat>> {
        let (state, _) = self.call("stat")?;
        let stat = |content: &Content| Stat { len: content.cached.len() as u64, identity: content.identity };
        Ok(state.segments.get(&segment).map(stat))
    }

    fn open(&self, segment: u64) -> io::Result<SimulatedFile> {
        let (state, _) = self.call("open")?;
        let content = state.segments.get(&segment).ok_or(io::ErrorKind::NotFound)?;
        Ok(SimulatedFile { disk: self.clone(), segment, identity: content.identity })
    }

    fn read(&self, segment: u64, offset: u64) -> io::Result<Vec<u8>> {
        let (state, _) = self.call("read")?;
        let content = state.segments.get(&segment).ok_or(io::ErrorKind::NotFound)?;
        Ok(content.cached.get(usize::try_from(offset).unwrap()..).unwrap_or_default().to_vec())
    }

    fn create(&self, segment: u64) -> io::Result<SimulatedFile> {
        let (mut state, _) = self.call("create")?;
        if state.segments.contains_key(&segment) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.next_identity += 1;
        let identity = state.next_identity;
        state.segments.insert(segment, Content { identity, ..Content::default() });
        Ok(SimulatedFile { disk: self.clone(), segment, identity })
    }

    fn rewrite(&self, segment: u64, content: &[u8]) -> io::Result<()> {
        let (mut state, _) = self.call("rewrite")?;
        state.next_identity += 1;
        let identity = state.next_identity;
        let content = Content { cached: content.to_vec(), durable: content.to_vec(), identity };
        state.segments.insert(segment, content);
        Ok(())
    }

    fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (mut state, short) = self.call("set_aside")?;
        if state.aside.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let written = short.unwrap_or(bytes.len()).min(bytes.len());
        state.aside.insert(name.to_owned(), bytes[..written].to_vec());
        if short.is_some() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn poisoned(&self) -> io::Result<Option<String>> {
        Ok(self.call("poisoned")?.0.mark.clone())
    }

    fn poison(&self, reason: &str) -> io::Result<()> {
        self.call("poison")?.0.mark.get_or_insert_with(|| reason.to_owned());
        Ok(())
    }

    fn absolve(&self) -> io::Result<()> {
        self.call("absolve")?.0.mark = None;
        Ok(())
    }
}

impl Simulated {
    fn try_lock_now(&self) -> Option<SimulatedLock> {
        let mut state = self.state();
        (!std::mem::replace(&mut state.locked, true)).then(|| SimulatedLock(self.clone()))
    }
}

impl SimulatedFile {
    fn content<'s>(&self, state: &'s mut State) -> io::Result<&'s mut Content> {
        // A replaced file would continue to exist without a name. Here it is enough that nobody
        // sees it.
        state
            .segments
            .get_mut(&self.segment)
            .filter(|content| content.identity == self.identity)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl SegmentFile for SimulatedFile {
    fn stat(&self) -> io::Result<Stat> {
        let (mut state, _) = self.disk.call("stat")?;
        let content = self.content(&mut state)?;
        Ok(Stat { len: content.cached.len() as u64, identity: content.identity })
    }

    fn read_from(&self, offset: u64) -> io::Result<Vec<u8>> {
        let (mut state, _) = self.disk.call("read")?;
        let content = self.content(&mut state)?;
        Ok(content.cached.get(usize::try_from(offset).unwrap()..).unwrap_or_default().to_vec())
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let (mut state, short) = self.disk.call("append")?;
        let content = self.content(&mut state)?;
        content.cached.extend_from_slice(&bytes[..short.unwrap_or(bytes.len()).min(bytes.len())]);
        if short.is_some() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let (mut state, _) = self.disk.call("set_len")?;
        let content = self.content(&mut state)?;
        content.cached.truncate(usize::try_from(len).unwrap());
        content.durable.truncate(usize::try_from(len).unwrap());
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let (mut state, _) = self.disk.call("sync")?;
        let content = self.content(&mut state)?;
        content.durable.clone_from(&content.cached);
        Ok(())
    }
}

/// An event that differs from all others.
pub(crate) fn event(name: &str) -> Event {
    let caller = Caller { session: name.to_owned(), ..Caller::default() };
    Event::Operator(Operator {
        act: Act::WritesOff,
        caller,
        plan: None,
        requests: vec![],
        until: None,
        reason: None,
        approver: None,
        user: None,
    })
}

/// The names of the events in a log, in order. Other lines are left out.
pub(crate) fn names(disk: &impl Disk) -> Vec<String> {
    records(disk)
        .unwrap()
        .into_iter()
        .filter_map(|record| match record {
            Ok(Record { event: Event::Operator(operator), .. }) => Some(operator.caller.session),
            _ => None,
        })
        .collect()
}
