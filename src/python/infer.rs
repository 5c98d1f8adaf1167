//! Guesses what values a function's parameters take.
//!
//! Invariant: what the program declares (annotation, default, docstring) wins over what its uses suggest, and a name
//! counts only when nothing else is known.

use std::collections::BTreeSet;

use ruff_python_ast::StmtFunctionDef;

use super::classes::Classes;
use super::docstring;
use super::function::{Function, Param, ParamKind};
use super::literal;
use super::module::Module;
use super::naming::by_name;
use super::types::Type;
use super::usage;
use crate::sandbox::value::Value;

/// What is known of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamHints {
    pub name: String,
    /// The type of the parameter inside the function: a tuple for `*args`, a dictionary for `**kwargs`.
    pub ty: Type,
    /// Values the function compares the parameter (or parts of it) with; numbers come with both neighbours.
    pub literals: Vec<Value>,
    /// If the function calls it: the types that it is called with, and whether only the truth of the result counts.
    pub called: Option<(Vec<Type>, bool)>,
}

/// Infers a type and useful values for every parameter, in the order of the signature.
pub fn infer(module: &Module, function: &Function) -> Vec<ParamHints> {
    let Some(def) = module.def(function) else { return Vec::new() };
    hints(&classes(module), module, function, def)
}

/// The classes of a module, with what their constructors take.
pub(super) fn classes(module: &Module) -> Classes<'_> {
    Classes::of(module, |classes, module, function, def| {
        hints(classes, module, function, def).into_iter().map(|hints| hints.ty).collect()
    })
}

/// The same for any definition in the module, a method's among them.
pub(super) fn hints(
    classes: &Classes<'_>,
    module: &Module,
    function: &Function,
    def: &StmtFunctionDef,
) -> Vec<ParamHints> {
    let (shapes, roots) = usage::shapes(module.source(), def);
    let objects = |attributes: &BTreeSet<String>| classes.with_attributes(attributes);
    let takes_several = module.text_of(function).contains("isinstance");
    let hints = function.params.iter().zip(roots).map(|(param, root)| {
        let declared = declared(classes, function, param);
        let expected =
            if declared == Type::Any { by_name(&param.name) } else { Some(declared.clone()) };
        let used = shapes.conclude(root, expected, &objects);
        let mut literals = Vec::new();
        for value in shapes
            .literals(root)
            .into_iter()
            .chain(param.default.as_deref().and_then(literal::parse))
        {
            with_neighbours(value, &mut literals);
        }
        let mut ty = declared.refined_by(used);
        if param.annotation.is_none() && !takes_several {
            ty = one_of(ty);
        }
        let called = takes_callable(&ty).then(|| {
            let told = shapes.call_of(root, &objects);
            told.unwrap_or_else(|| (vec![Type::Any], false))
        });
        ParamHints {
            name: param.name.clone(),
            ty: default_allowed(param, whole(param.kind, ty)),
            literals,
            called,
        }
    });
    hints.collect()
}

/// One type of several that uses only suggest; `None` stays allowed.
fn one_of(ty: Type) -> Type {
    match ty {
        Type::Union(members) => {
            let takes_none = members.contains(&Type::None);
            let first = members.into_iter().find(|member| *member != Type::None);
            let first = first.unwrap_or(Type::None);
            if takes_none { first.or_none() } else { first }
        }
        other => other,
    }
}

fn takes_callable(ty: &Type) -> bool {
    match ty {
        Type::Callable => true,
        Type::Union(members) => members.iter().any(takes_callable),
        _ => false,
    }
}

/// The type that the program states, else `Any`.
fn declared(classes: &Classes<'_>, function: &Function, param: &Param) -> Type {
    let names = |name: &str| classes.resolve(name);
    if let Some(annotation) = &param.annotation {
        let ty = Type::of_annotation(annotation, &names);
        if ty != Type::Any {
            return ty;
        }
    }
    if let Some(default) = &param.default {
        match literal::parse(default) {
            Some(Value::None) => {}
            Some(default) => return Type::of_value(&default),
            // `Colour.RED` and `date(2024, 1, 31)` are of the class that they begin with.
            None => {
                let class = default.split('(').next().unwrap_or_default();
                let above = class.rsplit_once('.').map_or(class, |(above, _)| above);
                if let Some(ty) = classes.resolve(class).or_else(|| classes.resolve(above)) {
                    return ty;
                }
            }
        }
    }
    function
        .docstring
        .as_deref()
        .and_then(|doc| docstring::param_type(doc, &param.name))
        .unwrap_or(Type::Any)
}

/// A parameter with the default `None` accepts `None`, regardless of its annotation.
fn default_allowed(param: &Param, ty: Type) -> Type {
    if param.default.as_deref() == Some("None") { ty.or_none() } else { ty }
}

