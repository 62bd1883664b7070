//! References to other secrets in values, as Infisical reads them.
//!
//! `${NAME}` is a secret in the same folder, `${env.folder.NAME}` one in the same project, and
//! `${@slug.env.folder.NAME}` one in the project with that slug. Infisical ignores blanks around a
//! reference. An older server follows such a reference.

/// One reference, and the secret that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// The slug of another project.
    pub(crate) project: Option<&'a str>,
    /// The environment and the path of the folder. `None` means the folder of the value.
    pub(crate) folder: Option<(&'a str, String)>,
    /// The name of the secret.
    pub(crate) name: &'a str,
}

/// Returns the references in a value. If one contains another, the inner one counts.
pub(crate) fn read(value: &str) -> impl Iterator<Item = Reference<'_>> {
    let texts = value.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    texts.map(|(text, _)| Reference::of(text.trim()))
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        let (folder, name) = text.rsplit_once('.').map_or((None, text), |(folder, name)| (Some(folder), name));
        let mut segments = folder.into_iter().flat_map(|folder| folder.split('.')).peekable();
        let project = segments.next_if(|first| first.starts_with('@')).map(|slug| slug.trim_start_matches('@'));
        let folder = segments.next().map(|environment| {
            let folders: Vec<&str> = segments.collect();
            (environment, format!("/{}", folders.join("/")))
        });
        Self { project, folder, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form_of_reference() {
        let in_folder = |environment, path: &str| Some((environment, path.to_owned()));
        for (value, project, folder, name) in [
            ("${NAME}", None, None, "NAME"),
            ("x ${ NAME } y", None, None, "NAME"),
            ("${prod.NAME}", None, in_folder("prod", "/"), "NAME"),
            ("${prod.a.b.NAME}", None, in_folder("prod", "/a/b"), "NAME"),
            ("${@vault.prod.a.NAME}", Some("vault"), in_folder("prod", "/a"), "NAME"),
            ("${@vault.NAME}", Some("vault"), None, "NAME"),
            ("${${prod.NAME}}", None, in_folder("prod", "/"), "NAME"),
        ] {
            let found: Vec<_> = read(value).filter(|reference| !reference.name.is_empty()).collect();
            assert_eq!(found, [Reference { project, folder, name }], "{value}");
        }
        for value in ["", "$NAME", "${NAME", "{NAME}", "$ {NAME}"] {
            assert_eq!(read(value).count(), 0, "{value}");
        }
        assert_eq!(read("${A}${dev.B}").count(), 2);
    }
}
