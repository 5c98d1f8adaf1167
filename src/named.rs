//! Enums whose variants have one name each in files and tables.
//!
//! Invariant: a variant's name, its serialised form and the list of all variants come from one line.

/// Defines an enum with `ALL`, `name` and `from_name`; serde writes and reads the same names.
macro_rules! named_enum {
    (
        $(#[$attribute:meta])*
        pub enum $Enum:ident { $( $(#[$doc:meta])* $Variant:ident = $name:literal, )+ }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $Enum { $( $(#[$doc])* #[serde(rename = $name)] $Variant, )+ }

        impl $Enum {
            /// Every variant, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The name in files and tables.
            pub fn name(self) -> &'static str {
                match self { $(Self::$Variant => $name,)+ }
            }

            /// The variant with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.name() == name)
            }
        }
    };
}

pub(crate) use named_enum;
