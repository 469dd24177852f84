"""Swift, C and C++ with comments and literals blanked, so that rules see code alone. Lines and columns stay."""
import re

SWIFT_LITERAL = re.compile(r'(#*)("""|")')
# A slash starts a regex literal where a value may start, and nowhere else.
REGEX_MAY_START = re.compile(r"(?:^|[=(,:\[{;!&|?]|\b(?:return|in|case))\s*$")


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text, *, keep_strings=False):
    """`text` with comments (and, unless kept, string and regex literals) replaced by blanks."""
    out, at = [], 0
    while at < len(text):
        end, is_string = literal_end(text, at)
        if end is None:
            out.append(text[at])
            at += 1
        else:
            piece = text[at:end]
            out.append(piece if is_string and keep_strings else blank(piece))
            at = end
    return "".join(out)


def literal_end(text, at):
    """(where the comment or literal that starts here ends, whether it is a literal); (None, False) if none does."""
    if text.startswith("//", at):
        end = text.find("\n", at)
        return (len(text) if end < 0 else end), False
    if text.startswith("/*", at):
        return block_comment_end(text, at), False
    literal = SWIFT_LITERAL.match(text, at)
    if literal:
        return string_end(text, at, literal[1], literal[2]), True
    if text[at] == "'":        # a C character; Swift has none
        match = re.compile(r"'(\\.[^'\n]*|[^'\\\n])'").match(text, at)
        return (match.end(), True) if match else (None, False)
    if text[at] == "/" and REGEX_MAY_START.search(text, max(0, at - 40), at):
        match = re.compile(r"/[^\s/*](?:\\.|[^/\\\n])*/").match(text, at)
        return (match.end(), True) if match else (None, False)
    return None, False


def block_comment_end(text, at):
    depth, at = 1, at + 2
    while at < len(text) and depth:
        if text.startswith("/*", at):        # Swift nests them
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
        else:
            at += 1
    return at


def string_end(text, at, hashes, quote):
    closing, escape = quote + hashes, "\\" + hashes
    at += len(hashes) + len(quote)
    while at < len(text):
        if text.startswith(closing, at):
            return at + len(closing)
        if quote == '"' and text[at] == "\n":
            return at                        # not closed on its line: not a string after all
        if text.startswith(escape, at):
            at += len(escape)
            at = interpolation_end(text, at) if text.startswith("(", at) else at + 1
        else:
            at += 1
    return at


def interpolation_end(text, at):
    depth = 0
    while at < len(text):
        end, _ = literal_end(text, at)
        if end is not None:
            at = end
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at
    return at


def line_of(text, at):
    return text.count("\n", 0, at) + 1
