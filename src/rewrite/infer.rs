//! Infers the builtin types of local variables and expressions.
//!
//! Invariant: a variable has a type only if every value that its function ever gives it has that type; a parameter, a global and a
//! variable that another scope binds have none.

use ruff_python_ast::{Expr, Number, Operator, UnaryOp};

use super::program::Program;
use super::references::{Origin, ScopeId, ScopeKind};
use super::types::{Knowledge, Type, Types};

/// Rounds of looking at all variables; what still changes then is unknown.
const MAX_ROUNDS: usize = 8;

/// Infers the types of all local variables.
pub(super) fn infer<'m>(program: &Program<'m>) -> Types<'m> {
    let origins = program.references.origins();
    let is_local = |scope: ScopeId| {
        matches!(
            program.references.scopes[scope].kind,
            ScopeKind::Function | ScopeKind::Comprehension | ScopeKind::Generator
        )
    };
    let mut types = Types::default();
    for &(scope, name) in origins.keys() {
        let known = if is_local(scope) { Knowledge::Nothing } else { Knowledge::Anything };
        types.variables.insert((scope, name), known);
    }
    for round in 0..=MAX_ROUNDS {
        let mut changed = Vec::new();
        for (&(scope, name), from) in origins.iter().filter(|((scope, _), _)| is_local(*scope)) {
            let before = types.variables[&(scope, name)];
            let after = from.iter().fold(before, |known, origin| {
                known.join(known_origin(program, &types, scope, before, origin))
            });
            if after != before {
                changed.push(((scope, name), after));
            }
        }
        if changed.is_empty() {
            return types;
        }
        for (key, after) in changed {
            types.variables.insert(key, after);
        }
        if round == MAX_ROUNDS {
            return Types::default();
        }
    }
    types
}

fn known_origin<'m>(
    program: &Program<'m>,
    types: &Types<'m>,
    scope: ScopeId,
    own: Knowledge,
    origin: &Origin<'m>,
) -> Knowledge {
    match origin {
        Origin::Value(value) => known(program, types, scope, value),
        Origin::Update(op, value) => {
            let value = known(program, types, scope, value);
            binary(program, own, *op, value, None)
        }
        Origin::Element(iterable) => match known(program, types, scope, iterable) {
            Knowledge::Is(Type::Range) => Knowledge::Is(Type::Int),
            Knowledge::Is(Type::Str) => Knowledge::Is(Type::Str),
            Knowledge::Nothing => Knowledge::Nothing,
            Knowledge::Is(_) | Knowledge::Anything => Knowledge::Anything,
        },
        Origin::Counter if program.is_builtin("enumerate") => Knowledge::Is(Type::Int),
        Origin::Counter | Origin::Unknown => Knowledge::Anything,
    }
}

impl Program<'_> {
    /// The type of an expression in a scope.
    pub(super) fn type_of(&self, scope: ScopeId, expr: &Expr) -> Option<Type> {
        match known(self, &self.types, scope, expr) {
            Knowledge::Is(kind) => Some(kind),
            Knowledge::Nothing | Knowledge::Anything => None,
        }
    }

    /// The type of a scope's own variable.
    pub(super) fn variable_type(&self, of: ScopeId, name: &str) -> Option<Type> {
        match self.types.variables.get(&(of, name)) {
            Some(Knowledge::Is(kind)) => Some(*kind),
            Some(Knowledge::Nothing | Knowledge::Anything) | None => None,
        }
    }

    /// Whether it is an integer and no boolean, which prints otherwise.
    pub(super) fn is_plain_int(&self, scope: ScopeId, expr: &Expr) -> bool {
        self.type_of(scope, expr) == Some(Type::Int)
    }

    /// Whether it is an integer or a boolean: both compute alike.
    pub(super) fn is_int(&self, scope: ScopeId, expr: &Expr) -> bool {
        matches!(self.type_of(scope, expr), Some(Type::Int | Type::Bool))
    }
}

