//! Names, slugs and emails, as zod validates them.

use serde_json::{Value, json};

use crate::ApiVersion;

use super::Checker;

/// A server's rules for a slug: its length, and the error messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlugRule {
    minimum: usize,
    maximum: Option<usize>,
    api_version: ApiVersion,
}

impl SlugRule {
    /// For a new project: 5 to 36 characters in both API versions. (The older route of the newest
    /// server allows 64.)
    pub(crate) fn project(api_version: ApiVersion) -> Self {
        Self { minimum: 5, maximum: Some(36), api_version }
    }

    /// For a new environment. The 2024 server has no limits and accepts an empty slug.
    pub(crate) fn environment(api_version: ApiVersion) -> Self {
        match api_version {
            ApiVersion::V3 => Self { minimum: 0, maximum: None, api_version },
            ApiVersion::V4 => Self { minimum: 1, maximum: Some(64), api_version },
        }
    }

    fn too_short(self) -> String {
        let minimum = self.minimum;
        match self.api_version {
            ApiVersion::V3 => format!("String must contain at least {minimum} character(s)"),
            ApiVersion::V4 if minimum == 1 => "Slug field must be at least 1 character".to_owned(),
            ApiVersion::V4 => format!("Slug field must be at least {minimum} characters"),
        }
    }

    fn too_long(self, maximum: usize) -> String {
        match self.api_version {
            ApiVersion::V3 => format!("String must contain at most {maximum} character(s)"),
            ApiVersion::V4 => format!("Slug field must be at most {maximum} characters"),
        }
    }

    fn not_plain(self) -> &'static str {
        match self.api_version {
            ApiVersion::V3 => "Slug must be a valid slug",
            ApiVersion::V4 => "Slug field can only contain lowercase letters, numbers, and hyphens",
        }
    }
}

/// The length as JavaScript counts it.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// True if slugify wouldn't change the text.
fn is_plain_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.is_empty() || text.split('-').all(|part| !part.is_empty() && part.bytes().all(plain))
}

/// An approximation of slugify.
pub(crate) fn slugify(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// Zod's expression for emails (3.22).
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let in_local = |byte: u8| byte.is_ascii_alphanumeric() || b"_'+-.".contains(&byte);
    let in_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let Some((labels, top)) = domain.rsplit_once('.') else { return false };
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && label.bytes().all(in_label);
    !text.starts_with('.')
        && !text.contains("..")
        && !local.is_empty()
        && local.bytes().all(in_local)
        && !local.ends_with(['.', '\''])
        && labels.split('.').all(label)
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

impl Checker<'_> {
    /// A name without surrounding blanks. A current server limits a project's name to 64
    /// characters.
    pub(crate) fn title(&mut self, name: &str, maximum: Option<usize>) -> String {
        let text = self.string(name).trim().to_owned();
        if let Some(maximum) = maximum.filter(|maximum| length(&text) > *maximum) {
            self.too_long(name, maximum, &format!("Name must be {maximum} or fewer characters"));
        }
        text
    }

    /// The optional slug of a new item. A current server converts it to lower case.
    pub(crate) fn slug(&mut self, name: &str, rule: SlugRule) -> Option<String> {
        let text = self.optional_string(name)?;
        let text = match (rule.api_version, rule.minimum) {
            (ApiVersion::V4, _) => text.to_lowercase().trim().to_owned(),
            (ApiVersion::V3, 0) => text.trim().to_owned(),
            (ApiVersion::V3, _) => text,
        };
        if length(&text) < rule.minimum {
            let issue = json!({
                "code": "too_small", "minimum": rule.minimum, "type": "string", "inclusive": true, "exact": false,
                "message": rule.too_short(), "path": self.path(name),
            });
            self.issue(issue);
        }
        if let Some(maximum) = rule.maximum.filter(|maximum| length(&text) > *maximum) {
            self.too_long(name, maximum, &rule.too_long(maximum));
        }
        if !is_plain_slug(&text) {
            self.custom(name, rule.not_plain());
        }
        Some(text)
    }

    /// As [`Self::slug`], but required.
    pub(crate) fn needed_slug(&mut self, name: &str, rule: SlugRule) -> String {
        if self.has(name) { self.slug(name, rule).unwrap_or_default() } else { self.string(name) }
    }

    /// Adds the issue of a text that is too long.
    pub(crate) fn too_long(&mut self, name: &str, maximum: usize, message: &str) {
        let issue = json!({
            "code": "too_big", "maximum": maximum, "type": "string", "inclusive": true, "exact": false,
            "message": message, "path": self.path(name),
        });
        self.issue(issue);
    }

    /// A list of emails in lower case. The default is empty.
    pub(crate) fn emails(&mut self, name: &str) -> Vec<String> {
        let items = self.value(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            if item.as_str().is_some_and(|text| !is_email(text)) {
                let mut path = self.path(name);
                path.push(json!(index));
                let issue = json!({
                    "validation": "email", "code": "invalid_string", "message": "Invalid email", "path": path,
                });
                self.issue(issue);
            }
        }
        self.lower_case(name, "Email must be lowercase")
    }

    /// A list of texts in lower case. The default is empty.
    pub(crate) fn lower_case(&mut self, name: &str, otherwise: &str) -> Vec<String> {
        let texts = self.strings(name).unwrap_or_default();
        if texts.iter().any(|text| *text != text.to_lowercase()) {
            self.custom(name, otherwise);
        }
        texts
    }

    /// An optional list of texts that must not be empty.
    pub(crate) fn some_strings(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = self.strings(name)?;
        if self.value(name).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            let issue = json!({
                "code": "too_small", "minimum": 1, "type": "array", "inclusive": true, "exact": false,
                "message": "Array must contain at least 1 element(s)", "path": self.path(name),
            });
            self.issue(issue);
        }
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_plain_slug, slugify};

    #[test]
    fn recognizes_valid_emails() {
        for email in ["a@b.co", "dana.lee+x@mail.example.com", "o'neil-1@example.com"] {
            assert!(is_email(email), "{email}");
        }
        for other in
            ["", "a", "a@b", "a@b.c", "@b.co", ".a@b.co", "a.@b.co", "a..b@c.co", "a@-b.co", "a@b@c.co", "a b@c.co"]
        {
            assert!(!is_email(other), "{other}");
        }
    }

    #[test]
    fn a_slug_is_what_slugify_leaves_alone() {
        for slug in ["qa", "data-2", "1"] {
            assert!(is_plain_slug(slug) && slugify(slug) == slug, "{slug}");
        }
        for other in ["-qa", "qa-", "q--a", "QA", "q_a", "q a", "é"] {
            assert!(!is_plain_slug(other), "{other}");
        }
        assert_eq!(slugify("Data & Billing "), "data-billing");
    }
}
