"""Checks an issue before it goes out; an error blocks sending, a warning is for the editor to judge."""

from newsletters.issues.preflight.findings import Finding, Level, Report
from newsletters.issues.preflight.run import preflight_issue

__all__ = ["Finding", "Level", "Report", "preflight_issue"]