fn known(program: &Program<'_>, types: &Types<'_>, scope: ScopeId, expr: &Expr) -> Knowledge {
    let of = |expr: &Expr| known(program, types, scope, expr);
    Knowledge::Is(match expr {
        Expr::NumberLiteral(number) => match number.value {
            Number::Int(_) => Type::Int,
            Number::Float(_) => Type::Float,
            Number::Complex { .. } => return Knowledge::Anything,
        },
        Expr::StringLiteral(_) | Expr::FString(_) => Type::Str,
        Expr::BooleanLiteral(_) => Type::Bool,
        Expr::NoneLiteral(_) => Type::None,
        Expr::List(_) | Expr::ListComp(_) => Type::List,
        Expr::Tuple(_) => Type::Tuple,
        Expr::Dict(_) | Expr::DictComp(_) => Type::Dict,
        Expr::Set(_) | Expr::SetComp(_) => Type::Set,
        Expr::Named(named) => return of(&named.value),
        Expr::If(node) => return of(&node.body).join(of(&node.orelse)),
        Expr::BoolOp(node) => {
            let start = Knowledge::Nothing;
            return node.values.iter().fold(start, |known, value| known.join(of(value)));
        }
        Expr::UnaryOp(node) => match (node.op, of(&node.operand)) {
            (UnaryOp::Not, _) => Type::Bool,
            (UnaryOp::USub | UnaryOp::UAdd, Knowledge::Is(Type::Float)) => Type::Float,
            (_, Knowledge::Is(Type::Int | Type::Bool)) => Type::Int,
            (_, Knowledge::Nothing) => return Knowledge::Nothing,
            _ => return Knowledge::Anything,
        },
        Expr::Compare(node)
            if program.is_tame || node.ops.iter().all(|op| op.is_is() || op.is_is_not()) =>
        {
            let has_known = std::iter::once(&*node.left)
                .chain(&node.comparators)
                .all(|one| matches!(of(one), Knowledge::Is(_)));
            let always = node
                .ops
                .iter()
                .all(|op| op.is_is() || op.is_is_not() || op.is_in() || op.is_not_in());
            if !always && !has_known {
                return Knowledge::Anything;
            }
            Type::Bool
        }
        Expr::BinOp(node) => {
            return binary(program, of(&node.left), node.op, of(&node.right), Some(&node.right));
        }
        Expr::Subscript(node) => match (of(&node.value), &*node.slice) {
            (Knowledge::Is(Type::Str), _) => Type::Str,
            (Knowledge::Is(Type::List), Expr::Slice(_)) => Type::List,
            (Knowledge::Is(Type::Tuple), Expr::Slice(_)) => Type::Tuple,
            (Knowledge::Is(Type::Range), Expr::Slice(_)) => Type::Range,
            (Knowledge::Is(Type::Range), _) => Type::Int,
            (Knowledge::Nothing, _) => return Knowledge::Nothing,
            _ => return Knowledge::Anything,
        },
        Expr::Name(name) => {
            let Some(of) = program.references.scope_of(scope, name.id.as_str()) else {
                return Knowledge::Anything;
            };
            let known = types.variables.get(&(of, name.id.as_str()));
            return known.copied().unwrap_or(Knowledge::Anything);
        }
        Expr::Call(call) => match &*call.func {
            Expr::Name(function) => {
                let name = function.id.as_str();
                let Some(result) = function_result(name) else {
                    let args = &*call.arguments.args;
                    let same = matches!(name, "abs" | "max" | "min")
                        && call.arguments.keywords.is_empty()
                        && (name == "abs" || args.len() > 1)
                        && !args.iter().any(Expr::is_starred_expr)
                        && program.is_builtin(name);
                    if !same {
                        return Knowledge::Anything;
                    }
                    let joined =
                        args.iter().fold(Knowledge::Nothing, |known, arg| known.join(of(arg)));
                    return match joined {
                        Knowledge::Is(Type::Bool) => Knowledge::Anything,
                        joined => joined,
                    };
                };
                if !program.is_builtin(name) {
                    return Knowledge::Anything;
                }
                result
            }
            Expr::Attribute(method) => match of(&method.value) {
                Knowledge::Is(Type::Str) => match str_method(method.attr.as_str()) {
                    Some(result) => result,
                    None => return Knowledge::Anything,
                },
                Knowledge::Nothing => return Knowledge::Nothing,
                _ => return Knowledge::Anything,
            },
            _ => return Knowledge::Anything,
        },
        _ => return Knowledge::Anything,
    })
}

