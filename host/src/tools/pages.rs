//! Lists in pages: sorted, compact unless details are requested, and each page short enough for a
//! conversation.

use super::bound::{MAX_ANSWER, bounded, bounded_text, size, text_size};
use super::cursor::{After, Query};
use crate::model::audit_logs::AuditLogPage;
use crate::model::error::{Error, Layer};
use crate::model::secrets::{Folder, FolderListing, Project, Secret, SecretListing};
use crate::render;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// The default number of items on a page.
pub const PAGE: u32 = 100;

/// The maximum number of items on a page.
pub const MAX_PAGE: u32 = 200;

/// How to get the rest of an item that is too long for a page.
const REST: &str = "Long names and lists are cut with `…`: see them whole with `infisical-skill projects list`, `folders list` or `secrets list`.";

/// How to get the rest of an audit log entry that is too long.
const LOGS: &str = "Long texts are cut with `…`: see them whole in Infisical.";

/// A list that is shown in pages.
pub(super) trait Paged: Serialize {
    type Item;
    /// The list's name in JSON.
    const LIST: &'static str;
    fn items(&mut self) -> &mut Vec<Self::Item>;
    /// The sort key. No two items have the same key.
    fn key(item: &Self::Item) -> [&str; 3];
    fn to_text(&self) -> String;
}

/// The projects, as `list-projects` returns them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProjectListing {
    pub(super) projects: Vec<Project>,
}

impl Paged for ProjectListing {
    type Item = Project;
    const LIST: &'static str = "projects";

    fn items(&mut self) -> &mut Vec<Project> {
        &mut self.projects
    }

    fn key(project: &Project) -> [&str; 3] {
        [&project.name, &project.slug, &project.id]
    }

    fn to_text(&self) -> String {
        render::projects(&self.projects)
    }
}

impl Paged for FolderListing {
    type Item = Folder;
    const LIST: &'static str = "folders";

    fn items(&mut self) -> &mut Vec<Folder> {
        &mut self.folders
    }

    fn key(folder: &Folder) -> [&str; 3] {
        [&folder.path, &folder.name, &folder.id]
    }

    fn to_text(&self) -> String {
        render::folders(self)
    }
}

impl Paged for SecretListing {
    type Item = Secret;
    const LIST: &'static str = "secrets";

    fn items(&mut self) -> &mut Vec<Secret> {
        &mut self.secrets
    }

    fn key(secret: &Secret) -> [&str; 3] {
        [&secret.path, &secret.name, &secret.id]
    }

    fn to_text(&self) -> String {
        render::secrets(self)
    }
}

/// Which page of a list is wanted.
#[derive(Debug)]
pub(super) struct PageRequest {
    limit: usize,
    after: Option<After>,
    query: Query,
    details: bool,
}

impl PageRequest {
    /// Parses the paging arguments.
    ///
    /// # Errors
    /// A refusal of a limit out of range, or of a cursor of another list.
    pub(super) fn new(
        tool: &str,
        query: Query,
        limit: Option<u32>,
        cursor: Option<&str>,
        details: bool,
    ) -> Result<Self, Error> {
        let limit = limit.unwrap_or(PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Error::refused(
                Layer::Input,
                format!("`limit` must be a whole number from 1 to {MAX_PAGE}"),
                "ask for one page after the other: each but the last has a `nextCursor`",
            ));
        }
        let after = cursor.map(|cursor| After::read(cursor, query, tool)).transpose()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Self { limit, after, query, details })
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    structured: Value,
    text: String,
}

impl Page {
    /// Returns the wanted page. It has fewer items if they would be too long together, but at least
    /// one if there is one.
    pub(super) fn cut<L: Paged>(mut listing: L, wanted: &PageRequest) -> Result<Self, Error> {
        let items = listing.items();
        items.sort_by_cached_key(key::<L>);
        let keys: Vec<Vec<u8>> = items.iter().map(key::<L>).collect();
        let (total, start) = (items.len(), wanted.after.as_ref().map_or(0, |after| after.start(&keys)));
        items.drain(..start);
        let mut count = wanted.limit.min(total - start);
        loop {
            items_of(&mut listing).truncate(count);
            let next = Some(start + count).filter(|shown| *shown < total);
            let next = next.and_then(|shown| After::of(&keys, shown)).map(|after| after.write(wanted.query));
            let place = PagePosition { start, shown: count, total, next: next.as_deref() };
            let structured = structured(&listing, &place, wanted.details)?;
            let text = to_text(&listing, &place);
            let bytes = size(&structured).max(text_size(&text));
            if bytes <= MAX_ANSWER {
                return Ok(Self { structured, text });
            }
            if count <= 1 {
                return Ok(Self { structured: bounded(structured, REST), text: bounded_text(text, REST) });
            }
            // Estimate how many items fit from their average size, and remove at least one.
            count = (count * MAX_ANSWER / bytes).clamp(1, count - 1);
        }
    }

