//! The head of a function: what a caller has to know of it, as the source writes it.
//!
//! Invariant: a head is the function's own text up to its colon, without decorators.

use ruff_text_size::Ranged;

use super::function::Function;
use super::module::Module;

impl Module {
    /// The text from `def` to the colon that ends the head; empty for a function of another module.
    pub fn head_of(&self, function: &Function) -> String {
        let Some(def) = self.def(function) else { return String::new() };
        let name = def.name.start().to_usize();
        let start = self.source()[..name].rfind('\n').map_or(0, |end| end + 1);
        // The colon comes before the first statement, and nothing but parentheses and comments before it.
        let end = def.returns.as_deref().map_or(def.parameters.end(), Ranged::end).to_usize();
        let closing = self.source()[end..].find(':').unwrap_or_default();
        format!("{}:", self.source()[start..end + closing].trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(source: &str) -> String {
        let module = Module::parse(source).unwrap();
        module.head_of(module.function("f").unwrap())
    }

    #[test]
    fn a_head_ends_where_the_body_begins() {
        let source = "@d\n# def g():\ndef f(\n    a: dict[str, int],  # first\n    b=(1, 2),\n) -> int:\n    '''Doc: (.'''\n    return a\n";
        assert_eq!(
            head(source),
            "def f(\n    a: dict[str, int],  # first\n    b=(1, 2),\n) -> int:"
        );
        assert_eq!(head("async def f[T](x: T = '):'): return x\n"), "async def f[T](x: T = '):'):");
        assert_eq!(head("x = 1\ndef f() -> (int): pass\n"), "def f() -> (int):");
    }
}
