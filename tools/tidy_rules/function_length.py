"""A function fits a screen."""
import ast
import re

from .code_text import code_only, line_of
from .repository import Finding

NAME = "function-length"
ASKS = "a function has at most 70 lines"
ALLOWABLE = True
LIMIT = 70

SWIFT_HEAD = re.compile(r"(?<![.\w`])(?:func\s+[^\s(<]+|init[?!]?(?=\s*[(<])|deinit|subscript(?=\s*[(<]))")
SWIFT_NEXT = re.compile(r"(?<![.\w`])(?:func|init|deinit|subscript|var|let|case|static|public|private)\b")
C_SCOPE = re.compile(r'(?:extern\s*"?\s*C?\s*"?|namespace[\s\w:]*|(?:class|struct|union)\b[^;()]*)$')
SHELL_HEAD = re.compile(r"^(?:function\s+)?([\w-]+)\s*\(\)\s*\{", re.M)


def check(repository):
    for endings, lengths in ((("swift",), swift), (("c", "cpp", "h"), c), (("py",), python), (("sh", ""), script)):
        for path, text in repository.sources(*endings):
            for name, line, count in lengths(text):
                if count > LIMIT:
                    yield Finding(path, line, NAME, f"{name} has {count} lines, {LIMIT} are the limit: "
                                                    "leave the branches in it, move straight work to a function")


def closing(code, at):
    """Where the brace at `at` is closed."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, at):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


def swift(text):
    code = code_only(text)
    for head in SWIFT_HEAD.finditer(code):
        start = body_start(code, head.end())
        if start is not None:
            first, last = line_of(code, head.start()), line_of(code, closing(code, start))
            yield head[0].replace("func", "", 1).strip(), first, last - first + 1


def body_start(code, at):
    """The brace that opens the body of the declaration whose name ends at `at`; None for a requirement."""
    depth = 0
    while at < len(code):
        char = code[at]
        if depth == 0 and char == "{":
            return at
        if depth == 0 and (char in "};" or (char.isalpha() and SWIFT_NEXT.match(code, at))):
            return None
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
        at += 1
    return None


def c(text):
    code = re.sub(r"(?m)^[ \t]*#.*?(?:\\\n.*?)*$", lambda m: re.sub(r"[^\n]", " ", m[0]), code_only(text))
    at, end_of_previous = 0, 0
    for match in re.compile(r"[{};]").finditer(code):
        if match.start() < at:
            continue
        head = code[end_of_previous:match.start()]
        end_of_previous = match.end()
        if match[0] != "{" or C_SCOPE.search(head.rstrip()) or ")" not in head:
            continue
        at = closing(code, match.start())
        end_of_previous = at + 1
        name = re.search(r"(\w+)\s*\(", head)
        first = line_of(code, match.start() - len(head.lstrip()))
        yield (name[1] if name else "a block"), first, line_of(code, at) - first + 1


def python(text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return                      # tools/lint says so
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def script(text):
    if re.match(r"#!.*python", text):
        yield from python(text)
        return
    for head in SHELL_HEAD.finditer(text):
        end = re.compile(r"^\}", re.M).search(text, head.end())
        first = line_of(text, head.start())
        yield head[1], first, (line_of(text, end.start()) if end else first) - first + 1
