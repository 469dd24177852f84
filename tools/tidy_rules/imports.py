"""Imports run downward only, each C door has the modules named here, and Package.swift says what is imported."""
import re

from .code_text import code_only, line_of
from .repository import Finding

NAME = "imports"
ASKS = "modules import downward only, C doors are opened by their owners, Package.swift declares each import"
ALLOWABLE = False

# Module of ours -> the modules of ours that it may import (ARCHITECTURE.md draws it).
BELOW = {
    "Vectors": [],
    "Formats": ["Vectors"],
    "Workload": [],
    "Analysis": [],
    "Storage": ["Analysis", "Vectors"],
    "Tiers": ["Storage", "Vectors"],
    "Index": ["Storage", "Vectors"],
    "Router": ["Index", "Tiers", "Storage", "Analysis", "Vectors"],
    "S3Vectors": ["Tiers", "Storage", "Vectors"],
    "MemVec": ["Router", "Index", "Tiers", "Storage", "Analysis", "Vectors"],
    "Text": ["MemVec", "S3Vectors", "Analysis", "Vectors"],
    "Server": ["Text", "MemVec", "S3Vectors", "Storage", "Vectors"],
    "CLI": ["Server", "Text", "MemVec", "S3Vectors", "Formats", "Storage", "Vectors", "Workload"],
}
# C or C++ module -> who may import it.
DOORS = {
    "CLMDB": ["Storage"],
    "CFaiss": ["Index"],
    "CCurl": ["S3Vectors"],
    "CJSON": ["Vectors"],
    "CCrypto": ["S3Vectors"],
    "CTransformer": ["Text"],
    "CMarkup": ["Text"],
    "CLibXML": [],
    "CCompression": ["Text"],
    "CStemmer": ["Analysis"],
    "CKernels": ["Vectors", "Storage", "Tiers", "Index", "Router"],
}
# Headers of others -> the C module that may include them, or whose flags another needs for that (CMarkup).
HEADERS = {"lmdb.h": "CLMDB", "faiss/": "CFaiss", "curl/": "CCurl", "simdjson": "CJSON", "xxhash": "CKernels",
           "openssl/": "CCrypto", "libxml/": "CLibXML", "libstemmer": "CStemmer", "bzlib.h": "CCompression",
           "zlib.h": "CCompression"}
# C module -> the one that gives it the flags for its headers.
FLAGS = {"CMarkup": "CLibXML"}
# Packages of others -> who may import them.
PACKAGES = {"ArgumentParser": ["CLI"], "Histogram": ["CLI"], "Hummingbird": ["Server"], "HummingbirdCore": ["Server"]}

IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)
TARGET = re.compile(
    r'(?:\b(?:module|tests)\(\s*|\.(?:target|executableTarget|testTarget)\(\s*(?:name:\s*)?)"(\w+)"')


def check(repository):
    declared = targets(repository.texts.get("Package.swift", ""))
    for path, text in repository.sources("swift", under=("Sources/", "Tests/")):
        parts = path.split("/")
        module = parts[1]
        for match in IMPORT.finditer(code_only(text)):
            advice = judge(parts[0] == "Tests", module, match[1], declared)
            if advice:
                yield Finding(path, line_of(text, match.start(1)), NAME, advice)
    for path, text in repository.sources("c", "cpp", "h", under=("Sources/",)):
        for match in INCLUDE.finditer(code_only(text, keep_strings=True)):
            owner = next((door for header, door in HEADERS.items() if match[1].startswith(header)), None)
            if owner and owner not in (path.split("/")[1], FLAGS.get(path.split("/")[1])):
                yield Finding(path, line_of(text, match.start(1)), NAME,
                              f"{match[1]} belongs behind the door {owner}: add a function there")
    yield from check_manifest(declared)


def judge(is_test, module, imported, declared):
    """What is wrong with this import, or None."""
    ours = imported in BELOW or imported in DOORS
    if is_test:
        if ours and module in declared and imported not in declared[module]:
            return f'name "{imported}" among the dependencies of {module} in Package.swift'
        return None
    if imported in PACKAGES and module not in PACKAGES[imported]:
        return f"only {' and '.join(PACKAGES[imported])} may import {imported}"
    if not ours or imported == module:
        return None
    if module in BELOW and not may_import(module, imported):
        return climbs(module, imported)
    if module in declared and imported not in declared[module]:
        return f'name "{imported}" among the dependencies of {module} in Package.swift'
    return None


def may_import(module, imported):
    return imported in BELOW.get(module, []) or module in DOORS.get(imported, [])


def climbs(module, imported):
    if imported in DOORS:
        return f"{imported} is the door of {' and '.join(DOORS[imported])}: ask them for what {module} needs"
    allowed = ", ".join(BELOW[module]) or "C doors"
    return f"{module} may import only {allowed}: move what it needs down, or the caller up"


def targets(manifest):
    """Target -> what it depends on, read from the text of Package.swift."""
    code = code_only(manifest, keep_strings=True)
    found = {}
    starts = list(TARGET.finditer(code))
    for match, following in zip(starts, starts[1:] + [None]):
        body = code[match.end():following.start() if following else len(code)]
        found[match[1]] = set(re.findall(r'"(\w+)"', body.split("linkerSettings")[0]))
    return found


def check_manifest(declared):
    for module, dependencies in declared.items():
        for dependency in sorted(dependencies & (BELOW.keys() | DOORS.keys())):
            if module in BELOW and dependency != module and not may_import(module, dependency):
                yield Finding("Package.swift", 0, NAME, climbs(module, dependency))
