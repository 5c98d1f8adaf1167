//! The builtin types that expressions and local variables surely have.
//!
//! Invariant: nothing known yet is not the same as nothing known at all, and knowledge that is joined never grows.

use std::collections::HashMap;

use super::references::ScopeId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Float,
    Bool,
    Str,
    None,
    List,
    Tuple,
    Dict,
    Set,
    Range,
}

impl Type {
    /// Whether no operator changes an object of the type in place.
    pub(super) fn is_immutable(self) -> bool {
        match self {
            Self::Int | Self::Float | Self::Bool | Self::Str | Self::None | Self::Tuple => true,
            Self::List | Self::Dict | Self::Set | Self::Range => false,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Bool)
    }

    /// Whether `len` takes any of them, and an empty one is false. Ranges may be longer than `len` can say.
    pub(super) fn is_sized(self) -> bool {
        matches!(self, Self::Str | Self::List | Self::Tuple | Self::Dict | Self::Set)
    }
}

/// What is known of a variable; nothing yet is not the same as nothing at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knowledge {
    Nothing,
    Is(Type),
    Anything,
}

impl Knowledge {
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, known) | (known, Self::Nothing) => known,
            (one, two) if one == two => one,
            (Self::Is(_) | Self::Anything, Self::Is(_) | Self::Anything) => Self::Anything,
        }
    }
}

/// The types of variables.
#[derive(Debug, Default)]
pub(super) struct Types<'m> {
    pub variables: HashMap<(ScopeId, &'m str), Knowledge>,
}
