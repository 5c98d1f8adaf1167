//! Reads Python source without running it: functions, what they need, literals, types, known calls and mutants.
//!
//! Invariant: every answer is computed from one parse of the text, and every span is a byte range of that text.

pub mod asserts;
mod bindings;
mod builtin_uses;
pub(crate) mod builtins;
pub mod bundle;
pub mod call;
pub mod checked;
pub mod clocks;
mod closure;
mod collection;
pub mod constants;
mod depth;
pub mod docstring;
pub mod examples;
pub mod fragment;
pub mod function;
pub mod hash_order;
mod head;
mod identifier;
mod imports;
pub mod infer;
pub mod literal;
mod locals;
mod main_block;
pub mod mentions;
pub mod module;
pub mod mutate;
mod names;
mod naming;
mod parts;
mod same_tree;
mod scopes;
mod shapes;
pub mod sharing;
pub mod sites;
mod snippet;
pub mod spelled;
pub mod state;
pub(crate) mod syntax;
mod test_script;
pub mod tokens;
pub mod types;
mod usage;
pub mod vocabulary;

pub use call::{Call, Calls, is_call, parse_calls};
pub use function::{Function, Param, ParamKind};
pub use identifier::{is_dotted_identifier, is_identifier};
pub use imports::imported_modules;
pub(crate) use main_block::is_main;
pub use main_block::without_main_block;
pub use module::Module;
pub use same_tree::{same_tree, tree_digest};
pub use syntax::SyntaxError;
pub use vocabulary::Vocabulary;
