"""A file that no test mentions, and that serves none that a test mentions, is not tested.

This is a heuristic: it looks for a name that the file declares in the text of the tests, and then in the files so
found. It finds forgotten files; it does not find weak tests.
"""
import re

from .code_text import code_only
from .repository import Finding

NAME = "untested"
ASKS = "some test names a type, function or command of each source file (a heuristic: it finds forgotten files)"
ALLOWABLE = True

TYPE = re.compile(r"\b(?:struct|class|enum|protocol|actor|typealias)\s+(?!func\b|var\b|let\b)([A-Z]\w*)")
MEMBER = re.compile(r"\b(?:func|var|let|case)\s+`?(\w+)")
COMMAND = re.compile(r'commandName:\s*"([\w-]+)"')
# A command without a name of its own is called by its type's.
COMMAND_TYPE = re.compile(r"struct\s+(\w+)\s*:\s*(?:Async)?ParsableCommand")
C_FUNCTION = re.compile(r"^(?!static\b|typedef\b)[\w*\s]+?\b(mv_\w+)\s*\(", re.M)
WORD = re.compile(r"\w+")
# Doors have one Swift caller each, and it is the caller that is tested.
DOORS = ("Sources/CLMDB/", "Sources/CFaiss/", "Sources/CCurl/", "Sources/CJSON/")


def check(repository):
    spoken = set()
    for _, text in repository.sources("swift", "c", "h", under=("Tests/",)):
        spoken.update(WORD.findall(code_only(text, keep_strings=True)))
    swift = {path: code_only(text, keep_strings=True)
             for path, text in repository.sources("swift", under=("Sources/",))}
    named = {path for path, code in swift.items() if declared(code) & spoken}
    callers = {word for path in named for word in WORD.findall(swift[path])}
    for path, code in swift.items():
        names = declared(code)
        if names and not names & (spoken | callers):
            yield Finding(path, 0, NAME, f"no test, nor a file that one names, speaks of {some(names)}: test it")
    c = {path: code_only(text) for path, text in repository.sources("c", "cpp", under=("Sources/",))
         if not path.startswith(DOORS)}
    called = {path for path, code in c.items() if set(C_FUNCTION.findall(code)) & (spoken | callers)}
    callers |= {word for path in called for word in WORD.findall(c[path])}
    for path, code in c.items():
        names = set(C_FUNCTION.findall(code))
        if names and not names & (spoken | callers):
            yield Finding(path, 0, NAME, f"no test, nor a file that one names, calls {some(names)}: test it")


def declared(code):
    """What a test could name: the file's types and commands, or the members of its extension."""
    names = set(TYPE.findall(code))
    if names and "extension" not in code.split("{")[0]:
        return names | set(COMMAND.findall(code)) | {name.lower() for name in COMMAND_TYPE.findall(code)}
    return names | set(MEMBER.findall(code))


def some(names):
    listed = sorted(names)
    return ", ".join(listed[:5]) + (" ..." if len(listed) > 5 else "")