fn function_result(name: &str) -> Option<Type> {
    Some(match name {
        "len" | "ord" | "int" | "hash" | "id" => Type::Int,
        "str" | "chr" | "bin" | "hex" | "oct" | "repr" | "input" | "ascii" | "format" => Type::Str,
        "float" => Type::Float,
        "bool" | "isinstance" | "all" | "any" | "callable" | "hasattr" | "issubclass" => Type::Bool,
        "list" | "sorted" => Type::List,
        "tuple" | "divmod" => Type::Tuple,
        "dict" => Type::Dict,
        "set" => Type::Set,
        "range" => Type::Range,
        "print" => Type::None,
        _ => return None,
    })
}

fn str_method(name: &str) -> Option<Type> {
    Some(match name {
        "capitalize" | "casefold" | "center" | "expandtabs" | "format" | "join" | "ljust"
        | "lower" | "lstrip" | "replace" | "rjust" | "rstrip" | "strip" | "swapcase" | "title"
        | "translate" | "upper" | "zfill" | "removeprefix" | "removesuffix" => Type::Str,
        "count" | "find" | "index" | "rfind" | "rindex" => Type::Int,
        "split" | "rsplit" | "splitlines" => Type::List,
        "partition" | "rpartition" => Type::Tuple,
        "endswith" | "isalnum" | "isalpha" | "isascii" | "isdecimal" | "isdigit"
        | "isidentifier" | "islower" | "isnumeric" | "isprintable" | "isspace" | "istitle"
        | "isupper" | "startswith" => Type::Bool,
        _ => return None,
    })
}

fn binary(
    program: &Program<'_>,
    left: Knowledge,
    op: Operator,
    right: Knowledge,
    right_expr: Option<&Expr>,
) -> Knowledge {
    use Knowledge::{Anything, Is, Nothing};
    if left == Nothing || right == Nothing {
        return Nothing;
    }
    let whole = |known| matches!(known, Is(Type::Int | Type::Bool));
    let number = |known| matches!(known, Is(kind) if Type::is_number(kind));
    let is_float = |known| known == Is(Type::Float);
    match op {
        Operator::Add | Operator::Sub | Operator::Mult | Operator::FloorDiv | Operator::Mod
            if whole(left) && whole(right) =>
        {
            Is(Type::Int)
        }
        Operator::Add | Operator::Sub | Operator::Mult | Operator::FloorDiv | Operator::Mod
            if number(left) && number(right) && (is_float(left) || is_float(right)) =>
        {
            Is(Type::Float)
        }
        Operator::Div if number(left) && number(right) => Is(Type::Float),
        Operator::BitAnd | Operator::BitOr | Operator::BitXor
            if whole(left) && whole(right) && left == Is(Type::Int) && right == Is(Type::Int) =>
        {
            Is(Type::Int)
        }
        Operator::LShift | Operator::RShift if whole(left) && whole(right) => Is(Type::Int),
        Operator::Pow
            if whole(left)
                && right_expr.is_some_and(Expr::is_number_literal_expr)
                && right == Is(Type::Int) =>
        {
            Is(Type::Int)
        }
        // Whatever is added to a text is a text, or it raises.
        Operator::Add
            if matches!(left, Is(Type::Str | Type::List | Type::Tuple))
                && (right == left || program.is_tame && right == Anything) =>
        {
            left
        }
        Operator::Mod if left == Is(Type::Str) => left,
        Operator::Mult
            if matches!(left, Is(Type::Str | Type::List | Type::Tuple)) && whole(right) =>
        {
            left
        }
        Operator::Mult
            if matches!(right, Is(Type::Str | Type::List | Type::Tuple)) && whole(left) =>
        {
            right
        }
        _ => Anything,
    }
}
