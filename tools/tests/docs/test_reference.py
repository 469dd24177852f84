"""Every flag, setting, metric and code of the program is in the documents, and these name no others."""
import os
import re
import subprocess
import sys
import unittest

from documents import REPOSITORY, documents
from running import MEMVEC

sys.path.insert(0, str(REPOSITORY / "tools"))
import reference_lists as lists  # noqa: E402

REFERENCE = REPOSITORY / "docs/reference.md"
# A span of code, or a line of a block.
SPAN = re.compile(r"`([^`]+)`")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
METRIC = re.compile(r"\bmemvec_[a-z_]+\b")
# Options of other programs that documents name.
FOREIGN = re.compile(r"^\s*(?:[A-Z_]+=\S+ )*(?:tools/\S+|aws|docker|systemctl|swift|git|apt-get|python3?|pip|curl)\b")


def shell_parts(line):
    """The commands of a line of shell."""
    return re.split(r"\||&&|;|\$\(", line.removeprefix("$ "))


def section(heading):
    """What stands below a heading of docs/reference.md."""
    part = re.split(rf"^#+ {re.escape(heading)}$", REFERENCE.read_text(), flags=re.M)[1]
    return re.split(r"^#", part, flags=re.M)[0]


def rows(heading):
    """The rows of the table there, as lists of cells."""
    part = section(heading)
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
             for line in part.split("\n") if line.startswith("|")]
    return [[cell.strip("`") for cell in row] for row in found[2:]]


class Reference(unittest.TestCase):
    maxDiff = 4000

    def test_it_is_as_the_program_says(self):
        done = subprocess.run([REPOSITORY / "tools/reference", "--print"], capture_output=True, text=True,
                              env={**os.environ, "MEMVEC": MEMVEC})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, REFERENCE.read_text(), "docs/reference.md is out of date: run tools/reference")

    def test_every_flag_is_there(self):
        settings = {name for row in rows("Settings of a collection") for name in row[0].split(" <")[0].split(", ")}
        for name, command in lists.commands(MEMVEC).items():
            if command.subcommands:
                continue
            with self.subTest(name):
                own = {part.split(" ")[0] for row in rows(name) for part in row[0].split(", ")}
                taken = re.findall(r"^Takes (.*)\.$", section(name), flags=re.M)
                own |= {part.strip("`").split(" ")[0] for line in taken for part in line.split(", ")}
                has = command.flags()
                self.assertLessEqual(has, own | settings)
                self.assertLessEqual({flag for flag in own if flag.startswith("-")}, has)
                self.assertTrue(all(option.meaning for option in command.options), "each option says what it does")

    def test_documents_name_no_other_flags(self):
        known = {flag for command in lists.commands(MEMVEC).values() for flag in command.flags()}
        known |= {"--help", "--version", "--generate-completion-script"}
        for document in documents():
            with self.subTest(document.name):
                for text in self.of_memvec(document):
                    for flag in FLAG.findall(text):
                        self.assertIn(flag, known, text)

    def of_memvec(self, document):
        """Lines of blocks and spans that are of `memvec`, or of nothing that is named."""
        for block in document.blocks:
            if block.kind in ("sh", "console"):
                joined = block.text.replace("\\\n", " ")
                for line in joined.split("\n"):
                    if block.kind == "console" and not line.startswith("$ "):
                        continue
                    for part in shell_parts(line.split(" #")[0]):
                        if re.match(r"\s*(?:[A-Z_]+=\S+ )*memvec\b", part):
                            yield part
        for span in SPAN.findall("\n".join(document.prose)):
            if not FOREIGN.match(span):
                yield span

    def test_a_command_takes_the_flags_that_it_is_shown_with(self):
        commands = lists.commands(MEMVEC)
        for document in documents():
            with self.subTest(document.name):
                for text in self.of_memvec(document):
                    match = re.match(r"\s*(?:[A-Z_]+=\S+ )*(memvec(?: [a-z]+)+)", text)
                    if not match:
                        continue
                    words = match[1].split(" ")
                    while len(words) > 1 and " ".join(words) not in commands:
                        words.pop()
                    name = " ".join(words)
                    if name == "memvec" or commands[name].subcommands:
                        continue
                    for flag in FLAG.findall(text):
                        self.assertIn(flag, commands[name].flags() | {"--help"}, text)

    def test_commands_that_documents_name_are_there(self):
        commands = lists.commands(MEMVEC)
        for document in documents():
            for text in self.of_memvec(document):
                for word in re.findall(r"^\s*(?:[A-Z_]+=\S+ )*memvec ([a-z]+)\b", text):
                    self.assertIn(f"memvec {word}", commands, f"{document.name}: {text}")

    def test_settings_of_serve(self):
        told = lists.serve_settings(MEMVEC)
        found = rows("Settings of memvec serve")
        self.assertEqual([row[0] for row in found], [name or "" for name, _, _ in told])
        self.assertEqual([row[1] for row in found], [variable for _, variable, _ in told])
        variables = {variable for _, variable, _ in told}
        for document in documents():
            for variable in re.findall(r"\bMEMVEC_SERVE_[A-Z_]*[A-Z]\b", document.text):
                self.assertIn(variable, variables, document.name)

    def test_variables(self):
        told = {one["name"] for one in lists.lists(MEMVEC)["variables"]}
        self.assertEqual({row[0] for row in rows("Variables")}, told)
        # What looks like one in the sources, and is none.
        self.assertEqual(lists.variables_in_sources() - told, {"UTF_8"})
        self.assertLessEqual(told, lists.variables_in_sources())
        served = {variable for _, variable, _ in lists.serve_settings(MEMVEC)}
        for document in documents():
            for variable in re.findall(r"\b(?:MEMVEC|AWS)_[A-Z][A-Z0-9_]*[A-Z0-9]\b", document.text):
                self.assertIn(variable, told | served, document.name)

    def test_metrics(self):
        told = lists.lists(MEMVEC)["metrics"]
        self.assertEqual([row[0] for row in rows("Metrics")], [one["name"] for one in told])
        known = {one["name"] for one in told}
        histograms = {one["name"] + end for one in told if one["type"] == "histogram"
                      for end in ("_bucket", "_sum", "_count")}
        for document in documents():
            for metric in METRIC.findall(document.text):
                self.assertIn(metric, known | histograms, document.name)

    def test_codes_of_the_wire(self):
        told = lists.lists(MEMVEC)["wireErrors"]
        self.assertEqual([row[0] for row in rows("Error codes of the wire")], [one["code"] for one in told])
        self.assertEqual({one["code"] for one in told}, set(lists.wire_meanings()), "a code that is not in `all`")
        known = {one["code"] for one in told}
        for document in documents():
            for code in re.findall(r"\b[A-Z]\w+Exception\b", document.text):
                self.assertIn(code, known, document.name)

    def test_codes_of_the_library(self):
        told = lists.error_codes()
        self.assertEqual([(row[1], row[0]) for row in rows("Error codes of the library")],
                         [(kind, code) for kind, code, _ in told])
        for kind, code, meaning in told:
            self.assertTrue(meaning, f"{kind}.{code} has no doc comment")

    def test_exit_codes(self):
        told = lists.lists(MEMVEC)["exitCodes"]
        self.assertEqual([row[0] for row in rows("Exit codes")], [str(one["code"]) for one in told])


if __name__ == "__main__":
    unittest.main()
