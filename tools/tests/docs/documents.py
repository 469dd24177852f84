"""The documents for users, and the blocks of code in them."""
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
KINDS = {
    "sh": "run, as a script; it has to end well",
    "console": "run command by command behind `$ `; what they print is compared, numbers apart",
    "python": "run; it has to end well",
    "swift": "compiled",
    "json": "read as JSON",
    "ini": "read by `memvec serve --settings`",
    "text": "not run",
}
FENCE = re.compile(r"^( *)```(.*)$")


class Block:
    def __init__(self, document, line, kind, indent):
        self.document, self.line, self.kind, self.indent = document, line, kind, indent
        self.lines = []

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def place(self):
        return f"{self.document.name}, line {self.line}"


class Document:
    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(REPOSITORY))
        self.text = path.read_text()
        self.blocks, self.prose, self.unfenced = [], [], []
        block, before = None, ""
        for number, line in enumerate(self.text.split("\n"), 1):
            fence = FENCE.match(line)
            if block is not None:
                if fence and not fence[2]:
                    self.blocks.append(block)
                    block = None
                else:
                    block.lines.append(line.removeprefix(block.indent))
            elif fence:
                block = Block(self, number + 1, fence[2].strip(), fence[1])
            else:
                # Four blanks after an empty line are code, unless they go on with an item of a list.
                if line.startswith("    ") and not before and not self._in_list():
                    self.unfenced.append(number)
                self.prose.append(line)
                before = line.strip()
                continue
            before = ""

    def _in_list(self):
        last = [line for line in self.prose if line.strip() and not line.startswith(" ")]
        return bool(last) and re.match(r"[*-] |\d+\. ", last[-1])


def documents():
    """README.md and docs/*.md."""
    return [Document(path) for path in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]]
