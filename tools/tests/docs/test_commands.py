"""Every command in README.md and docs/ is run, in order, and does what the document says.

What is not run, and what is run in a smaller way, stands in standins.py with its reasons, which are printed.
MEMVEC_RECORD=1 writes what commands printed into docs/ anew; README.md keeps its figures.
"""
import json
import os
import re
import subprocess
import sys
import unittest

import standins
from documents import KINDS, REPOSITORY, documents
from running import Session, agree, commands

sys.path.insert(0, str(REPOSITORY / "tools"))
from swift_modules import build_folder, module_flags  # noqa: E402

RECORD = os.environ.get("MEMVEC_RECORD") == "1"


class Commands(unittest.TestCase):
    def test_blocks_say_what_they_are(self):
        for document in documents():
            with self.subTest(document.name):
                self.assertEqual(document.unfenced, [], "lines of code without a fence")
                for block in document.blocks:
                    self.assertIn(block.kind, KINDS, block.place)

    def test_what_stands_in_is_needed(self):
        """No command is left out, and none changed, that is not there any more."""
        said = [command for document in documents() for block in document.blocks
                if block.kind in ("sh", "console") for command, _ in commands(block)]
        for pattern, _ in standins.NOT_RUN:
            self.assertTrue(any(re.match(pattern, command) for command in said), pattern)
        for pattern, _, _ in standins.REPLACED:
            self.assertTrue(any(re.search(pattern, command) for command in said), pattern)

    def test_commands(self):
        for document in documents():
            with self.subTest(document.name):
                self.run_document(document)

    def run_document(self, document):
        """Each block of it in order."""
        if not any(block.kind in ("sh", "console", "python", "ini") for block in document.blocks):
            return
        session = Session(document)
        try:
            for block in document.blocks:
                with self.subTest(block.place):
                    self.run_block(session, block)
        finally:
            session.close()
        if RECORD and document.name != "README.md":
            self.record(document)

    def run_block(self, session, block):
        if block.kind == "python":
            session.python(block.text)
        elif block.kind == "json":
            json.loads(block.text)
        elif block.kind == "ini":
            self.check_settings(session, block)
        elif block.kind in ("sh", "console"):
            block.recorded = []
            for command, expected in commands(block):
                with self.subTest(command):
                    self.run_command(session, block, command, expected)

    def run_command(self, session, block, command, expected):
        printed = session.run(command)
        if expected is None:
            return
        lines = expected if printed is None else printed.split("\n") if printed else []
        kept = agree(expected, lines)
        block.recorded += [f"$ {command}"] + (expected if kept and "[...]" in "".join(expected) else lines)
        self.assertTrue(kept, "\n".join(["it printed", *lines, "and is said to print", *expected]))

    def check_settings(self, session, block):
        """A file of settings is taken as far as its lines go."""
        path = session.work / "block.conf"
        path.write_text(block.text.replace("= /var/lib/memvec", f"= {session.work}/served")
                        .replace("= /etc/memvec", f"= {session.work}"))
        session.serve(f"memvec serve --settings {path} --listen 127.0.0.1:0")

    def record(self, document):
        """Commands get what they have printed, but where something is left out."""
        lines = document.text.split("\n")
        for block in reversed(document.blocks):
            if block.kind == "console":
                start = block.line - 1
                lines[start:start + len(block.lines)] = [block.indent + line for line in block.recorded]
        document.path.write_text("\n".join(lines))

    def test_swift_is_compiled(self):
        """Each snippet of Swift, in a function that knows a collection and a vector."""
        source = []
        for document in documents():
            for number, block in enumerate(block for block in document.blocks if block.kind == "swift"):
                if document.name == "docs/extending.md":
                    continue
                body = "\n".join(line for line in block.lines if not line.startswith("import "))
                name = "".join(letter for letter in document.name if letter.isalpha())
                source.append(f"func {name}{number}(collection: VectorCollection, vector: [Float]) async throws {{\n"
                              f"{body}\n}}\n")
        text = "import MemVec\n" + "\n".join(source)
        done = subprocess.run(["swiftc", "-typecheck", "-swift-version", "6", *module_flags(build_folder()), "-"],
                              input=text, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr + text)

    def test_the_ten_lines(self):
        """The program of docs/getting-started.md is examples/ten-lines, and prints what is said."""
        document = next(one for one in documents() if one.name == "docs/getting-started.md")
        program = (REPOSITORY / "examples/ten-lines/main.swift").read_text().rstrip("\n")
        self.assertIn(program, [block.text for block in document.blocks])


def setUpModule():
    # Past the buffer of -b: whoever reads the log of a run sees what was not run.
    for pattern, reason in standins.NOT_RUN:
        print(f"docs: not run: {pattern}: {reason}", file=sys.__stderr__)
    for pattern, text, reason in standins.REPLACED:
        print(f"docs: {pattern.strip()} is run as {text.strip()}: {reason}", file=sys.__stderr__)


if __name__ == "__main__":
    unittest.main()
