"""Strict MJML validation, compilation and CSS inlining."""
