"""What docs/reference.md is made of, read from the program and from its sources.

Commands and options come from the parser's own dump; metrics, codes of the wire, exit codes and variables from lists
that the program prints (`memvec reference`); error codes of the library from its sources, with their doc comments.
"""
import functools
import json
import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = REPOSITORY / "Sources"
# Options of a group with this title are settings of a collection, which several commands take.
SETTINGS = "Settings"
VARIABLE_PREFIX = "MEMVEC_SERVE_"


@functools.cache
def printed(memvec, *words):
    return json.loads(subprocess.run([memvec, *words], capture_output=True, text=True, check=True, timeout=60).stdout)


class Option:
    """An option, a flag or an argument, as the parser tells it."""

    def __init__(self, told):
        names = [("--" if one["kind"] == "long" else "-") + one["name"] for one in told.get("names", [])]
        self.is_positional = told["kind"] == "positional"
        # The long name first, as it is what is looked for.
        self.names = sorted(names, key=len, reverse=True)
        self.value = told["valueName"] if told["kind"] == "option" else None
        self.title = f"<{told['valueName']}>" if self.is_positional else self.names[0]
        self.default = told.get("defaultValue")
        self.meaning = " ".join((told.get("abstract") or "").split())
        self.section = told.get("sectionTitle")
        self.is_optional = told.get("isOptional", False)

    @property
    def text(self):
        """As docs/reference.md has it."""
        if self.is_positional:
            return self.title
        return ", ".join(self.names) + (f" <{self.value}>" if self.value else "")


class Command:
    def __init__(self, told, path):
        self.path = path
        self.name = " ".join(path)
        self.meaning = " ".join((told.get("abstract") or "").split())
        options = [Option(one) for one in told.get("arguments", []) if one.get("shouldDisplay", True)]
        # What every command has is told once.
        self.options = [one for one in options if not {"--help", "--version"} & set(one.names)]
        self.subcommands = [Command(sub, path + [sub["commandName"]]) for sub in told.get("subcommands", [])
                            if sub["commandName"] != "help" and sub.get("shouldDisplay", True)]

    def all(self):
        """It and those below it."""
        return [self] + [one for sub in self.subcommands for one in sub.all()]

    def flags(self):
        return {name for option in self.options for name in option.names}


def commands(memvec):
    """`memvec` and all below it, by name."""
    root = Command(printed(memvec, "--experimental-dump-help")["command"], ["memvec"])
    return {command.name: command for command in root.all()}


def serve_settings(memvec):
    """What `memvec serve` takes from a file and from variables, as (name in the file, variable, option)."""
    found = [("root", VARIABLE_PREFIX + "ROOT", None)]
    for option in commands(memvec)["memvec serve"].options:
        if option.is_positional:
            found[0] = (found[0][0], found[0][1], option)
            continue
        name = option.names[0].removeprefix("--")
        in_file = None if name == "settings" else name
        found.append((in_file, VARIABLE_PREFIX + name.upper().replace("-", "_"), option))
    return found


def lists(memvec):
    """Metrics, codes of the wire, exit codes and variables."""
    return printed(memvec, "reference")


CASE = re.compile(r"^ +case (\w+)(?:\(.*\))?$")
CODE = re.compile(r'^ +case \.(\w+): "(\w+)"$')
WIRE = re.compile(r'^    package static let \w+ = Self\(rawValue: "(\w+)"\)$')


def comments(path, pattern):
    """By what the pattern's group says, the doc comment above each line that it fits."""
    found, above = {}, []
    for line in path.read_text().split("\n"):
        if line.strip().startswith("///"):
            above.append(line.strip().removeprefix("///").strip())
            continue
        match = pattern.match(line)
        if match:
            found.setdefault(match[1], " ".join(above))
        above = []
    return found


def error_types():
    """The types of errors that have codes: those that `ErrorCode.of` knows, and that of texts."""
    text = (SOURCES / "MemVec/Face/ErrorCode.swift").read_text()
    return re.findall(r"case let error as (\w+): error\.code", text) + ["TextError"]


def error_codes():
    """Each code of the library's errors, as (type, code, meaning)."""
    found = []
    for name in error_types():
        [path] = SOURCES.glob(f"**/{name}.swift")
        meanings = comments(path, CASE)
        for line in path.read_text().split("\n"):
            match = CODE.match(line)
            if match:
                found.append((name, match[2], plain(meanings[match[1]])))
    return found


def wire_meanings():
    """By the code, what it means."""
    return {code: plain(text) for code, text in comments(SOURCES / "S3Vectors/Wire/ServiceError.swift", WIRE).items()}


def plain(comment):
    """A doc comment without links that only DocC follows."""
    return re.sub(r"``([^`]*)``", r"`\1`", comment)


LITERAL = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|HOME)"')
COMPOSED = re.compile(r'"(AWS_[A-Z_]+_)\\\(service')


def variables_in_sources():
    """What in the sources looks like the name of a variable, but for lists of them."""
    found = set()
    for path in SOURCES.glob("**/*.swift"):
        if path.name == "EnvironmentVariable.swift":
            continue
        text = path.read_text()
        found.update(LITERAL.findall(text))
        for stem in COMPOSED.findall(text):
            services = (SOURCES / "S3Vectors/Credentials/AWSSettings.swift").read_text()
            for case, raw in re.findall(r'    case (\w+)(?: = "(\w+)")?\n', services.split("signingName")[0]):
                found.add(stem + (raw or case).upper())
    return found
