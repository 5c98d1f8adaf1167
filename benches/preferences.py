"""Measures whether the text of a program alone tells a chosen program from a rejected one.

    python benches/preferences.py [--tgsand PATH] [--work FOLDER] SOURCE …

SOURCE is the folder of a run with `samples/duel.jsonl`, raw code that `tgsand synth` reads, or a package such as
`toolz==1.0.0`, which pip fetches (its source distribution; nothing is installed or run). A pairwise logistic regression
learns on the n-grams of tokens (1 to 3) that one program of a pair has and the other has not, on four fifths of the
functions, and ranks the pairs of the rest. 50 % is chance: a model trained on these pairs cannot learn a habit of the
edits instead of what the programs do. Needs scikit-learn (`pip install scikit-learn`).
"""

import argparse
import collections
import importlib
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import tarfile
import tokenize

FOLDS = 5
LONGEST = 3
FENCE = re.compile(r"(`{3,})[a-z]*\n(.*?)^\1", re.DOTALL | re.MULTILINE)
# What a token is in addition to its text: the layout that has a meaning.
LAYOUT = {tokenize.NEWLINE: "<newline>", tokenize.INDENT: "<indent>", tokenize.DEDENT: "<dedent>"}
NO_TOKENS = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)


def fetch(requirement, work):
    """Gives the folder of a package's source, which pip downloads once."""
    name, version = requirement.split("==")
    folder = work / f"{name}-{version}"
    if not folder.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--dest", str(work), requirement], check=True)
        with tarfile.open(work / f"{name}-{version}.tar.gz") as archive:
            archive.extractall(work, filter="data")
    package = name.replace("-", "_")
    return next(found for found in (folder / package, folder / "src" / package, folder) if found.is_dir())


def run_of(source, tgsand, work):
    """Gives the folder of a run: the source itself, or what `tgsand synth` makes of it."""
    path = pathlib.Path(source)
    if (path / "samples/duel.jsonl").exists():
        return path
    if "==" in source:
        path = fetch(source, work)
    out = work / f"run-{source.replace('/', '-')}"
    subprocess.run([tgsand, "synth", str(path), "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    return out


def rows(run):
    """Gives the pairs of a run."""
    text = (run / "samples/duel.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def tokens(reply):
    """Gives the tokens of the program in a reply."""
    program = FENCE.search(reply[0]["content"]).group(2)
    found = tokenize.generate_tokens(io.StringIO(program).readline)
    return [LAYOUT.get(token.type, token.string) for token in found if token.type not in NO_TOKENS]


def grams(words):
    """Counts the n-grams of a text."""
    padded = ["<begin>", *words, "<end>"]
    return collections.Counter(
        " ".join(padded[i : i + length]) for length in range(1, LONGEST + 1) for i in range(len(padded) - length + 1)
    )


def difference(row):
    """Gives what the chosen program has more often than the rejected one; negative for what it has less often."""
    more = grams(tokens(row["chosen"]))
    more.subtract(grams(tokens(row["rejected"])))
    return {gram: count for gram, count in more.items() if count}


def share_ranked_right(differences, seed=0):
    """Gives the share of pairs in which the chosen program is ranked above the rejected one by a model of the other folds."""
    extraction = importlib.import_module("sklearn.feature_extraction")
    linear_model = importlib.import_module("sklearn.linear_model")

    order = list(range(len(differences)))
    random.Random(seed).shuffle(order)
    right = 0.0
    for fold in range(FOLDS):
        held_out = set(order[fold::FOLDS])
        known = [differences[i] for i in order if i not in held_out]
        # Each pair stands there in both orders, so that the model cannot learn the place.
        turned = [{gram: -count for gram, count in pair.items()} for pair in known]
        vectors = extraction.DictVectorizer()
        model = linear_model.LogisticRegression(fit_intercept=False, max_iter=1000)
        model.fit(vectors.fit_transform(known + turned), [1] * len(known) + [0] * len(turned))
        scores = model.decision_function(vectors.transform([differences[i] for i in order[fold::FOLDS]]))
        right += sum(1.0 if score > 1e-9 else 0.5 if score > -1e-9 else 0.0 for score in scores)
    return right / len(differences)


def is_told_by_an_exception(row):
    """Whether the call that decides a pair gives a value with the chosen program and none with the rejected one."""
    evidence = json.loads(row["evidence"]) if isinstance(row["evidence"], str) else row["evidence"]
    return evidence["expected"]["end"] == "returned" != evidence["got"]["end"]


def operator(row):
    """Gives the kind of edit of a pair."""
    evidence = json.loads(row["evidence"]) if isinstance(row["evidence"], str) else row["evidence"]
    return evidence["mutation"]["operator"]


def main():
    """Runs what has not been run, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tgsand", default="tgsand")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/preferences"))
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print("| source | pairs | ranked right | decided by an exception | most frequent edits |")
    print("|---|---|---|---|---|")
    everything = []
    for source in [*options.sources, None]:
        if source is None and len(options.sources) == 1:
            break
        pairs = everything if source is None else rows(run_of(source, options.tgsand, options.work))
        everything = everything if source is None else everything + pairs
        # The mean of several splits, since one split of few pairs says little.
        differences = [difference(row) for row in pairs]
        share = sum(share_ranked_right(differences, seed) for seed in range(3)) / 3
        raised = sum(map(is_told_by_an_exception, pairs)) / len(pairs)
        most = collections.Counter(map(operator, pairs)).most_common(5)
        told = ", ".join(f"{name} {count}" for name, count in most)
        print(f"| {source or 'all'} | {len(pairs)} | {share:.1%} | {raised:.1%} | {told} |", flush=True)


if __name__ == "__main__":
    main()
