//! Whether a program can show what one of its functions is called.
//!
//! Invariant: a function that is only called, or only given to builtins that call it, shows its name to nobody, except in the message
//! of a call with the wrong number of arguments.

use ruff_python_ast::Expr;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr};

use super::syntax;

/// What gives the name of a function.
const SHOWING: [&str; 4] = ["__name__", "__qualname__", "__code__", "_getframe"];
/// Builtins, and functions of the library, that call what they are given and keep it from others.
const CALLING: [&str; 9] = ["all", "any", "filter", "map", "max", "min", "reduce", "sorted", "sum"];
/// The methods among them.
const CALLING_METHODS: [&str; 3] = ["reduce", "sort", "accumulate"];

/// Whether the name of the function that a variable holds can be shown: it goes somewhere else than into calls.
pub fn shows_name_of(source: &str, variable: &str) -> bool {
    let Ok(module) = syntax::module(source) else { return true };
    let mut names = syntax::tokens(source).into_iter().filter(|(kind, _)| *kind == TokenKind::Name);
    // `if __name__ == "__main__"` asks for the module's.
    let asks = names.any(|(_, range)| {
        let is_attribute = source.get(..range.start).unwrap_or_default().ends_with('.');
        let name = source.get(range).unwrap_or_default();
        SHOWING.contains(&name) && (is_attribute || name != SHOWING[0])
    });
    if asks || source.contains("'__name__'") || source.contains("\"__name__\"") {
        return true;
    }
    let mut uses = Uses { variable, all: 0, hidden: 0 };
    uses.visit_body(&module.body);
    uses.all != uses.hidden
}

struct Uses<'s> {
    variable: &'s str,
    all: usize,
    /// Those that only call it.
    hidden: usize,
}

impl Uses<'_> {
    fn is_own(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if name.ctx.is_load() && name.id.as_str() == self.variable)
    }
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.all += usize::from(self.is_own(expr));
        if let Expr::Call(call) = expr {
            self.hidden += usize::from(self.is_own(&call.func));
            let calls = match &*call.func {
                Expr::Name(name) => CALLING.contains(&name.id.as_str()),
                Expr::Attribute(method) => CALLING_METHODS.contains(&method.attr.as_str()),
                _ => false,
            };
            if calls {
                let given = call.arguments.args.iter();
                let given =
                    given.chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
                self.hidden += given.filter(|expr| self.is_own(expr)).count();
            }
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_is_only_called_shows_no_name() {
        for hidden in ["f(1)", "sorted(x, key=f)", "x.sort(key=f)", "list(map(f, x))", "__name__"] {
            assert!(!shows_name_of(&format!("f = lambda a: a\n{hidden}\n"), "f"), "{hidden}");
        }
        for shown in ["print(f)", "g = f", "f.__name__", "f(f)", "getattr(f(1), '__name__')"] {
            assert!(shows_name_of(&format!("f = lambda a: a\n{shown}\n"), "f"), "{shown}");
        }
    }
}
