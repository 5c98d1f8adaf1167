//! Everything that needs an installed runtime or the whole program, in one binary: it links once.

mod determinism;
mod escape;
mod recursion;
mod specimens;
mod stdlib;
mod support;
