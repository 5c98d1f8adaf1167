//! Which exceptions a function raises: itself, through calls, and as far as its code shows what a library may raise.
//!
//! Invariant: what a library may raise is unknown, never false; what the repository defines is raised by its own code alone.

use super::edges::Object;
use super::known::SymbolId;
use super::resolve::Resolver;
use super::truth::Truth;
use crate::python::builtins::is_builtin;
use crate::python::vocabulary::has_piece;

/// How deep a call may raise what a function is said to raise.
const DEPTH: usize = 4;

/// Pieces of code that may raise an exception of the language.
const MAY_RAISE: [(&[&str], &[&str]); 12] = [
    (&["StopIteration"], &["next("]),
    (&["StopAsyncIteration"], &["anext("]),
    (
        &["ValueError"],
        &[
            "int(",
            "float(",
            "complex(",
            ".index(",
            ".remove(",
            "strptime(",
            "fromisoformat(",
            "chr(",
            "loads(",
        ],
    ),
    (&["KeyError"], &[".pop(", ".remove(", ".popitem("]),
    (&["IndexError"], &[".pop("]),
    (
        &["TypeError"],
        &["iter(", "len(", "sorted(", "sum(", "max(", "min(", "hash(", "reduce(", "callable("],
    ),
    (&["AttributeError"], &["getattr(", "delattr("]),
    (&["ZeroDivisionError"], &["/", "%", "divmod("]),
    (&["UnicodeDecodeError", "UnicodeError"], &[".decode(", "open(", "read_text("]),
    (&["UnicodeEncodeError", "UnicodeError"], &[".encode("]),
    (
        &[
            "OSError",
            "IOError",
            "FileNotFoundError",
            "PermissionError",
            "IsADirectoryError",
            "NotADirectoryError",
            "FileExistsError",
        ],
        &[
            "open(",
            "read_text(",
            "write_text(",
            "read_bytes(",
            "write_bytes(",
            "unlink(",
            "remove(",
            "rename(",
            "mkdir(",
            "makedirs(",
            "listdir(",
            "stat(",
            "fstat(",
        ],
    ),
    (&["ImportError", "ModuleNotFoundError"], &["import", "import_module("]),
];

impl Resolver<'_> {
    /// Whether a function raises an exception, itself or through calls in the repository.
    pub fn raises(&self, id: SymbolId, object: &Object<'_>) -> Truth {
        let name = object.last_name();
        let mut seen = Vec::new();
        self.reached(id, DEPTH, &mut seen);
        if seen.iter().any(|id| self.raises_itself(*id, name)) {
            return Truth::Holds;
        }
        let symbol = self.repository.symbol(id);
        // One that says itself what it raises is read as saying all that matters.
        let says = symbol.entity.raises.iter().any(|raise| !raise.exception.is_empty());
        let may = |id: &SymbolId| self.may_raise(*id, object.name());
        match !says && object.symbols().is_empty() && seen.iter().any(may) {
            true => Truth::Unknown,
            false => Truth::Not,
        }
    }

    /// A function with those that it calls.
    fn reached(&self, id: SymbolId, depth: usize, seen: &mut Vec<SymbolId>) {
        if seen.contains(&id) {
            return;
        }
        seen.push(id);
        if depth > 0 {
            let callees = self.repository.symbol(id).callees();
            let callees = callees.into_iter().flat_map(|name| self.repository.dotted(name));
            callees.for_each(|callee| self.reached(*callee, depth - 1, seen));
        }
    }

    /// Whether a raise statement names the exception, under its own name or another one, or a class that inherits from it.
    fn raises_itself(&self, id: SymbolId, name: &str) -> bool {
        let raises = &self.repository.symbol(id).entity.raises;
        raises.iter().filter(|raise| !raise.exception.is_empty()).any(|raise| {
            let raised = self.repository.unaliased(id.file, &raise.exception);
            let is_derived = || {
                let classes =
                    self.repository.named(&raised).iter().filter(|id| self.is_class(**id));
                let mut lines = classes.flat_map(|id| self.lineage(*id));
                lines.any(|id| ends_alike(self.repository.symbol(id).last_name(), name))
            };
            ends_alike(&raised, name) || ends_alike(&raise.exception, name) || is_derived()
        })
    }

    /// Whether the code of a function has something that may raise an exception of the language or of a library.
    fn may_raise(&self, id: SymbolId, name: &str) -> bool {
        let symbol = self.repository.symbol(id);
        let words = self.repository.words_of(id);
        let code = words.code();
        let last = name.rsplit('.').next().unwrap_or(name);
        let raises_again = symbol.entity.raises.iter().any(|raise| raise.exception.is_empty());
        if raises_again && words.has_name("except") && words.has_name(last) {
            return true;
        }
        if !is_builtin(last) {
            return self.uses_module_of(id, name);
        }
        let has = |piece: &str| match piece.ends_with('(') && !piece.starts_with('.') {
            true => has_piece(code, piece),
            false => code.contains(piece),
        };
        let listed = MAY_RAISE.iter().filter(|(names, _)| names.contains(&last));
        let is_subscript =
            ["KeyError", "IndexError", "LookupError"].contains(&last) && subscripts(code);
        is_subscript
            || last == "AssertionError" && words.has_name("assert")
            || last == "RecursionError" && code.matches(symbol.last_name()).count() > 1
            || listed.into_iter().any(|(_, pieces)| pieces.iter().any(|piece| has(piece)))
    }

    /// Whether a function calls something of the library that an exception comes from.
    fn uses_module_of(&self, id: SymbolId, name: &str) -> bool {
        let head = name.split('.').next().unwrap_or(name);
        let imports = &self.repository.file(id.file).imports;
        let target =
            imports.iter().find(|import| import.name == head).map(|import| import.target.as_str());
        let Some(module) = target.and_then(|target| target.split('.').next()) else { return false };
        let calls = &self.repository.symbol(id).calls;
        let targets = calls.iter().filter_map(|call| call.target.as_deref());
        let is_it = |target: &str| target.split('.').next() == Some(module);
        targets.into_iter().any(is_it) || self.repository.words_of(id).has_name(head)
    }
}

/// Whether squeezed code takes an element of something by an index or a key.
fn subscripts(code: &str) -> bool {
    const TYPES: [&str; 6] = ["list", "dict", "tuple", "set", "type", "frozenset"];
    code.match_indices('[').any(|(at, _)| {
        let before = &code[..at];
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let name = &before[before
            .rfind(|c| !is_part(c))
            .map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8))..];
        let is_value = name.starts_with(|c: char| c.is_lowercase() || c == '_')
            && !TYPES.contains(&name)
            || before.ends_with([')', ']'])
            || name.len() > 1
                && name.chars().all(|c| c.is_uppercase() || c == '_' || c.is_ascii_digit());
        let inner = code[at + 1..].split(']').next().unwrap_or_default();
        is_value && !inner.contains(':') && !inner.is_empty()
    })
}

/// Whether two dotted names may be of one thing: one is the end of the other, as `exc.Missing` is of `shop.exc.Missing`.
fn ends_alike(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() < other.len() { (other, one) } else { (one, other) };
    long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_taken_by_a_key_and_not_by_a_slice_or_in_a_type() {
        for code in ["return seq[n]", "value[0]==1", "f(x)[1]", "RATES[name]"] {
            assert!(subscripts(code), "{code}");
        }
        for code in ["seq[1:]", "x:list[int]", "typing.Optional[str]", "return [1]", "x=[]"] {
            assert!(!subscripts(code), "{code}");
        }
    }
}