    /// The page as JSON that matches the tool's output schema.
    pub(super) fn to_json(&self) -> Value {
        self.structured.clone()
    }

    /// The page as text, for a person or a model.
    pub(super) fn to_text(&self) -> String {
        self.text.clone()
    }
}

/// Returns as many entries of Infisical's own audit log as fit on a page. `from` is the offset, and
/// `limit` is how many entries were read.
pub(super) fn audit_logs(mut logs: AuditLogPage, from: u32, limit: u32, details: bool) -> Result<Page, Error> {
    let all = logs.logs.len();
    // Entries that are filtered out by scope or actor also have positions in the server's list. If
    // there are any, the positions of the others are unknown.
    let is_known = u32::try_from(all).is_ok_and(|all| all == limit);
    let mut count = all;
    loop {
        logs.logs.truncate(count);
        let left_out = all - count;
        if left_out > 0 && is_known {
            logs.next = u32::try_from(count).ok().and_then(|count| from.checked_add(count));
        }
        let mut structured = super::answer::to_json(&logs)?;
        let mut text = render::audit_logs(&logs);
        if let Some(fields) = structured.as_object_mut().filter(|_| left_out > 0) {
            fields.insert("leftOut".to_owned(), json!({ "logs": left_out }));
            if !is_known {
                let note = format!(
                    "{left_out} entries are left out, to keep the answer short: ask for them with the same `offset` and a smaller `limit`."
                );
                text.push_str(&format!("{note}\n"));
                fields.insert("note".to_owned(), json!(note));
            }
        }
        if !details {
            if let Some(entries) = structured.get_mut("logs").and_then(Value::as_array_mut) {
                entries.iter_mut().for_each(|entry| compact(entry, true));
            }
            compact(&mut structured, false);
        }
        let bytes = size(&structured).max(text_size(&text));
        if bytes <= MAX_ANSWER {
            return Ok(Page { structured, text });
        }
        if count <= 1 {
            return Ok(Page { structured: bounded(structured, LOGS), text: bounded_text(text, LOGS) });
        }
        count = (count * MAX_ANSWER / bytes).clamp(1, count - 1);
    }
}

/// A whole list in the form of a page, of any length, for programs that aren't models.
pub(super) fn whole<L: Paged>(mut listing: L, details: bool) -> Result<Value, Error> {
    let items = listing.items();
    items.sort_by_cached_key(key::<L>);
    let total = items.len();
    structured(&listing, &PagePosition { start: 0, shown: total, total, next: None }, details)
}

fn items_of<L: Paged>(listing: &mut L) -> &mut Vec<L::Item> {
    listing.items()
}

fn key<L: Paged>(item: &L::Item) -> Vec<u8> {
    L::key(item).join("\0").into_bytes()
}

/// The position of a page in its list.
struct PagePosition<'a> {
    start: usize,
    shown: usize,
    total: usize,
    next: Option<&'a str>,
}

fn structured<L: Paged>(listing: &L, place: &PagePosition<'_>, details: bool) -> Result<Value, Error> {
    let mut page = super::answer::to_json(listing)?;
    let Some(fields) = page.as_object_mut() else { return Ok(page) };
    if let Some(items) = fields.get_mut(L::LIST).and_then(Value::as_array_mut).filter(|_| !details) {
        items.iter_mut().for_each(|item| compact(item, L::LIST != ProjectListing::LIST));
    }
    fields.insert("total".to_owned(), json!(place.total));
    if let Some(next) = place.next {
        fields.insert("nextCursor".to_owned(), json!(next));
    }
    if place.total == 0 {
        fields.insert("note".to_owned(), json!(format!("No {} that this identity may see.", L::LIST)));
    }
    Ok(page)
}

fn to_text<L: Paged>(listing: &L, place: &PagePosition<'_>) -> String {
    let PagePosition { start, shown, total, next } = place;
    if *shown == 0 && *total > 0 {
        return format!("No more {}: there are {total}, and this is behind the last of them.\n", L::LIST);
    }
    let mut text = listing.to_text();
    if shown < total {
        text.push_str(&format!("\nThese are {} to {} of {total} {}.\n", start + 1, start + shown, L::LIST));
    }
    if let Some(next) = next {
        text.push_str(&format!("For the next ones, ask again with the same arguments and this `cursor`: {next}\n"));
    }
    text
}

/// Removes null, and ids, which no request needs.
pub(super) fn compact(item: &mut Value, without_id: bool) {
    let Some(fields) = item.as_object_mut() else { return };
    if without_id {
        fields.remove("id");
    }
    fields.retain(|_, value| !value.is_null());
    fields.values_mut().for_each(|value| compact(value, false));
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
