//! The regular expressions and the formats of dates that a program reads texts with.
//!
//! Invariant: only literals count.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall};

use super::module::Module;
use super::types::dotted;

/// Patterns of one program.
const MAX_PATTERNS: usize = 20;

/// What texts a program looks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patterns {
    /// Regular expressions, and whether each is held to a whole text.
    pub regexes: Vec<(String, bool)>,
    /// Formats such as `%Y-%m-%d` that texts are read by.
    pub dates: Vec<String>,
}

/// Finds the patterns of a program.
pub fn patterns(module: &Module) -> Patterns {
    let searches = [".search(", ".findall(", ".finditer(", ".sub(", ".split("];
    let is_searched = searches.iter().any(|call| module.source().contains(call));
    let mut walk = Walk { found: Patterns::default(), is_searched };
    walk.visit_body(module.body());
    walk.found
}

struct Walk {
    found: Patterns,
    is_searched: bool,
}

impl Walk {
    fn call(&mut self, call: &ExprCall) {
        let Some(name) = dotted(&call.func) else { return };
        let args = &*call.arguments.args;
        let text =
            |expr: &Expr| expr.as_string_literal_expr().map(|text| text.value.to_str().to_owned());
        if name.ends_with("strptime")
            && let Some(format) = args.get(1).and_then(text)
        {
            self.found.dates.push(format);
        }
        let Some(function) = name.strip_prefix("re.") else { return };
        let is_whole = match function {
            "match" | "fullmatch" => true,
            "search" | "findall" | "finditer" | "sub" | "subn" | "split" => false,
            "compile" => !self.is_searched,
            _ => return,
        };
        if let Some(pattern) = args.first().and_then(text)
            && self.found.regexes.len() < MAX_PATTERNS
        {
            let flags =
                args.iter().skip(1).chain(call.arguments.keywords.iter().map(|one| &one.value));
            let is_verbose =
                flags.filter_map(dotted).any(|flag| flag == "re.VERBOSE" || flag == "re.X");
            let pattern = if is_verbose { format!("(?x){pattern}") } else { pattern };
            self.found.regexes.push((pattern, is_whole));
        }
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_and_formats_are_found() {
        let source = "import re\nA = re.compile(r'\\d+ x', re.VERBOSE)\ndef f(s):\n    datetime.strptime(s, '%H:%M')\n    return re.match('a|b', s)\n";
        let found = patterns(&Module::parse(source).unwrap());
        assert_eq!(found.regexes, [("(?x)\\d+ x".to_owned(), true), ("a|b".to_owned(), true)]);
        assert_eq!(found.dates, ["%H:%M"]);
    }
}
