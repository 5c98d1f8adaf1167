//! What a scope does with a variable.
//!
//! Invariant: a use of the bare name that is not known to be harmless lets the value go elsewhere.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::scopes;

/// The uses of the variables of a scope, functions within it included.
#[derive(Default)]
pub(super) struct Uses<'a> {
    /// The attributes of each name that are read.
    pub attributes: HashMap<&'a str, HashSet<&'a str>>,
    /// Where each name is read otherwise.
    pub bare: HashMap<&'a str, Vec<TextSize>>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut uses = Self::default();
        let mut owners = HashSet::new();
        let attributes = scopes::picked(body, |expr| {
            let of = expr.as_attribute_expr()?;
            Some((of.value.as_name_expr()?, of.attr.as_str()))
        });
        for (name, attribute) in attributes {
            owners.insert(name.start());
            uses.attributes.entry(name.id.as_str()).or_default().insert(attribute);
        }
        let names = scopes::picked(body, Expr::as_name_expr);
        for name in names.into_iter().filter(|name| !name.ctx.is_store()) {
            if !owners.contains(&name.start()) {
                uses.bare.entry(name.id.as_str()).or_default().push(name.start());
            }
        }
        uses
    }

    /// Whether one of the attributes of a name is read.
    pub(super) fn has_any(&self, name: &str, attributes: &[&str]) -> bool {
        let found = self.attributes.get(name);
        found.is_some_and(|found| attributes.iter().any(|attribute| found.contains(attribute)))
    }

    /// Whether a name is used as a whole anywhere but in some places.
    pub(super) fn escapes(&self, name: &str, harmless: &HashSet<TextSize>) -> bool {
        self.bare
            .get(name)
            .is_some_and(|places| places.iter().any(|place| !harmless.contains(place)))
    }
}
