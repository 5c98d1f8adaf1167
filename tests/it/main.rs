//! Everything that needs an installed runtime or the whole program, in one binary: it links once.

mod cache;
mod cli;
mod commands;
mod determinism;
mod escape;
mod eval;
mod exec;
mod faults;
mod ground;
mod layering;
mod local_model;
mod model;
mod model_server;
mod quality;
mod recursion;
mod reference;
mod rejections;
mod resume;
mod scientific;
mod snapshots;
mod specimens;
mod spending;
mod stdlib;
mod support;
mod synth;
mod text;
