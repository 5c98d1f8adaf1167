//! What a project says about itself beside its code: README, commands, commit.
//!
//! Invariant: files are read, no program is run.

use std::path::Path;

use super::regular;

/// The README of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readme {
    pub path: String,
    pub text: String,
}

/// The README among the files at the root.
pub(super) fn readme(root: &Path, about: &[String]) -> Option<Readme> {
    let names = ["readme.md", "readme.rst", "readme.txt", "readme"];
    let path =
        names.iter().find_map(|name| about.iter().find(|path| path.to_lowercase() == *name))?;
    let text = regular::text(&root.join(path)).ok()?.replace("\r\n", "\n");
    Some(Readme { path: path.clone(), text })
}

/// The commands that `pyproject.toml` or `setup.cfg` install, each with its `module:function`.
pub(super) fn scripts(root: &Path, about: &[String]) -> Vec<(String, String)> {
    let read = |name: &str| match about.iter().any(|path| path == name) {
        true => regular::text(&root.join(name)).ok(),
        false => None,
    };
    let mut scripts = read("pyproject.toml").map(|text| of_pyproject(&text)).unwrap_or_default();
    scripts.extend(read("setup.cfg").map(|text| of_setup_cfg(&text)).unwrap_or_default());
    scripts.sort();
    scripts.dedup();
    scripts
}

fn of_pyproject(text: &str) -> Vec<(String, String)> {
    let Ok(toml::Value::Table(table)) = text.parse::<toml::Table>().map(toml::Value::Table) else {
        return Vec::new();
    };
    let Some(project) = table.get("project") else { return Vec::new() };
    let tables =
        ["scripts", "gui-scripts"].into_iter().filter_map(|name| project.get(name)?.as_table());
    tables
        .flatten()
        .filter_map(|(name, entry)| Some((name.clone(), entry.as_str()?.to_owned())))
        .collect()
}

fn of_setup_cfg(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().skip_while(|line| line.trim() != "console_scripts =").skip(1);
    lines
        .take_while(|line| line.starts_with([' ', '\t']) && line.contains('='))
        .filter_map(|line| line.split_once('='))
        .map(|(name, entry)| (name.trim().to_owned(), entry.trim().to_owned()))
        .collect()
}

/// The commit that is checked out in a tree, read from its `.git`.
pub(super) fn commit(root: &Path) -> Option<String> {
    let dot_git = root.join(".git");
    let folder = match dot_git.is_file() {
        // A worktree: the file names the folder.
        true => {
            let text = regular::text(&dot_git).ok()?;
            root.join(text.strip_prefix("gitdir:")?.trim())
        }
        false => dot_git,
    };
    let head = regular::text(&folder.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref:").map(str::trim) else {
        return is_commit(head.trim()).then(|| head.trim().to_owned());
    };
    // The branches of a worktree are in the folder of the repository.
    let common = regular::text(&folder.join("commondir")).ok();
    let common = common.map_or_else(|| folder.clone(), |path| folder.join(path.trim()));
    if name.split('/').any(|part| part == "..") {
        return None;
    }
    let loose = regular::text(&common.join(name)).ok().map(|text| text.trim().to_owned());
    let packed = || {
        let text = regular::text(&common.join("packed-refs")).ok()?;
        let line =
            text.lines().find(|line| line.split_once(' ').is_some_and(|(_, of)| of == name))?;
        line.split_once(' ').map(|(commit, _)| commit.to_owned())
    };
    loose.or_else(packed).filter(|commit| is_commit(commit))
}

fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn commands_are_read_from_both_kinds_of_file() {
        let toml = "[project]\nname = 'x'\n[project.scripts]\nserve = 'app.main:serve'\n";
        assert_eq!(of_pyproject(toml), [("serve".to_owned(), "app.main:serve".to_owned())]);
        let cfg = "[options.entry_points]\nconsole_scripts =\n    a = b.c:d\n\n[x]\ne = f\n";
        assert_eq!(of_setup_cfg(cfg), [("a".to_owned(), "b.c:d".to_owned())]);
    }

    #[test]
    fn a_commit_is_found_behind_a_branch_loose_or_packed() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(git.join("refs/heads")).unwrap();
        assert_eq!(commit(folder.path()), None);
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let (first, second) = ("a".repeat(40), "b".repeat(40));
        fs::write(git.join("packed-refs"), format!("# pack-refs\n{first} refs/heads/main\n"))
            .unwrap();
        assert_eq!(commit(folder.path()), Some(first.clone()));
        fs::write(git.join("refs/heads/main"), format!("{second}\n")).unwrap();
        assert_eq!(commit(folder.path()), Some(second));
        fs::write(git.join("HEAD"), &first).unwrap();
        assert_eq!(commit(folder.path()), Some(first));
    }
}
