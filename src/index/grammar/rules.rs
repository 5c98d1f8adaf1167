//! What the grammars call the things that the index knows.
//!
//! Invariant: a kind of node that is not listed is walked through, so that what is inside it is found.

use tree_sitter::Language as Grammar;

use crate::index::entities::{Kind, Language};

/// The names of one language's grammar.
pub(super) struct Rules {
    pub language: Language,
    /// Kinds of nodes that define a symbol by their field `name`.
    pub definitions: &'static [(&'static str, Kind)],
    /// Kinds of nodes that call, each with the field of what is called.
    pub calls: &'static [(&'static str, &'static str)],
    /// Kinds of nodes that are members of something, with the fields of the object and of the name.
    pub members: &'static [(&'static str, &'static str, &'static str)],
    /// The node of a method's receiver.
    pub receiver: &'static str,
    /// Kinds of nodes that hold statements.
    pub blocks: &'static [&'static str],
    /// Kinds of nodes that declare variables, with the field of the names.
    pub locals: &'static [(&'static str, &'static str)],
    /// Names that need no definition.
    pub builtins: &'static [&'static str],
}

const SCRIPT: Rules = Rules {
    language: Language::JavaScript,
    definitions: &[
        ("function_declaration", Kind::Function),
        ("generator_function_declaration", Kind::Function),
        ("function_signature", Kind::Function),
        ("class_declaration", Kind::Class),
        ("abstract_class_declaration", Kind::Class),
        ("method_definition", Kind::Method),
        ("abstract_method_signature", Kind::Method),
        ("method_signature", Kind::Method),
        ("interface_declaration", Kind::Interface),
        ("enum_declaration", Kind::Enum),
        ("field_definition", Kind::Attribute),
        ("public_field_definition", Kind::Attribute),
        ("variable_declarator", Kind::Constant),
    ],
    calls: &[("call_expression", "function"), ("new_expression", "constructor")],
    members: &[("member_expression", "object", "property")],
    receiver: "this",
    blocks: &["statement_block"],
    locals: &[
        ("variable_declarator", "name"),
        ("for_in_statement", "left"),
        ("catch_clause", "parameter"),
    ],
    builtins: &[
        "Array",
        "BigInt",
        "Boolean",
        "Buffer",
        "Date",
        "Error",
        "JSON",
        "Map",
        "Math",
        "Number",
        "Object",
        "Promise",
        "Proxy",
        "RangeError",
        "Reflect",
        "RegExp",
        "Set",
        "String",
        "Symbol",
        "TypeError",
        "URL",
        "WeakMap",
        "WeakSet",
        "clearInterval",
        "clearTimeout",
        "console",
        "decodeURIComponent",
        "document",
        "encodeURIComponent",
        "fetch",
        "globalThis",
        "isFinite",
        "isNaN",
        "parseFloat",
        "parseInt",
        "process",
        "queueMicrotask",
        "require",
        "setInterval",
        "setTimeout",
        "structuredClone",
        "window",
    ],
};

const GO: Rules = Rules {
    language: Language::Go,
    definitions: &[
        ("function_declaration", Kind::Function),
        ("method_declaration", Kind::Method),
        ("type_spec", Kind::Struct),
        ("const_spec", Kind::Constant),
        ("var_spec", Kind::Constant),
        ("field_declaration", Kind::Attribute),
        ("method_elem", Kind::Method),
    ],
    calls: &[("call_expression", "function")],
    members: &[("selector_expression", "operand", "field")],
    receiver: "",
    blocks: &["block", "statement_list"],
    locals: &[
        ("short_var_declaration", "left"),
        ("var_spec", "name"),
        ("range_clause", "left"),
        ("const_spec", "name"),
    ],
    builtins: &[
        "append", "cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make",
        "max", "min", "new", "panic", "print", "println", "real", "recover", "bool", "byte",
        "error", "float32", "float64", "int", "int16", "int32", "int64", "int8", "rune", "string",
        "uint", "uint16", "uint32", "uint64", "uint8", "uintptr",
    ],
};

const RUST: Rules = Rules {
    language: Language::Rust,
    definitions: &[
        ("function_item", Kind::Function),
        ("function_signature_item", Kind::Method),
        ("struct_item", Kind::Struct),
        ("union_item", Kind::Struct),
        ("enum_item", Kind::Enum),
        ("trait_item", Kind::Trait),
        ("const_item", Kind::Constant),
        ("static_item", Kind::Constant),
        ("field_declaration", Kind::Attribute),
    ],
    calls: &[("call_expression", "function")],
    members: &[("field_expression", "value", "field"), ("scoped_identifier", "path", "name")],
    receiver: "self",
    blocks: &["block"],
    locals: &[
        ("let_declaration", "pattern"),
        ("for_expression", "pattern"),
        ("let_condition", "pattern"),
        ("match_pattern", ""),
    ],
    builtins: &[
        "Box", "Err", "None", "Ok", "Option", "Result", "Some", "String", "ToString", "Vec",
        "drop", "bool", "char", "f32", "f64", "i16", "i32", "i64", "i8", "isize", "str", "u16",
        "u32", "u64", "u8", "usize",
    ],
};

const JAVA: Rules = Rules {
    language: Language::Java,
    definitions: &[
        ("class_declaration", Kind::Class),
        ("record_declaration", Kind::Class),
        ("interface_declaration", Kind::Interface),
        ("annotation_type_declaration", Kind::Interface),
        ("enum_declaration", Kind::Enum),
        ("method_declaration", Kind::Method),
        ("constructor_declaration", Kind::Method),
    ],
    calls: &[("method_invocation", ""), ("object_creation_expression", "type")],
    members: &[("field_access", "object", "field")],
    receiver: "this",
    blocks: &["block", "constructor_body"],
    locals: &[
        ("variable_declarator", "name"),
        ("enhanced_for_statement", "name"),
        ("catch_formal_parameter", "name"),
        ("resource", "name"),
    ],
    builtins: &[
        "Boolean",
        "Character",
        "Class",
        "Double",
        "Exception",
        "Float",
        "IllegalArgumentException",
        "IllegalStateException",
        "Integer",
        "Iterable",
        "Long",
        "Math",
        "NullPointerException",
        "Object",
        "Runnable",
        "RuntimeException",
        "Short",
        "String",
        "StringBuilder",
        "System",
        "Thread",
        "UnsupportedOperationException",
    ],
};

impl Rules {
    /// The names of a language's grammar.
    pub fn of(language: Language) -> Self {
        match language {
            Language::JavaScript | Language::Python => SCRIPT,
            Language::TypeScript => Self { language, ..SCRIPT },
            Language::Go => GO,
            Language::Rust => RUST,
            Language::Java => JAVA,
        }
    }

    /// The grammar for a file.
    pub fn grammar(&self, path: &str) -> Grammar {
        match self.language {
            Language::JavaScript | Language::Python => tree_sitter_javascript::LANGUAGE.into(),
            Language::TypeScript if path.ends_with(".tsx") => {
                tree_sitter_typescript::LANGUAGE_TSX.into()
            }
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
        }
    }

    /// The kind of symbol that a kind of node defines.
    pub fn definition(&self, node: &str) -> Option<Kind> {
        self.definitions.iter().find(|(kind, _)| *kind == node).map(|(_, kind)| *kind)
    }
}
