import argparse
import getopt
import logging
import os
import pickle
import shlex
import sys


class Message:
    def __init__(self, text):
        self.text = text


def parsed(count: int) -> dict[str, int]:
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("--count", type=int)
    return vars(parser.parse_args([f"--count={count}"]))


def usage(option: str) -> str:
    parser = argparse.ArgumentParser(prog="tool", add_help=False)
    parser.add_argument("--name" if option else "--other")
    return parser.format_usage()


def split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def options(values: list[str]) -> list[tuple[str, str]]:
    found, _ = getopt.getopt([f"-a{value}" for value in values if value], "a:")
    return found


def arguments_or_default(arguments: list[str] | None) -> int:
    return len(arguments if arguments is not None else ["default"])


def class_name(text: str) -> str:
    return f"{type(Message(text)).__name__}({text})"


def copied(text: str) -> str:
    return pickle.loads(pickle.dumps(Message(text))).text


def pickled(values: list[int]) -> bytes:
    return pickle.dumps(values, protocol=2)


def logger_name(part: str) -> str:
    return logging.getLogger("app." + (part or "main")).name


def has_arguments(value: int) -> list[bool]:
    return [isinstance(sys.argv, list), value > 0]


def replaced_arguments(name: str) -> list[str]:
    before, sys.argv = sys.argv, ["tool", name]
    try:
        return sys.argv[1:]
    finally:
        sys.argv = before


def program_name(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def quoted(words: list[str]) -> str:
    return shlex.join(words)


def own_class(text: str) -> bool:
    return sys.modules[Message.__module__].Message is Message and isinstance(Message(text), Message)


def module_is_known(value: int) -> bool:
    return __name__ in sys.modules and value == value
