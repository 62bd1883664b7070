//! A secret and the versions of it.

use super::clock::Millis;

/// Who changed a secret last.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) membership_id: String,
}

/// One state of a secret.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) comment: String,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) reminder_note: Option<String>,
    pub(crate) reminder_days: Option<u64>,
    pub(crate) skip_multiline: bool,
    pub(crate) tag_ids: Vec<String>,
    pub(crate) actor: Option<Actor>,
    pub(crate) updated: Millis,
}

/// A secret: the state it has, and the ones it had.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) id: String,
    pub(crate) folder_id: String,
    pub(crate) created: Millis,
    pub(crate) now: Version,
    pub(crate) before: Vec<Version>,
}

impl Secret {
    /// Makes `next` the present state, one version up.
    pub(crate) fn become_version(&mut self, mut next: Version) {
        next.number = self.now.number.saturating_add(1);
        let last = std::mem::replace(&mut self.now, next);
        self.before.push(last);
    }

    /// The state with this number under this key: a renamed secret's older versions are not found under the new key.
    pub(crate) fn version(&self, number: u64, key: &str) -> Option<&Version> {
        self.before
            .iter()
            .chain(std::iter::once(&self.now))
            .find(|version| u64::from(version.number) == number && version.key == key)
    }
}

/// The server trims what it is sent, except one last newline.
pub(crate) fn trim_value(value: &str) -> String {
    let trimmed = value.trim();
    if value.ends_with('\n') { format!("{trimmed}\n") } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::trim_value;

    #[test]
    fn values_are_trimmed_but_for_one_newline() {
        for (sent, stored) in [("  padded  ", "padded"), ("a\n", "a\n"), ("  x \n\n\n", "x\n"), ("", ""), ("a\n ", "a")]
        {
            assert_eq!(trim_value(sent), stored, "{sent:?}");
        }
    }
}
