"""The files that the rules look at, and the exceptions that stand in their comments."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ALLOWANCE = re.compile(r"tidy: allow\(([\w-]+)\)\s*(.*)")


class Finding(NamedTuple):
    path: str
    line: int          # from 1; 0 when the finding is about the file as a whole
    rule: str
    advice: str

    def __str__(self):
        return f"{self.path}:{max(1, self.line)}: {self.rule}: {self.advice}"


class Repository:
    """`texts`: path -> text, of what is text; `sizes`: path -> bytes, of all files."""

    def __init__(self, texts, sizes=None):
        self.texts = texts
        self.sizes = sizes or {path: len(text.encode()) for path, text in texts.items()}

    @classmethod
    def of_folder(cls, root):
        """All files that git tracks or would add: what is ignored is not looked at."""
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True).stdout.decode()
        texts, sizes = {}, {}
        for path in sorted(set(listing.split("\0")) - {""}):
            file = Path(root, path)
            if not file.is_file() or file.is_symlink():
                continue
            sizes[path] = file.stat().st_size
            content = file.read_bytes()
            if b"\0" not in content[:8192]:
                texts[path] = content.decode("utf-8", errors="replace")
        return cls(texts, sizes)

    def sources(self, *endings, under=("Sources/", "Tests/", "tools/", "examples/", ".ci/")):
        """(path, text) of the files under these folders whose name has one of these endings; the ending "" takes
        names without any, as tools have them."""
        for path, text in self.texts.items():
            name = path.rsplit("/", 1)[-1]
            ending = name.rsplit(".", 1)[-1] if "." in name else ""
            if path.startswith(under) and ending in endings:
                yield path, text

    def allows(self, finding):
        lines = self.texts.get(finding.path, "").split("\n")
        if finding.line:
            lines = lines[max(0, finding.line - 2):finding.line]
        return any(m[1] == finding.rule and is_reason(m[2]) for m in map(ALLOWANCE.search, lines) if m)

    def empty_allowances(self, allowable):
        """An exception without a reason, or for a rule that has none, is a finding itself."""
        for path, text in self.sources("swift", "c", "h", "cpp", "py", "sh", ""):
            if path.startswith("tools/t") and "tidy" in path:
                continue           # these files talk about allowances
            for number, line in enumerate(text.split("\n"), 1):
                match = ALLOWANCE.search(line)
                if match and match[1] not in allowable:
                    yield Finding(path, number, match[1], "no exception is known for this rule: mend what it found")
                elif match and not is_reason(match[2]):
                    yield Finding(path, number, match[1], "say why it is allowed, in at least three words")


def is_reason(text):
    return len(re.findall(r"\w+", text)) >= 3
