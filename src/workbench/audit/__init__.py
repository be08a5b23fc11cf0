"""The audit before publishing: attacks on finished pages, from what anybody can read there.

It knows nothing of the answers and nothing of how pages are made.
"""

from workbench.audit.audit import AuditError, audited
from workbench.audit.findings import Finding
from workbench.audit.rules import Question, Rules

__all__ = ["AuditError", "Finding", "Question", "Rules", "audited"]
