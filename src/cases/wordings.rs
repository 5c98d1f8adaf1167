//! The words that questions are asked in: a dozen for each kind.
//!
//! Invariant: the same call is asked about in the same words, so that a reader can write its question again.

/// `CALL` gives what?
pub(super) const PREDICT: [&str; 12] = [
    "What is the result of `CALL`?",
    "What does `CALL` give?",
    "Predict the result of `CALL`.",
    "Trace `CALL` and state its result.",
    "Work out what `CALL` evaluates to.",
    "Step through `CALL`. What comes out?",
    "Without running the code, determine the result of `CALL`.",
    "If someone evaluates `CALL`, what do they get?",
    "Given the code above, what is the outcome of `CALL`?",
    "Follow the execution of `CALL` and give its result.",
    "Evaluate `CALL` by hand.",
    "Which value does `CALL` produce?",
];

/// Which arguments give `RESULT`?
pub(super) const FIND: [&str; 12] = [
    "Find arguments for which `ENTRY` gives `RESULT`.",
    "Which call of `ENTRY` gives `RESULT`?",
    "Give arguments that make `ENTRY` return `RESULT`.",
    "With what arguments is the result of `ENTRY` equal to `RESULT`?",
    "Write a call of `ENTRY` whose result is `RESULT`.",
    "How can `ENTRY` be called so that it gives `RESULT`?",
    "A call of `ENTRY` gave `RESULT`. What might its arguments have been?",
    "Suggest an input of `ENTRY` that leads to `RESULT`.",
    "For what input does `ENTRY` produce `RESULT`?",
    "Work backwards: which arguments of `ENTRY` result in `RESULT`?",
    "Construct a call of `ENTRY` that yields the result `RESULT`.",
    "I want `ENTRY` to give `RESULT`. What should I pass to it?",
];

/// Why does `CALL` raise `ERROR`?
pub(super) const RAISE: [&str; 12] = [
    "Why does `CALL` raise `ERROR`?",
    "Explain why `CALL` fails with `ERROR`.",
    "What causes the `ERROR` of `CALL`?",
    "`CALL` raises `ERROR`. Where does it come from?",
    "Which line makes `CALL` raise `ERROR`, and why?",
    "How does `CALL` end up with `ERROR`?",
    "Trace `CALL` to the place where `ERROR` is raised.",
    "What is the reason for the `ERROR` that `CALL` raises?",
    "Someone called `CALL` and got `ERROR`. What happened?",
    "What leads to `ERROR` in `CALL`?",
    "Describe how `CALL` comes to raise `ERROR`.",
    "Why does `CALL` not return a value but raise `ERROR`?",
];

/// Which branches does `CALL` take?
pub(super) const BRANCHES: [&str; 12] = [
    "Which way does `CALL` go through the branches of the code?",
    "Which branches does `CALL` take?",
    "How do the conditions come out during `CALL`?",
    "Describe the path of `CALL` through the code.",
    "Which conditions hold during `CALL`, and which do not?",
    "What decides the result of `CALL`? Name every decision.",
    "Go through the decisions that the code makes for `CALL`.",
    "Follow the control flow of `CALL`.",
    "For `CALL`, say how each condition turns out.",
    "What path does execution take for `CALL`?",
    "List the branch decisions made while `CALL` runs.",
    "How does control move through the code for `CALL`?",
];

/// The wording for a call: another one for another call or program.
pub(super) fn pick(wordings: &[&'static str; 12], program: &str, call: &str) -> &'static str {
    let mut hash = blake3::Hasher::new();
    hash.update(program.as_bytes()).update(b"|").update(call.as_bytes());
    let first =
        u64::from_le_bytes(*hash.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes"));
    wordings[(first % wordings.len() as u64) as usize]
}
