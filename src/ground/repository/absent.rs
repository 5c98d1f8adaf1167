//! What a repository does not have, and what was meant, maybe.
//!
//! Invariant: a reason names only what exists besides the thing itself.

use super::About;
use super::known::{Repository, SymbolId};
use super::near::{missing, near, with_misses};
use super::resolve::Resolver;

impl Repository {
    /// Why there is no file of a path that is written in full, if there is none.
    pub fn missing_file(&self, path: &str) -> Option<String> {
        self.path(path).is_none().then(|| self.no_path(path))
    }

    /// The code of the functions of a name in a file, with and without decorators and a comment at its end; none if the file defines none.
    pub fn codes(&self, path: &str, function: &str) -> Vec<String> {
        let about = About { file: path, function, executions: &[] };
        let ids = Resolver::new(self, &about).function;
        let code = |id: SymbolId| {
            let symbol = self.symbol(id);
            let lines = |first| self.lines(id.file, first, symbol.last());
            // The last line may have a comment behind the code.
            let own = self.file(id.file).text.get(symbol.entity.span.range());
            [lines(symbol.first()), lines(symbol.line()), own.unwrap_or_default().to_owned()]
        };
        ids.into_iter().flat_map(code).collect()
    }

    /// Why a file does not define a function.
    pub fn missing_function(&self, path: &str, function: &str) -> String {
        let file = self.path(path);
        let ids = file.into_iter().flat_map(|file| self.symbols_of(file));
        let names: Vec<&str> = ids.map(|id| self.symbol(id).last_name()).collect();
        let why = format!("{path} does not define it");
        with_misses(why, &near(function, names.into_iter()))
    }

    /// Why there is no file of a path.
    pub fn no_path(&self, path: &str) -> String {
        let all: Vec<&str> = self.file_ids().map(|id| self.file(id).path.as_str()).collect();
        let name = path.rsplit('/').next().unwrap_or(path);
        let same = |other: &&&str| other.rsplit('/').next() == Some(name);
        let same: Vec<String> =
            all.iter().filter(same).take(2).map(|path| (*path).to_owned()).collect();
        if !same.is_empty() {
            return missing(path, &same);
        }
        let names: Vec<&str> =
            all.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        let close = near(name, names.iter().copied());
        let is_close =
            |path: &&&str| close.iter().any(|name| path.rsplit('/').next() == Some(name));
        let close: Vec<String> =
            all.iter().filter(is_close).take(2).map(|path| (*path).to_owned()).collect();
        missing(path, &close)
    }
}
