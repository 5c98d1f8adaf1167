//! What attributes, calls and members of values refer to, along classes and their bases.
//!
//! Invariant: hierarchies and chains of assignments are followed a bounded number of steps.

use std::collections::HashSet;

use super::entities::{Kind, SymbolId, Target, Unresolved};
use super::resolve::{BUILTIN_TYPES, MAX_STEPS, Resolver, UNKNOWN, Value};

/// Decorators that leave what a function gives as it is annotated.
const TRANSPARENT: [&str; 8] = [
    "staticmethod",
    "classmethod",
    "abstractmethod",
    "override",
    "final",
    "cache",
    "lru_cache",
    "wraps",
];

impl Resolver<'_> {
    pub(super) fn attribute(&self, holder: Value, name: &str, steps: u8) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return UNKNOWN };
        match holder {
            Value::Module(module) => self.member_of_module(&module, name, steps),
            Value::External(outer) => Value::External(format!("{outer}.{name}")),
            Value::Builtin(outer) => Value::Builtin(format!("{outer}.{name}")),
            Value::Symbol(id) => match self.symbol(id).kind {
                Kind::Class | Kind::Struct | Kind::Interface | Kind::Trait | Kind::Enum => {
                    self.member(id, name, false)
                }
                Kind::Constant | Kind::Attribute => match self.held(id, steps) {
                    // Only one step: a constant that is another constant is followed by `held`.
                    Value::Symbol(same) if same == id => UNKNOWN,
                    held => self.attribute(held, name, steps),
                },
                Kind::Function | Kind::Method => UNKNOWN,
            },
            Value::Instance(class) => self.of_instance(self.member(class, name, false), steps),
            Value::Super(class) => self.of_instance(self.member(class, name, true), steps),
            Value::Unknown(why) => Value::Unknown(why),
        }
    }

    /// What an instance gives for a member of its class: a property gives its result.
    pub(super) fn of_instance(&self, member: Value, steps: u8) -> Value {
        let Value::Symbol(id) = member else { return member };
        let decorators = &self.symbol(id).decorators;
        let is_property = decorators.iter().any(|decorator| {
            decorator.rsplit('.').next().is_some_and(|name| name.ends_with("property"))
        });
        match is_property {
            true => match &self.gives[id.0 as usize] {
                Some(gives) => self.value(self.symbol(id).file, gives, steps),
                None => UNKNOWN,
            },
            false => member,
        }
    }

    /// What a constant or attribute holds.
    pub(super) fn held(&self, id: SymbolId, steps: u8) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return UNKNOWN };
        let symbol = self.symbol(id);
        let Some(gives) = &self.gives[id.0 as usize] else { return UNKNOWN };
        match self.value(symbol.file, gives, steps) {
            Value::Symbol(other) if other != id && !self.is_called(other) => {
                self.held(other, steps)
            }
            value => value,
        }
    }

    /// What a call gives.
    pub(super) fn result(&self, called: Value, steps: u8) -> Value {
        match called {
            Value::Symbol(id) if self.symbol(id).kind.is_type() => Value::Instance(id),
            Value::Symbol(id) if self.symbol(id).kind.is_callable() => {
                let symbol = self.symbol(id);
                let is_plain = symbol.decorators.iter().all(|decorator| {
                    let head = decorator.split('(').next().unwrap_or_default();
                    TRANSPARENT.contains(&head.rsplit('.').next().unwrap_or(head))
                });
                match &self.gives[id.0 as usize] {
                    Some(gives) if is_plain => self.value(symbol.file, gives, steps),
                    Some(_) | None => UNKNOWN,
                }
            }
            Value::Symbol(id) => match self.held(id, steps) {
                Value::Symbol(other) if other != id && self.is_called(other) => {
                    self.result(Value::Symbol(other), steps.saturating_sub(1))
                }
                _ => UNKNOWN,
            },
            // By convention a class; what a function outside the tree gives is not known.
            Value::External(name) if is_class_name(&name) => Value::External(name),
            Value::Builtin(name) if BUILTIN_TYPES.contains(&&*name) => Value::Builtin(name),
            Value::Unknown(why) => Value::Unknown(why),
            Value::External(_)
            | Value::Builtin(_)
            | Value::Module(_)
            | Value::Instance(_)
            | Value::Super(_) => UNKNOWN,
        }
    }

    /// A member of a class, its own or inherited; with `above`, only an inherited one.
    pub(super) fn member(&self, class: SymbolId, name: &str, above: bool) -> Value {
        let mut order = Vec::new();
        let mut has_unknown_base = false;
        self.linearise(class, &mut order, &mut has_unknown_base, MAX_STEPS);
        // Of a class that is reached twice the last counts, as the ones before it are more special.
        let mut seen = HashSet::new();
        let mut classes: Vec<SymbolId> =
            order.into_iter().rev().filter(|class| seen.insert(*class)).collect();
        classes.reverse();
        for found in classes.into_iter().filter(|found| !above || *found != class) {
            let symbol = self.symbol(found);
            let scope = &self.files[symbol.file.0 as usize];
            if let Some(meaning) = scope.namespace.find(Some(found.0 - scope.first), name) {
                return self.meaning(symbol.file, meaning, MAX_STEPS);
            }
        }
        if name != "__getattr__"
            && matches!(self.member(class, "__getattr__", above), Value::Symbol(_))
        {
            return UNKNOWN;
        }
        Value::Unknown(match has_unknown_base {
            true => Unresolved::Inherited,
            false => Unresolved::Undefined,
        })
    }

    fn linearise(
        &self,
        class: SymbolId,
        order: &mut Vec<SymbolId>,
        has_unknown_base: &mut bool,
        steps: u8,
    ) {
        let Some(steps) = steps.checked_sub(1) else { return };
        order.push(class);
        // Hierarchies are small; one that is not is cut short rather than followed for ever.
        if order.len() > 500 {
            return;
        }
        for base in self.bases.get(&class).into_iter().flatten() {
            match base {
                Target::Symbol(base) if self.symbol(*base).kind.is_type() => {
                    self.linearise(*base, order, has_unknown_base, steps);
                }
                Target::Builtin(name) if name == "object" => {}
                Target::Symbol(_)
                | Target::Module(_)
                | Target::Namespace(_)
                | Target::External(_)
                | Target::Builtin(_)
                | Target::Unresolved(_) => *has_unknown_base = true,
            }
        }
    }
}

fn is_class_name(dotted: &str) -> bool {
    let name = dotted.rsplit('.').next().unwrap_or(dotted);
    name.chars().next().is_some_and(char::is_uppercase) && name.chars().any(char::is_lowercase)
}
