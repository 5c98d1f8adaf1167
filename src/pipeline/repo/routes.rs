//! Where the routes of a web application begin: the object that a decorator registers a handler with, and its prefix.
//!
//! Invariant: a route is told only if nothing outside of the text that was read may put a prefix before it.

use super::code::{Code, last_name};
use super::context::Excerpt;
use crate::error::Result;
use crate::index::{Call, Endpoint, FileId, SymbolId, Target};
use crate::python::sites::Sites;

/// Classes of applications: their routes begin at the root.
const APPLICATIONS: [&str; 5] = ["Flask", "FastAPI", "Quart", "Sanic", "Starlette"];
/// Classes of parts of an application, whose routes may get a prefix.
const PARTS: [&str; 2] = ["Blueprint", "APIRouter"];
/// What adds a part to an application, and may give it a prefix of its own.
const REGISTRATIONS: [&str; 3] = ["register_blueprint", "include_router", "mount"];

/// How an endpoint is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    file: FileId,
    /// The object in its decorator.
    pub receiver: String,
    /// What stands before the path of each of its routes.
    pub prefix: String,
    /// The line that makes the object, if the same file has it.
    made_at: Option<u32>,
}

impl Route {
    /// The way an endpoint is registered; none if a prefix may come from somewhere else.
    pub fn of(code: &Code<'_>, endpoint: &Endpoint) -> Result<Option<Self>> {
        let text = code.text(endpoint.file)?;
        let decorator = text.lines().nth(endpoint.line as usize - 1).unwrap_or_default();
        let Some((receiver, own)) = read(decorator.trim()) else { return Ok(None) };
        let Some(prefix) = endpoint.path.strip_suffix(own) else { return Ok(None) };
        let Some((class, made_at)) = class_of(code, endpoint.file, receiver)? else {
            return Ok(None);
        };
        let is_known = match APPLICATIONS.contains(&class.as_str()) {
            true => prefix.is_empty(),
            false => PARTS.contains(&class.as_str()) && !may_be_prefixed(code)?,
        };
        let route = Self {
            file: endpoint.file,
            receiver: receiver.to_owned(),
            prefix: prefix.to_owned(),
            made_at,
        };
        Ok(is_known.then_some(route))
    }

    /// The routes of the file: their decorators, the heads of their handlers, and the object that they belong to.
    pub fn shown(&self, code: &Code<'_>) -> Excerpt {
        let mut excerpt = Excerpt::default();
        for endpoint in code.index.endpoints_of(self.file) {
            excerpt.line(code, self.file, endpoint.line);
            excerpt.head(code, endpoint.handler);
        }
        if let Some(line) = self.made_at {
            excerpt.line(code, self.file, line);
        }
        excerpt
    }
}

/// The object and the path of a decorator: `@api.route("/tools")`.
fn read(decorator: &str) -> Option<(&str, &str)> {
    let (callee, arguments) = decorator.strip_prefix('@')?.split_once('(')?;
    let (receiver, _) = callee.rsplit_once('.')?;
    let arguments = arguments.trim_start();
    let quote = arguments.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let (path, _) = arguments[1..].split_once(quote)?;
    Some((receiver, path))
}

/// The class of an object, as the text names it, and the line of the same file that makes it.
fn class_of(code: &Code<'_>, file: FileId, name: &str) -> Result<Option<(String, Option<u32>)>> {
    let index = code.index;
    let class = |value: &str| {
        let (callee, _) = value.split_once('(')?;
        Some(last_name(callee.trim()).to_owned())
    };
    let of_symbol = |id: SymbolId| index.symbol(id).value.as_deref().and_then(class);
    let imported = index
        .imports_of(file)
        .iter()
        .filter(|import| {
            import.alias.as_ref().or(import.name.as_ref()).is_some_and(|one| one == name)
        })
        .find_map(
            |import| if let Target::Symbol(id) = import.target { of_symbol(id) } else { None },
        );
    if let Some(class) = imported {
        return Ok(Some((class, None)));
    }
    let text = code.text(file)?;
    let made = text.lines().zip(1..).find_map(|(line, number)| {
        let rest = line.trim_start().strip_prefix(name)?.trim_start();
        let value = match rest.strip_prefix(':') {
            Some(annotated) => annotated.split_once('=')?.1,
            None => rest.strip_prefix('=')?,
        };
        Some((class(value)?, Some(number)))
    });
    Ok(made)
}

/// Whether any part of an application is registered with a prefix, or with another part.
fn may_be_prefixed(code: &Code<'_>) -> Result<bool> {
    let index = code.index;
    let is_registration =
        |call: &&Call| REGISTRATIONS.iter().any(|name| last_name(&call.callee) == *name);
    for call in index.calls.iter().filter(is_registration) {
        let sites = Sites::of_file(&code.text(call.file)?);
        let mut here =
            sites.calls.iter().filter(|site| site.line == call.line && site.callee == call.callee);
        let has_prefix = here.any(|site| site.text.contains("prefix"));
        let (receiver, _) = call.callee.rsplit_once('.').unwrap_or_default();
        let class = class_of(code, call.file, receiver)?;
        let is_part = class.is_some_and(|(class, _)| PARTS.contains(&class.as_str()));
        if has_prefix || is_part || last_name(&call.callee) == "mount" {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_and_the_path_of_a_decorator_are_read() {
        assert_eq!(read("@api.route(\"/tools\", methods=[\"GET\"])"), Some(("api", "/tools")));
        assert_eq!(read("@self.app.get('/')"), Some(("self.app", "/")));
        assert_eq!(read("@api.route(PATH)"), None);
        assert_eq!(read("@route"), None);
    }
}
