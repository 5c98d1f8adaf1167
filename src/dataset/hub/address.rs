//! The address of a file on the hub: `owner/name[@revision][/file]`, also with `datasets/` before it.
//!
//! Invariant: every part can be part of a path and of an address without leading elsewhere.

use super::is_sha;

/// What `hf://` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `owner/name`.
    pub id: String,
    pub revision: String,
    pub file: Option<String>,
}

impl Address {
    /// Reads what follows `hf://`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "not an address like hf://owner/name or hf://owner/name@revision/file".to_owned();
        let text = text.strip_prefix("datasets/").unwrap_or(text);
        let (owner, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (name, file) = match rest.split_once('/') {
            Some((name, file)) => (name, Some(file)),
            None => (rest, None),
        };
        let (name, revision) = name.split_once('@').unwrap_or((name, "main"));
        let file = file.filter(|file| !file.is_empty());
        let are_plain = [owner, name, revision].iter().all(|part| is_plain(part));
        if !are_plain || !file.is_none_or(is_plain_path) {
            return Err(wrong());
        }
        let (id, revision) = (format!("{owner}/{name}"), revision.to_owned());
        Ok(Self { id, revision, file: file.map(str::to_owned) })
    }

    /// Whether the revision is a whole commit.
    pub(super) fn is_commit(&self) -> bool {
        self.revision.len() == 40 && is_sha(&self.revision)
    }

    /// The name of a file in a commit.
    pub(super) fn name(&self, sha: &str, file: &str) -> String {
        format!("hf://{}@{sha}/{file}", self.id)
    }
}

/// Whether a text can be the name of a folder and a part of an address.
fn is_plain(part: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !part.is_empty() && part.len() <= 100 && !part.starts_with('.') && part.chars().all(is_fine)
}

/// Whether a path leads to a place within its folder, and into an address as it is.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_dataset_a_revision_and_a_file() {
        let read = |text: &str| Address::parse(text).map(|it| (it.id, it.revision, it.file));
        let address = |id: &str, revision: &str, file: Option<&str>| {
            Ok((id.to_owned(), revision.to_owned(), file.map(str::to_owned)))
        };
        assert_eq!(read("a/b"), address("a/b", "main", None));
        assert_eq!(read("datasets/a/b.c/"), address("a/b.c", "main", None));
        let file = "data/train-00000-of-00002.parquet";
        assert_eq!(read(&format!("a/b@v1.0/{file}")), address("a/b", "v1.0", Some(file)));
        for text in [
            "a", "", "a/", "/b", "a/b/../c", "a/b//c", "a/..", "a/b@/c", "a b/c", "a/b?x", "a/b/.x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
