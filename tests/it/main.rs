//! Everything that needs an installed runtime or the whole program, in one binary: it links once.

mod cli;
mod determinism;
mod escape;
mod layering;
mod model;
mod quality;
mod recursion;
mod reference;
mod rejections;
mod resume;
mod specimens;
mod stdlib;
mod support;
mod synth;
