//! Names of functions and methods by what they do to the objects that they are given.
//!
//! Invariant: a name that is in no list is taken for a function that may hand on what it is given.

/// Methods that change the object they are called on.
pub(super) const CHANGING: [&str; 21] = [
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "sort",
    "reverse",
    "update",
    "add",
    "clear",
    "setdefault",
    "discard",
    "popitem",
    "appendleft",
    "extendleft",
    "popleft",
    "rotate",
    "difference_update",
    "intersection_update",
    "symmetric_difference_update",
    "__setitem__",
];
/// Functions whose results are their own, whatever they are given.
pub(super) const INDEPENDENT: [&str; 20] = [
    "len",
    "sum",
    "str",
    "repr",
    "int",
    "float",
    "bool",
    "abs",
    "round",
    "all",
    "any",
    "isinstance",
    "hash",
    "ord",
    "chr",
    "print",
    "range",
    "deepcopy",
    "callable",
    "type",
];
/// Functions that make a container of the items of another.
pub(super) const COPYING: [&str; 12] = [
    "list",
    "sorted",
    "tuple",
    "set",
    "dict",
    "reversed",
    "enumerate",
    "zip",
    "filter",
    "frozenset",
    "copy",
    "deque",
];
/// What a test has to mention to see what an answer prints or warns of.
pub(super) const WATCHING: [&str; 12] = [
    "redirect_stdout",
    "redirect_stderr",
    "capsys",
    "capfd",
    "stdout",
    "stderr",
    "warnings",
    "assertWarns",
    "assertWarnsRegex",
    "assertLogs",
    "assertNoLogs",
    "recwarn",
];
