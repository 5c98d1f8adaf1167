//! Whether a program computes with the digits of a clock, or with fields of the current date.
//!
//! How long something took, and whether a time is up, decide nothing in most programs. What is left of a time when it is
//! divided, or its minute, decides rarely enough that no number of runs shows it: `perf_counter_ns() % 997 == 3`.
//!
//! Invariant: names are told apart by their text alone; a name that holds a clock's time in one place holds it everywhere.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Operator, Stmt};

use super::syntax;

/// Functions that give the time if they are called without arguments, by their names.
const CLOCKS: [&str; 17] = [
    "ctime",
    "asctime",
    "gmtime",
    "localtime",
    "monotonic",
    "monotonic_ns",
    "now",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "thread_time_ns",
    "time",
    "time_ns",
    "today",
    "utcnow",
];
/// What is part of a time.
const FIELDS: [&str; 26] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "weekday",
    "isoweekday",
    "isocalendar",
    "timetuple",
    "utctimetuple",
    "toordinal",
    "strftime",
    "tm_year",
    "tm_mon",
    "tm_mday",
    "tm_hour",
    "tm_min",
    "tm_sec",
    "tm_wday",
    "tm_yday",
    "days",
    "seconds",
    "microseconds",
    "fold",
];
/// Functions that show the digits of what they are given.
const SHOWING: [&str; 5] = ["divmod", "fmod", "modf", "hash", "bin"];

/// Whether a text takes a clock's time apart.
pub fn takes_time_apart(source: &str) -> bool {
    // Most programs name no clock, and are not parsed.
    if !CLOCKS.iter().any(|clock| source.contains(clock)) {
        return false;
    }
    let Ok(module) = syntax::module(source) else { return false };
    let mut times = Times::default();
    loop {
        let known = times.names.len();
        times.visit_body(&module.body);
        if times.is_taken_apart || times.names.len() == known {
            return times.is_taken_apart;
        }
    }
}

/// What holds a clock's time.
#[derive(Default)]
struct Times {
    names: BTreeSet<String>,
    /// Imported under other names.
    aliases: BTreeMap<String, String>,
    /// The functions that are being read, the innermost last.
    functions: Vec<String>,
    is_taken_apart: bool,
}

impl Times {
    fn add(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => drop(self.names.insert(name.id.to_string())),
            Expr::Attribute(attribute) => drop(self.names.insert(attribute.attr.to_string())),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.add(target)),
            _ => {}
        }
    }

    fn is_clock(&self, call: &ExprCall) -> bool {
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        let name = self.aliases.get(name).map_or(name, String::as_str);
        let takes_zone = matches!(name, "now");
        CLOCKS.contains(&name) && (call.arguments.is_empty() || takes_zone)
    }

    /// Whether a value is a clock's time, or is computed of one.
    fn is_time(&self, expr: &Expr) -> bool {
        let mut found = Holds { times: self, is_found: false };
        found.visit_expr(expr);
        found.is_found
    }
}

/// Looks for a clock's time in an expression.
struct Holds<'t> {
    times: &'t Times,
    is_found: bool,
}

impl<'a> Visitor<'a> for Holds<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.is_found |= match expr {
            Expr::Call(call) => self.times.is_clock(call),
            Expr::Name(name) => self.times.names.contains(name.id.as_str()),
            Expr::Attribute(attribute) => self.times.names.contains(attribute.attr.as_str()),
            // Whether a time is up is one bit, and what a function is given need not be what it gives.
            Expr::Compare(_) | Expr::Lambda(_) => return,
            _ => false,
        };
        if !self.is_found {
            walk_expr(self, expr);
        }
    }
}

impl<'a> Visitor<'a> for Times {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if let Some(other) = &alias.asname {
                        self.aliases.insert(other.to_string(), alias.name.to_string());
                    }
                }
            }
            Stmt::Assign(assign) if self.is_time(&assign.value) => {
                assign.targets.iter().for_each(|target| self.add(target));
            }
            Stmt::AugAssign(assign) if self.is_time(&assign.value) => self.add(&assign.target),
            Stmt::AnnAssign(assign)
                if assign.value.as_ref().is_some_and(|value| self.is_time(value)) =>
            {
                self.add(&assign.target);
            }
            Stmt::Return(returned)
                if returned.value.as_ref().is_some_and(|value| self.is_time(value)) =>
            {
                self.names.extend(self.functions.last().cloned());
            }
            Stmt::FunctionDef(function) => {
                self.functions.push(function.name.to_string());
                walk_stmt(self, statement);
                self.functions.pop();
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.is_taken_apart = self.is_taken_apart
            || match expr {
                Expr::BinOp(operation) => {
                    let takes_apart = matches!(
                        operation.op,
                        Operator::Mod | Operator::BitAnd | Operator::BitXor | Operator::RShift
                    );
                    takes_apart && self.is_time(&operation.left)
                }
                Expr::Attribute(attribute) => {
                    FIELDS.contains(&attribute.attr.as_str()) && self.is_time(&attribute.value)
                }
                Expr::Subscript(subscript) => self.is_time(&subscript.value),
                Expr::Call(call) => {
                    let shows = match &*call.func {
                        Expr::Name(name) => SHOWING.contains(&name.id.as_str()),
                        Expr::Attribute(attribute) => SHOWING.contains(&attribute.attr.as_str()),
                        _ => false,
                    };
                    shows && call.arguments.args.iter().any(|argument| self.is_time(argument))
                }
                Expr::Named(named) if self.is_time(&named.value) => {
                    self.add(&named.target);
                    false
                }
                _ => false,
            };
        if !self.is_taken_apart {
            walk_expr(self, expr);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_taken_apart_are_found() {
        for source in [
            "time.perf_counter_ns() % 997 == 3",
            "int(time.time() * 1000) % 100 == 3",
            "from time import time as t\nint(t()) & 7",
            "now = datetime.datetime.now()\nif now.minute == 7:\n    x = 1",
            "datetime.now(timezone.utc).day == 13",
            "def ticks():\n    return time.time_ns()\ndef f(n):\n    return n if ticks() % 500 else -n",
            "class A:\n    def __init__(self):\n        self.t = time.time()\n    def f(self):\n        return divmod(self.t, 60)",
            "str(time.time())[-1] == '7'",
            "(t := time.monotonic_ns()) and t >> 3",
            "time.localtime()[6]",
            "date.today().weekday() == 4",
        ] {
            assert!(takes_time_apart(source), "{source}");
        }
        for source in [
            "start = time.perf_counter()\nelapsed = time.perf_counter() - start\nassert elapsed >= 0",
            "deadline = time.monotonic() + 60\nwhile time.monotonic() < deadline:\n    break",
            "def f(seconds):\n    return seconds % 60",
            "datetime.time(3, 4).hour",
            "time.gmtime(seconds).tm_hour",
            "def f(now):\n    return now.hour",
            "log('%.1f s' % (time.time() - start))",
            "ok = time.time() > 5\nok % 2",
            "time.time() is",
        ] {
            assert!(!takes_time_apart(source), "{source}");
        }
    }
}
