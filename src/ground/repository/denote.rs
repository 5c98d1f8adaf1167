//! What an item of a sentence denotes, whatever its form.
//!
//! Invariant: what denotes nothing comes with the reason, and with close misses if there are any.

use super::items::Item;
use super::resolve::{Resolver, Thing};
use super::shape::Shape;
use super::signature;
use crate::ground::claim::{Stated, stated};
use crate::ground::evidence::{is_compound, is_trivial};
use crate::python::fragment::{self, Word};
use crate::sandbox::value::Value;

impl Resolver<'_> {
    pub fn denotes_new(&self, item: &Item) -> bool {
        match &item.shape {
            Shape::Path { path, .. } => self.new.contains(path),
            Shape::Endpoint { method, path } => {
                self.new.contains(&item_endpoint(method, path))
                    || self.new.contains(path)
                    || method.is_empty()
                        && self.new.iter().any(|new| new.ends_with(&format!(" {path}")))
            }
            Shape::Name { name, .. } | Shape::Call { name, .. } | Shape::Binding { name, .. } => {
                self.is_new(name)
            }
            Shape::Value(_) | Shape::Code => self.new.contains(&item.text),
            Shape::Lines(..) | Shape::Method(_) => false,
        }
    }

    /// What an item denotes, or why it denotes nothing.
    pub fn item(
        &self,
        item: &Item,
        is_signature: bool,
        may_add: bool,
        has_call: bool,
    ) -> Result<Option<Thing>, String> {
        if item.is_new || self.denotes_new(item) {
            return Ok(Some(Thing::New));
        }
        match &item.shape {
            Shape::Path { path, .. } => self.path(path).map(Some),
            Shape::Endpoint { method, path } => self.endpoint(item, method, path),
            Shape::Name { name, .. } => self.name(name).map(Some),
            Shape::Call { name, arguments } => {
                self.call(item, name, arguments, is_signature, may_add)
            }
            Shape::Binding { name, .. } => {
                if may_add {
                    Ok(None)
                } else {
                    self.name(name).map(|_| None)
                }
            }
            // Held against the call that they are results of.
            Shape::Value(_) if has_call || !item.is_code || may_add => Ok(None),
            Shape::Value(stated) => self.value(stated, &item.text),
            // What a call raises is held against the call, too.
            Shape::Code if has_call && stated(&item.text).is_some() => Ok(None),
            // Which is run.
            Shape::Code if self.method_call(&item.text).is_some() => Ok(None),
            Shape::Code => self.code(&item.text, may_add).map(|()| None),
            Shape::Lines(..) | Shape::Method(_) => Ok(None),
        }
    }

    fn path(&self, path: &str) -> Result<Thing, String> {
        let files = self.repository.paths_ending(path);
        if !files.is_empty() {
            return Ok(Thing::Files(files));
        }
        if self.repository.has_folder(path) {
            return Ok(Thing::Folder);
        }
        // A path that the code itself has, such as that of a file it writes.
        if self.scope.has_value(self.repository, &Value::str(path)) {
            return Ok(Thing::Local);
        }
        Err(self.repository.no_path(path))
    }

    fn endpoint(&self, item: &Item, method: &str, path: &str) -> Result<Option<Thing>, String> {
        let found = self.endpoints(method, path);
        if !found.is_empty() {
            return Ok(Some(Thing::Local));
        }
        let is_text = self.scope.has_value(self.repository, &Value::str(path));
        if method.is_empty() && is_text && item.is_code {
            return Ok(None);
        }
        Err(self.no_endpoint(method, path))
    }

    fn call(
        &self,
        item: &Item,
        name: &str,
        arguments: &str,
        is_signature: bool,
        may_add: bool,
    ) -> Result<Option<Thing>, String> {
        let thing = match self.name(name) {
            Ok(thing) => thing,
            Err(_) if self.scope.has_piece(self.repository, &item.text) => Thing::Local,
            Err(why) => return Err(why),
        };
        if thing == Thing::New {
            return Ok(Some(thing));
        }
        if let Thing::Symbols(ids) = &thing {
            let is_piece = !is_signature && self.scope.has_piece(self.repository, &item.text);
            return match signature::fault(self, ids, arguments, is_signature) {
                Some(why) if !is_piece && !may_add => Err(why),
                Some(_) | None => Ok(Some(thing)),
            };
        }
        // A function from elsewhere: the code has to call it like this, or at least to have all of its words.
        let has_applied = self.scope.has_piece(self.repository, &format!("{name}("));
        match self.code(&item.text, may_add) {
            Ok(()) => Ok(Some(thing)),
            Err(_) if has_applied && self.code(arguments, may_add).is_ok() => Ok(Some(thing)),
            Err(why) => Err(why),
        }
    }

    fn value(&self, stated: &Stated, shown: &str) -> Result<Option<Thing>, String> {
        let Stated::Value(value) = stated else { return Ok(None) };
        let is_known = is_trivial(value)
            || self.scope.has_value(self.repository, value)
            || self.scope.has_piece(self.repository, shown) && shown.len() > 6;
        if is_known {
            return Ok(None);
        }
        Err(format!("no such value occurs in what the text names of {}", self.shown_files()))
    }

    /// Whether an item is a value that the code has, and not one that any code may have.
    pub fn is_known_value(&self, item: &Item) -> bool {
        match &item.shape {
            Shape::Value(Stated::Value(value)) => {
                item.is_code && !is_trivial(value) && self.scope.has_value(self.repository, value)
            }
            Shape::Code => self.scope.has_piece(self.repository, &item.text),
            Shape::Value(Stated::Raises { .. }) | Shape::Path { .. } | Shape::Lines(..) => false,
            // A name may be a string of the code, such as that of a variable of the environment.
            Shape::Name { name, .. } => {
                let is_builtin = self.name(name) == Ok(Thing::Builtin);
                !is_builtin && self.scope.has_value(self.repository, &Value::str(name))
            }
            Shape::Endpoint { .. } | Shape::Method(_) => false,
            Shape::Call { .. } | Shape::Binding { .. } => false,
        }
    }

    /// Inline code that is no name: a piece of the code, a text in it, or words that are all known.
    fn code(&self, text: &str, may_add: bool) -> Result<(), String> {
        let is_text = || self.scope.has_value(self.repository, &Value::str(text));
        if may_add || self.scope.has_piece(self.repository, text) || is_text() {
            return Ok(());
        }
        let words = fragment::words(text);
        let is_new = |word: &Word| matches!(word, Word::Name(name) if self.is_new(name));
        if words.iter().any(is_new) {
            return Ok(());
        }
        if words.is_empty() || is_compound(text) {
            return Err(format!("this code does not occur in {}", self.shown_files()));
        }
        for word in words {
            match word {
                Word::Name(name) => {
                    self.name(&name)?;
                }
                Word::Literal(value, written) => {
                    self.value(&Stated::Value(value), &written)?;
                }
                Word::Unreadable(written) => {
                    return Err(format!("`{written}` is neither a name nor a literal"));
                }
            }
        }
        Ok(())
    }
}

/// An endpoint as a text marks it as new.
pub fn item_endpoint(method: &str, path: &str) -> String {
    if method.is_empty() { path.to_owned() } else { format!("{method} {path}") }
}
