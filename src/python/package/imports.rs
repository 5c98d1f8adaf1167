//! What import statements bind, and which modules they mean.
//!
//! Invariant: a relative import is made absolute from the package that it stands in, or is refused.

use ruff_python_ast::{Expr, Stmt, StmtIf};

/// One name that an import binds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::python) struct Import {
    /// The name in the importing scope; `*` for all names of the module.
    pub binds: String,
    /// Leading dots.
    pub level: u32,
    /// The module as written, without the dots.
    pub module: String,
    /// What of the module, after `from`.
    pub member: Option<String>,
    /// Whether `import a.b` binds `a` alone.
    pub binds_top: bool,
    /// Whether it stands under `if TYPE_CHECKING`.
    pub for_types: bool,
}

impl Import {
    /// Whether another import of the same name may bind it to something else.
    pub(super) fn is_other(&self, other: &Self) -> bool {
        // `import a.b` and `import a.c` both bind `a`.
        let is_same_top = self.binds_top && other.binds_top;
        !is_same_top
            && (self.level, &self.module, &self.member)
                != (other.level, &other.module, &other.member)
    }

    /// The absolute name of the module in a package; `None` if it lies above the top.
    pub(super) fn absolute(&self, package: &str) -> Option<String> {
        if self.level == 0 {
            return Some(self.module.clone());
        }
        let mut base = package;
        for _ in 1..self.level {
            if base.is_empty() {
                return None;
            }
            base = parent(base);
        }
        let parts = [base, &self.module];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("."))
    }
}

/// The package of a module, by their names; empty at the top.
pub(super) fn parent(module: &str) -> &str {
    module.rsplit_once('.').map_or("", |(package, _)| package)
}

/// The first part of a dotted name.
pub(in crate::python) fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// The names that a statement imports itself; none if it is not an import.
pub(in crate::python) fn imports_of(stmt: &Stmt) -> Vec<Import> {
    match stmt {
        Stmt::Import(import) => import
            .names
            .iter()
            .map(|alias| Import {
                binds: alias
                    .asname
                    .as_ref()
                    .map_or_else(|| top(&alias.name).to_owned(), ToString::to_string),
                level: 0,
                module: alias.name.to_string(),
                member: None,
                binds_top: alias.asname.is_none() && alias.name.contains('.'),
                for_types: false,
            })
            .collect(),
        Stmt::ImportFrom(import) => import
            .names
            .iter()
            .map(|alias| Import {
                binds: alias.asname.as_ref().unwrap_or(&alias.name).to_string(),
                level: import.level,
                module: import.module.as_ref().map_or_else(String::new, ToString::to_string),
                member: Some(alias.name.to_string()),
                binds_top: false,
                for_types: false,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The imports of a block that has nothing else.
pub(super) fn imports_only(body: &[Stmt]) -> Option<Vec<Import>> {
    let is_import = |stmt: &Stmt| matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_));
    body.iter().all(is_import).then(|| body.iter().flat_map(imports_of).collect())
}

/// Whether a branch is for type checkers alone and never runs.
pub(super) fn is_for_type_checkers(branch: &StmtIf) -> bool {
    match &*branch.test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}
