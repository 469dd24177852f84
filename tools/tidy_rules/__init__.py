"""The rules of tools/tidy: one file a rule, each with NAME, ASKS, ALLOWABLE and check(repository)."""
from . import (
    big_files, file_length, function_length, honest_tests, imports, leftovers, line_length, machine_paths, names,
    traps, untested,
)
from .repository import Finding, Repository

__all__ = ["ALL", "Finding", "Repository", "findings"]

ALL = [
    imports, traps, file_length, function_length, line_length, leftovers, names, untested, honest_tests,
    machine_paths, big_files,
]


def findings(repository):
    """What all rules have to say of a repository, by file and line, less what its comments allow."""
    found = []
    for rule in ALL:
        for finding in rule.check(repository):
            if not (rule.ALLOWABLE and repository.allows(finding)):
                found.append(finding)
    found += repository.empty_allowances({rule.NAME for rule in ALL if rule.ALLOWABLE})
    return sorted(found)
