"""   A package.

    Its docstring has a margin.
"""
from .shapes import *
