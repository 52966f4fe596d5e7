"""Strict MJML validation, compilation and CSS inlining."""

from newsletters.mjml.compiling import CompiledMail, compile_mjml
from newsletters.mjml.faults import Fault, MjmlError

__all__ = ["CompiledMail", "Fault", "MjmlError", "compile_mjml"]
