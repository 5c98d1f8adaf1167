"""Takes one step of the study's refactoring with the tool that the study uses: the program on stdin, what becomes of it on stdout."""

import sys


def unused(source):
    """As `autoflake --remove-all-unused-imports --remove-unused-variables`."""
    import autoflake

    return autoflake.fix_code(source, remove_all_unused_imports=True, remove_unused_variables=True)


def layout(source):
    """As `autopep8 --aggressive --aggressive`."""
    import autopep8

    # Options in a dictionary would leave out rules that the command line does not.
    return autopep8.fix_code(source, autopep8.parse_args(["--aggressive", "--aggressive", "-"]))


def docstrings(source):
    """As `docformatter`."""
    from docformatter import configuration, format

    configurater = configuration.Configurater(["docformatter", "-"])
    configurater.do_parse_arguments()
    formatter = format.Formatter(configurater.args, sys.stderr, sys.stdin, sys.stdout)
    return formatter._do_format_code(source)


def quotes(source):
    """As `unify`."""
    import unify

    return unify.format_code(source)


STEPS = {"unused": unused, "format": layout, "docstrings": docstrings, "quotes": quotes}
source = sys.stdin.buffer.read().decode("utf-8")
sys.stdout.buffer.write(STEPS[sys.argv[1]](source).encode("utf-8"))
