"""Compares the functions of `tgsand repo` with those that CPython's own `ast` sees.

    python benches/index_oracle.py TREE OUT

TREE is the repository and OUT the folder that `tgsand repo TREE --out OUT` has written. Every Python file of TREE that
OUT/skipped.jsonl does not name is parsed with `ast`; name, kind, class, lines, docstring, decorators and parameters of
each function are compared with OUT/functions.json. The first differences are printed, and the exit code is 1 if there
are any. With `--expected` instead of OUT, the rows that `ast` gives are printed, as tests/index/expected.json holds them.
"""

import ast
import json
import pathlib
import sys
import time
import warnings

SHOWN = 20


def functions(tree):
    """Gives each function of a tree with its qualified name and its class."""
    found = []
    pending = [(child, "", None) for child in reversed(tree.body)]
    while pending:
        node, prefix, owner = pending.pop()
        inner_prefix, inner_owner = prefix, owner
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append((node, prefix + node.name, owner))
            inner_prefix, inner_owner = f"{prefix}{node.name}.<locals>.", None
        elif isinstance(node, ast.ClassDef):
            inner_prefix, inner_owner = f"{prefix}{node.name}.", prefix + node.name
        children = [(child, inner_prefix, inner_owner) for child in ast.iter_child_nodes(node)]
        pending.extend(reversed(children))
    return found


def parameters(arguments):
    """Lists the names of a function's parameters, in the order of the text."""
    groups = [arguments.posonlyargs, arguments.args]
    names = [argument.arg for group in groups for argument in group]
    if arguments.vararg:
        names.append(arguments.vararg.arg)
    names.extend(argument.arg for argument in arguments.kwonlyargs)
    if arguments.kwarg:
        names.append(arguments.kwarg.arg)
    return names


def expected(path, node, name, owner):
    """Describes a function as a row of functions.json does."""
    return {
        "file": path,
        "function": node.name,
        "qualified_name": name,
        "class": owner,
        "docstring": ast.get_docstring(node),
        "start_line": node.lineno,
        "end_line": node.end_lineno,
        "first_line": min([node.lineno] + [one.lineno for one in node.decorator_list]),
        "decorators": len(node.decorator_list),
        "is_async": isinstance(node, ast.AsyncFunctionDef),
        "parameters": parameters(node.args),
    }


def ours(row):
    """Reduces a row of functions.json to what is compared."""
    same = ["file", "function", "qualified_name", "class", "docstring"]
    same += ["start_line", "end_line", "first_line", "is_async"]
    reduced = {field: row[field] for field in same}
    reduced["decorators"] = len(row["decorators"])
    reduced["parameters"] = [parameter["name"] for parameter in row["signature"]["params"]]
    return reduced


def key(row):
    """Orders rows by their place."""
    return row["file"], row["start_line"], row["qualified_name"]


def is_skipped(name, skipped):
    """Tells whether a file is skipped, or stands in a folder that is."""
    return name == skipped or (skipped.endswith("/") and name.startswith(skipped))


def parsed(root, skipped):
    """Parses every file that was not skipped; a file that CPython rejects is told."""
    rows, files, rejected = [], 0, []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        is_hidden = any(part.startswith(".") for part in pathlib.PurePosixPath(name).parts)
        if is_hidden or any(is_skipped(name, one) for one in skipped):
            continue
        files += 1
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError) as error:
            rejected.append((name, str(error)))
            continue
        rows.extend(expected(name, *found) for found in functions(tree))
    return rows, files, rejected


def main():
    """Compares, prints the numbers, and ends with 1 if there is a difference."""
    warnings.simplefilter("ignore")
    root = pathlib.Path(sys.argv[1])
    if sys.argv[2] == "--expected":
        rows, _, _ = parsed(root, {})
        print("[" + ",\n".join(json.dumps(row) for row in sorted(rows, key=key)) + "]")
        return
    out = pathlib.Path(sys.argv[2])
    skipped = {}
    for line in (out / "skipped.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        skipped[row["path"]] = row["reason"]
    started = time.perf_counter()
    rows, files, rejected = parsed(root, skipped)
    seconds = time.perf_counter() - started
    theirs = sorted(rows, key=key)
    own = sorted(map(ours, json.loads((out / "functions.json").read_text("utf-8"))), key=key)
    differences = []
    by_place = {key(row): row for row in own}
    for row in theirs:
        found = by_place.pop(key(row), None)
        if found is None:
            differences.append(("only ast", key(row)))
        elif found != row:
            differing = [field for field in row if row[field] != found[field]]
            fields = {field: (row[field], found[field]) for field in differing}
            differences.append((key(row), fields))
    differences.extend(("only tgsand", place) for place in by_place)
    reasons = sorted(skipped.values())
    print(f"files {files}, functions {len(theirs)}, ours {len(own)}, differences {len(differences)}")
    print(f"skipped {({reason: reasons.count(reason) for reason in reasons})}, rejected by ast {rejected}")
    print(f"ast took {seconds:.2f} s")
    for difference in differences[:SHOWN]:
        print(difference)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
