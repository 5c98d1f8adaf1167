import argparse
import inspect
import logging
import os
import pickle
import sys


class Message:
    def __init__(self, text):
        self.text = text


def program_path(tag: str) -> str:
    return f"{tag}: {sys.argv[0]}"


def usage_line(option: str) -> str:
    return f"usage: {os.path.basename(sys.argv[0])} [--{option}]"


def limit_from_arguments(default: int) -> int:
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


def is_script(mode: str) -> str:
    return f"{mode} script" if __name__ == "__main__" else f"{mode} library"


def qualified(name: str) -> str:
    return f"{__name__}.{name}"


def main_file(tag: str) -> str:
    return f"{tag} {getattr(sys.modules['__main__'], '__file__', None)}"


def parser_name(option: str) -> str:
    return f"{argparse.ArgumentParser().prog} {option}"


def class_text(text: str) -> str:
    return f"{type(Message(text))} {text}"


def pickled(text: str) -> bytes:
    return pickle.dumps(Message(text), protocol=2)


def module_of_class(text: str) -> str:
    return f"{Message.__module__}:{text}"


def interpreter_arguments(extra: str) -> list[str]:
    return [*sys.orig_argv, extra]


def is_main_module(flag: int) -> bool:
    return inspect.getmodule(Message).__name__ == "__main__" and flag == flag


def builtins_kind(text: str) -> str:
    return f"{text}:{type(__builtins__).__name__}"


def logger_name(part: str) -> str:
    return logging.getLogger(f"{__name__}.{part or 'main'}").name


def launch_mode(tag: str) -> str:
    return f"{tag} as module" if __spec__ is not None else f"{tag} as file"
