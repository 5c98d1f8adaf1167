//! What the languages other than Python cost: the start of an interpreter, and a loop of a million steps.
//!
//! `cargo bench --bench languages`; a language that is not installed is left out.

use std::time::Instant;

use tgsand::sandbox::{Job, Language, Limits, Sandbox, runtime};

const RUNS: usize = 20;

fn program(language: Language) -> &'static str {
    match language {
        Language::Javascript => {
            "let s = 0; for (let i = 0; i < 1000000; i++) s += i; console.log(s)"
        }
        Language::Typescript => {
            "let s: number = 0; for (let i: number = 0; i < 1000000; i++) s += i; console.log(s)"
        }
        Language::Ruby => "s = 0; i = 0; while i < 1000000; s += i; i += 1; end; puts s",
        Language::Php => "<?php $s = 0; for ($i = 0; $i < 1000000; $i++) $s += $i; echo $s;",
        Language::C | Language::Cpp => {
            "#include <stdio.h>\nint main() { volatile long long s = 0; for (int i = 0; i < 1000000; i++) s += i; printf(\"%lld\", s); }"
        }
        Language::Go => {
            "package main\n\nfunc main() {\n\ts := 0\n\tfor i := range 1000000 {\n\t\ts += i\n\t}\n\tprintln(s)\n}"
        }
        Language::Lua => "local s = 0 for i = 0, 999999 do s = s + i end print(s)",
        Language::Perl => "my $s = 0; for (my $i = 0; $i < 1000000; $i++) { $s += $i } print $s;",
        Language::Sql => {
            "with recursive c(n) as (select 0 union all select n + 1 from c where n < 999999)
             select sum(n) from c"
        }
    }
}

/// A program that does nothing.
fn empty(language: Language) -> &'static str {
    match language {
        Language::C | Language::Cpp => "int main() {}",
        Language::Go => "package main\n\nfunc main() {}",
        Language::Javascript
        | Language::Typescript
        | Language::Ruby
        | Language::Sql
        | Language::Php
        | Language::Perl
        | Language::Lua => "",
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:12} {:>9} {:>12} {:>9} {:>14}", "language", "start ms", "fuel", "loop ms", "fuel");
    for language in Language::ALL {
        let runtime = runtime::named(language.name())?;
        if runtime.manifest().is_none() {
            println!("{:12} not installed", language.name());
            continue;
        }
        let sandbox = Sandbox::open(&runtime, 1)?;
        let (start, start_fuel) = median(&sandbox, empty(language))?;
        let (looped, loop_fuel) = median(&sandbox, program(language))?;
        println!("{:12} {start:9.2} {start_fuel:12} {looped:9.1} {loop_fuel:14}", language.name());
    }
    Ok(())
}

/// The median time in milliseconds of a program, and its fuel.
fn median(sandbox: &Sandbox, code: &str) -> Result<(f64, u64), Box<dyn std::error::Error>> {
    let limits = Limits { fuel: 100_000_000_000, ..Limits::default() };
    let mut times = Vec::new();
    let mut fuel = 0;
    for _ in 0..RUNS {
        let begin = Instant::now();
        let execution = sandbox.run(Job { code: code.into(), limits, ..Job::default() })?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        fuel = execution.fuel;
    }
    times.sort_by(f64::total_cmp);
    Ok((times[RUNS / 2], fuel))
}
