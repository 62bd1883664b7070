//! Reads the entries of Infisical's audit log.

use super::answers::timestamp;
use super::json::{Fault, Read, Reader, parse, put, required};
use crate::error::Error;
use crate::types::{Actor, AuditLog};

/// Reads the entries of `{"auditLogs":[]}` and counts them. The host writes `{}` for an entry that
/// is out of scope. Such an entry counts, but isn't returned.
pub(crate) fn audit_logs(body: &[u8]) -> Result<(Vec<AuditLog>, usize), Error> {
    let mut count = 0;
    let mut logs = parse(body, |reader| {
        let (mut seen, mut logs) = (None, Vec::new());
        reader.object(|reader, key| match key {
            "auditLogs" => {
                put(&mut seen, ())?;
                reader.array(|reader| {
                    count += 1;
                    let mut entry = Entry::default();
                    entry.read(reader, Part::Entry)?;
                    logs.extend(entry.log()?);
                    Ok(())
                })
            }
            _ => reader.skip(),
        })?;
        required(seen)?;
        Ok(logs)
    })?;
    for log in &mut logs {
        log.time = timestamp(Some(std::mem::take(&mut log.time)))?.unwrap_or_default();
    }
    Ok((logs, count))
}

/// The parts of an entry that have fields to read.
#[derive(Clone, Copy)]
enum Part {
    Entry,
    Event,
    About,
    Actor,
    Who,
}

/// The fields of an entry, as far as they were read. One function reads all parts, to keep the
/// component small.
#[derive(Default)]
struct Entry {
    id: Option<Option<String>>,
    time: Option<Option<String>>,
    address: Option<Option<String>>,
    event: Option<Option<String>>,
    environment: Option<Option<String>>,
    path: Option<Option<String>>,
    name: Option<Option<String>>,
    actor_type: Option<Option<String>>,
    actor_name: Option<Option<String>>,
    actor_id: Option<Option<String>>,
}

impl Entry {
    fn read(&mut self, reader: &mut Reader<'_>, part: Part) -> Read<()> {
        reader.object(|reader, key| {
            let (slot, below) = match (part, key) {
                (Part::Entry, "id") => (Some(&mut self.id), None),
                (Part::Entry, "createdAt") => (Some(&mut self.time), None),
                (Part::Entry, "ipAddress") => (Some(&mut self.address), None),
                (Part::Event, "type") => (Some(&mut self.event), None),
                (Part::About, "environment") => (Some(&mut self.environment), None),
                (Part::About, "secretPath" | "folderPath") => (Some(&mut self.path), None),
                (Part::About, "secretKey" | "folderName") => (Some(&mut self.name), None),
                (Part::Actor, "type") => (Some(&mut self.actor_type), None),
                (Part::Who, "name" | "username") => (Some(&mut self.actor_name), None),
                (Part::Who, "identityId" | "userId") => (Some(&mut self.actor_id), None),
                (Part::Entry, "event") => (None, Some(Part::Event)),
                (Part::Entry, "actor") => (None, Some(Part::Actor)),
                (Part::Event, "metadata") => (None, Some(Part::About)),
                (Part::Actor, "metadata") => (None, Some(Part::Who)),
                _ => (None, None),
            };
            match (slot, below) {
                (Some(slot), _) => reader.nullable_text_into(slot),
                (None, Some(part)) => reader.nullable(|reader| self.read(reader, part)).map(drop),
                (None, None) => reader.skip(),
            }
        })
    }

    fn log(self) -> Read<Option<AuditLog>> {
        let Some(id) = self.id.flatten() else { return Ok(None) };
        let (Some(time), Some(event)) = (self.time.flatten(), self.event.flatten()) else {
            return Err(Fault::Shape);
        };
        let actor =
            Actor { kind: self.actor_type.flatten(), name: self.actor_name.flatten(), id: self.actor_id.flatten() };
        Ok(Some(AuditLog {
            id,
            time,
            event,
            actor,
            environment: self.environment.flatten(),
            path: self.path.flatten(),
            name: self.name.flatten(),
            ip_address: self.address.flatten(),
        }))
    }
}

#[cfg(test)]
#[path = "audit_logs_tests.rs"]
mod tests;
