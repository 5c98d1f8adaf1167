//! What new rows ask for.
//!
//! Invariant: a row states its task, so that a reader knows whether its solution is a program or a text.

use crate::named::named_enum;

named_enum! {
    /// What a new row asks for.
    pub enum Task {
        /// A program that does what is described.
        Generation = "generation",
        /// A text that says what a program does.
        Summary = "summary",
        /// A program in Python that does what a program in another language does.
        Translation = "translation",
        /// A program without the fault of the one that is given.
        Repair = "repair",
    }
}

impl Task {
    /// What is asked for, as prompts say it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Generation => "a Python program is to be written from a description",
            Self::Summary => "a text is to say what a Python program does",
            Self::Translation => {
                "a program in another programming language is to be written in Python"
            }
            Self::Repair => "a faulty Python program is to be repaired",
        }
    }

    /// Whether the solution is a program, which tests decide about.
    pub fn has_tests(self) -> bool {
        match self {
            Self::Generation | Self::Translation | Self::Repair => true,
            Self::Summary => false,
        }
    }
}