/// The type inside the function of a parameter that collects arguments.
fn whole(kind: ParamKind, ty: Type) -> Type {
    match (kind, ty) {
        (ParamKind::VarPositional, Type::List(element)) => Type::TupleOf(element),
        (ParamKind::VarPositional, ty @ (Type::Tuple(_) | Type::TupleOf(_))) => ty,
        (ParamKind::VarPositional, ty) => Type::TupleOf(Box::new(ty)),
        (ParamKind::VarKeyword, ty @ (Type::Dict(..) | Type::Record(_))) => ty,
        (ParamKind::VarKeyword, ty) => Type::dict(Type::Str, ty),
        (_, ty) => ty,
    }
}

fn with_neighbours(value: Value, into: &mut Vec<Value>) {
    let number = if let Value::Int(digits) = &value { digits.parse::<i128>().ok() } else { None };
    let neighbours = number
        .into_iter()
        .flat_map(|n| [n.checked_sub(1), n.checked_add(1)])
        .flatten()
        .map(Value::int);
    for candidate in std::iter::once(value).chain(neighbours) {
        if !into.contains(&candidate) {
            into.push(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(source: &str) -> Vec<ParamHints> {
        let module = Module::parse(source).unwrap();
        infer(&module, &module.functions()[0])
    }

    #[track_caller]
    fn is(source: &str, expected: Type) {
        assert_eq!(hints(source)[0].ty, expected, "{source}");
    }

    #[test]
    fn records_are_found_by_their_keys() {
        let source = "def f(cards):\n    t = 0\n    for card in cards:\n        if card['rank'] == 'A':\n            t += 1\n        elif str(card['suit']).isdigit():\n            t += card['value']\n    return t\n";
        let record = Type::Record(vec![
            ("rank".into(), Type::Str),
            ("suit".into(), Type::Any),
            ("value".into(), Type::Int),
        ]);
        is(source, Type::list(record));
        assert_eq!(hints(source)[0].literals, [Value::str("A")]);
    }

    #[test]
    fn uses_tell_types() {
        let int = || Type::Int;
        is("def f(x): return x % 2 == 0\n", int());
        is("def f(x): return x * 0.5\n", Type::Float);
        is("def f(x): return x.lower().split()\n", Type::Str);
        is("def f(x): return x['a'] + 1\n", Type::Record(vec![("a".into(), int())]));
        is("def f(x): return [k for k, v in x.items() if v == 1]\n", Type::dict(Type::Any, int()));
        is("def f(x):\n    for i in range(len(x)):\n        x[i] = x[i] + 1\n", Type::list(int()));
        is(
            "def f(x):\n    for i in range(3):\n        for j in range(3):\n            x[i][j] = 0\n",
            Type::list(Type::list(Type::Any)),
        );
        is("def f(x):\n    if x[0] == '-': return 1\n", Type::Str);
        is("def f(x):\n    a, b = x\n    return a % b\n", Type::Tuple(vec![int(), int()]));
        is("def f(x): return isinstance(x, str)\n", Type::Union(vec![Type::Str, int()]));
        is("def f(x): return ''.join(x)\n", Type::list(Type::Str));
        is("def f(x): return x(1)\n", Type::Callable);
        is("def f(x): return x.colour\n", Type::Any);
        is(
            "def f(x):\n    if x is None: return 0\n    return x - 1\n",
            Type::Union(vec![int(), Type::None]),
        );
    }

    #[test]
    fn declarations_win() {
        is("def f(s: list): return s[0].lower()\n", Type::list(Type::Str));
        is("def f(x, s=2): return x\n", Type::Any);
        assert_eq!(hints("def f(x, s='a'): return s + 1\n")[1].ty, Type::Str);
        is("def f(n=None): return n\n", Type::Union(vec![Type::Int, Type::None]));
        is("def f(x):\n    ''':param x: list'''\n    return x\n", Type::list(Type::Any));
        is("def f(*nums): return sum(nums)\n", Type::TupleOf(Box::new(Type::Int)));
    }

    #[test]
    fn names_are_the_last_resort() {
        is("def f(text): return g(text)\n", Type::Str);
        is("def f(nums): return len(nums)\n", Type::list(Type::Int));
        is("def f(word): return word[::-1]\n", Type::Str);
    }

    #[test]
    fn compared_values_are_kept_with_their_neighbours() {
        let found = hints(
            "def f(n, op):\n    d = {'+': 1}\n    if n > 10 or op in ('-', 'x'): return d[op]\n",
        );
        assert_eq!(found[0].literals, [Value::int(10), Value::int(9), Value::int(11)]);
        assert_eq!(found[1].literals, [Value::str("-"), Value::str("x"), Value::str("+")]);
    }

    #[test]
    fn a_rebound_name_is_no_parameter_any_more() {
        is("def f(x):\n    x = g()\n    return x.lower()\n", Type::Any);
        is("def f(x):\n    return [x.lower() for x in g()]\n", Type::Any);
    }
}
