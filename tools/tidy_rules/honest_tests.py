"""A test that is skipped shows nothing, and one that sleeps fails on a busy day."""
import re

from .code_text import code_only, line_of
from .repository import Finding

NAME = "honest-tests"
ASKS = "no skipped test, no sleep in a test, no expectation that is always true"
ALLOWABLE = True

SKIP = re.compile(r"\.disabled\s*\(|\bwithKnownIssue\b|\bXCTSkip\w*")
SLEEP = re.compile(r"(?<!func )\b(?:Task\.sleep|usleep|nanosleep|sleep|Thread\.sleep)\s*\(")
ALWAYS = re.compile(r"#expect\s*\(\s*(?:true|Bool\(true\)|1 == 1)\s*[,)]")


def check(repository):
    for path, text in repository.sources("swift", under=("Tests/",)):
        code = code_only(text)
        for pattern, advice in ((SKIP, "a skipped test shows nothing: mend it or remove it"),
                                (SLEEP, "wait for the event itself, or use a virtual clock"),
                                (ALWAYS, "this cannot fail: expect what the test is there for")):
            for match in pattern.finditer(code):
                yield Finding(path, line_of(text, match.start()), NAME, advice)
