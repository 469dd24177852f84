"""A canary for each rule of tools/tidy: what it must find, and beside it what it must leave alone."""
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tidy_rules  # noqa: E402
from tidy_rules import big_files  # noqa: E402

MANIFEST = """
let package = Package(targets: [
    .target(name: "CFaiss", linkerSettings: [.linkedLibrary("faiss")]),
    module("Vectors", ["CKernels"]),
    module("Storage", ["Vectors", "CLMDB"]),
    module("Index", ["Storage", "CFaiss"]),
    tests("IndexTests", ["Index"]),
])
"""


def found(texts, rule, **sizes):
    repository = tidy_rules.Repository(texts, **sizes)
    return [str(f) for f in tidy_rules.findings(repository) if f.rule == rule]


def swift(body, rule, path="Sources/Storage/Thing.swift"):
    return found({path: body}, rule)


class Imports(unittest.TestCase):
    def judged(self, path, line):
        return found({"Package.swift": MANIFEST, path: f"// why\n{line}\n"}, "imports")

    def test_an_import_that_climbs_is_found_with_its_line(self):
        self.assertEqual(self.judged("Sources/Storage/A.swift", "internal import Index"), [
            "Sources/Storage/A.swift:2: imports: Storage may import only Analysis, Vectors: "
            "move what it needs down, or the caller up"])

    def test_a_door_that_belongs_to_another_module_is_found(self):
        self.assertIn("CLMDB is the door of Storage",
                      self.judged("Sources/Index/A.swift", "@preconcurrency import CLMDB")[0])

    def test_a_scoped_import_counts_as_one_of_its_module(self):
        self.assertEqual(len(self.judged("Sources/Vectors/A.swift", "public import struct Storage.Store")), 1)

    def test_an_import_that_the_manifest_does_not_declare_is_found(self):
        self.assertIn("Package.swift", self.judged("Sources/Index/A.swift", "import Vectors")[0])
        self.assertIn("Package.swift", self.judged("Tests/IndexTests/A.swift", "@testable import Storage")[0])

    def test_a_package_has_its_module(self):
        self.assertIn("only CLI may import", self.judged("Sources/Index/A.swift", "import ArgumentParser")[0])

    def test_a_manifest_that_draws_an_edge_upward_is_found(self):
        manifest = MANIFEST.replace('module("Storage", ["Vectors"', 'module("Storage", ["Router"')
        self.assertEqual(len(found({"Package.swift": manifest}, "imports")), 1)

    def test_a_header_is_included_behind_its_door_alone(self):
        line = "#include <faiss/IndexFlat.h>\n"
        self.assertEqual(len(found({"Sources/CKernels/a.c": line}, "imports")), 1)
        self.assertEqual(found({"Sources/CFaiss/shim.cpp": line}, "imports"), [])

    def test_imports_downward_and_words_in_comments_are_fine(self):
        self.assertEqual(self.judged("Sources/Index/A.swift", "internal import Storage"), [])
        self.assertEqual(self.judged("Sources/Storage/A.swift", "/* \nimport Index\n */"), [])


class Traps(unittest.TestCase):
    def test_each_trap_is_found(self):
        for trap in ("try! open()", "x as! Int", "fatalError(\"no\")"):
            self.assertEqual(len(swift(f"let a = 1\n{trap}\n", "traps")), 1, trap)
        self.assertEqual(len(swift("exit(1)\n", "traps")), 1)
        self.assertEqual(swift("_exit(1)\nMemvec.exit(withError: error)\n", "traps"), [])

    def test_words_in_texts_and_comments_are_not_code(self):
        for text in ('let s = "try! it"', "// as! is not used", 'let s = """\n  fatalError(\n  """',
                     'let s = #"a " try! b"#', "x as? Int", 'let r = /"try! /'):
            self.assertEqual(swift(text + "\n", "traps"), [], text)

    def test_code_inside_an_interpolation_is_code(self):
        self.assertEqual(len(swift('let s = "\\(f("x")) \\(1)"; y as! Int\n', "traps")), 1)

    def test_a_reason_allows_it_and_an_empty_one_does_not(self):
        self.assertEqual(swift("// tidy: allow(traps) the type was checked above\nx as! Int\n", "traps"), [])
        self.assertEqual(len(swift("// tidy: allow(traps)\nx as! Int\n", "traps")), 2)


class Lengths(unittest.TestCase):
    def test_a_file_of_401_lines_is_asked_why(self):
        self.assertEqual(swift("let a = 1\n" * 400, "file-length"), [])
        self.assertEqual(len(swift("let a = 1\n" * 401, "file-length")), 1)
        self.assertEqual(swift("// tidy: allow(file-length) one table of codes\n" + "\n" * 400, "file-length"), [])

    def test_a_line_of_121_characters_is_found(self):
        self.assertEqual(swift("é" * 120 + "\n", "line-length"), [])
        self.assertEqual(len(swift("é" * 121 + "\n", "line-length")), 1)

    def long(self, head, tail="}", lines=69, indent="    "):
        return head + "\n" + f"{indent}x = x\n" * lines + tail + "\n"

    def test_a_swift_function_of_71_lines_is_found(self):
        for head in ("func f<T>(_ x: T = { 1 }()) throws(E) -> [Int] where T: P {", "init?(x: Int) {", "deinit {",
                     "subscript(i: Int) -> Int {"):
            self.assertEqual(swift(self.long(head, lines=68), "function-length"), [], head)
            self.assertEqual(len(swift(self.long(head), "function-length")), 1, head)

    def test_a_requirement_of_a_protocol_has_no_body(self):
        text = self.long("protocol P {\n    func f() -> Int\n}\nstruct S {")
        self.assertEqual(swift(text, "function-length"), [])

    def test_a_call_of_an_initialiser_is_no_declaration(self):
        self.assertEqual(swift(self.long("struct S { let a = T.init(x: 1)\n if b {"), "function-length"), [])

    def test_a_c_function_is_found_inside_extern_c(self):
        text = 'extern "C" {\n' + self.long("int mv_f(int a)\n{") + "}\n"
        self.assertEqual(found({"Sources/CFaiss/shim.cpp": text}, "function-length"), [
            "Sources/CFaiss/shim.cpp:2: function-length: mv_f has 72 lines, 70 are the limit: "
            "leave the branches in it, move straight work to a function"])

    def test_python_and_shell_functions_are_found(self):
        python = "def f(x):\n" + "    x = x\n" * 70
        self.assertEqual(len(found({"tools/a.py": python}, "function-length")), 1)
        self.assertEqual(len(found({"tools/a": "#!/usr/bin/env python3\n" + python}, "function-length")), 1)
        self.assertEqual(len(found({"tools/b": "#!/usr/bin/env bash\n" + self.long("f() {")}, "function-length")), 1)


class Words(unittest.TestCase):
    def test_a_promise_without_an_issue_is_found(self):
        marker = "TO" + "DO"
        self.assertEqual(len(swift(f"// {marker}: later\n", "leftovers")), 1)
        self.assertEqual(swift(f"// {marker} (issue 12): later\n", "leftovers"), [])
        self.assertEqual(swift("let XXXX = 1\n", "leftovers"), [])

    def test_an_empty_name_is_found_and_a_full_one_is_not(self):
        self.assertEqual(len(swift("final class CacheManager {}\n", "names")), 1)
        self.assertEqual(len(swift("let a = 1\n", "names", path="Sources/Storage/FileUtils.swift")), 1)
        self.assertEqual(swift("extension FileManager {}\nstruct Managers {}\n", "names"), [])

    def test_a_path_of_one_machine_is_found(self):
        for path in ("/ro" + "ot/x", "/wo" + "rk/x", "/tm" + "p/x", "/ho" + "me/me/x"):
            self.assertEqual(len(found({"README.md": f"see {path}\n"}, "machine-paths")), 1, path)
        for path in ("${TMPDIR:-/tmp}", "tests/tm" "p/x", "a/wo" "rk/b", "$HOME/tm" "p/x"):
            self.assertEqual(found({"README.md": f"see {path}\n"}, "machine-paths"), [], path)

    def test_a_host_of_a_registry_is_found(self):
        self.assertEqual(len(found({"tools/a.py": "x = 'https://py" + "pi.org/simple'\n"}, "machine-paths")), 1)


class Tests(unittest.TestCase):
    def test_a_file_that_no_test_names_is_found(self):
        source = {"Sources/Storage/Thing.swift": "/// A thing.\nstruct Thing { func go() {} }\n"}
        self.assertEqual(len(found(source, "untested")), 1)
        self.assertEqual(len(found({**source, "Tests/T/A.swift": "// Thing is not tested\n"}, "untested")), 1)
        self.assertEqual(found({**source, "Tests/T/A.swift": "let a = Thing()\n"}, "untested"), [])

    def test_an_extension_is_named_by_its_members_and_a_command_by_its_word(self):
        extension = {"Sources/Storage/Thing+Go.swift": "extension Thing { func go() {} }\n"}
        self.assertEqual(len(found(extension, "untested")), 1)
        self.assertEqual(found({**extension, "Tests/T/A.swift": "thing.go()\n"}, "untested"), [])
        command = {"Sources/CLI/Go.swift": 'struct Go { let c = Configuration(commandName: "wander") }\n'}
        self.assertEqual(found({**command, "Tests/T/A.swift": 'run("wander", folder)\n'}, "untested"), [])

    def test_a_file_may_be_tested_through_the_one_it_serves_but_not_farther(self):
        chain = {f"Sources/Storage/{n}.swift": f"struct {n} {{ let a: {below} }}\n"
                 for n, below in (("Top", "Middle"), ("Middle", "Bottom"), ("Bottom", "Int"))}
        lines = found({**chain, "Tests/T/A.swift": "let a = Top()\n"}, "untested")
        self.assertEqual([line.split(":")[0] for line in lines], ["Sources/Storage/Bottom.swift"])

    def test_c_code_is_tested_through_its_swift_caller(self):
        c = {"Sources/CKernels/go.c": "int mv_go(int a) {\n    return a;\n}\n"}
        caller = {"Sources/Index/Go.swift": "func go() { mv_go(1) }\n"}
        self.assertEqual(len(found({**c, **caller}, "untested")), 2)
        self.assertEqual(found({**c, **caller, "Tests/T/A.swift": "go()\n"}, "untested"), [])

    def test_skips_sleeps_and_truths_are_found(self):
        for line in ("@Test(.disabled(\"flaky\")) func a() {}", "try await Task.sleep(for: .seconds(1))", "usleep(10)",
                     "#expect(true)"):
            self.assertEqual(len(swift(line + "\n", "honest-tests", path="Tests/T/A.swift")), 1, line)
        self.assertEqual(swift("#expect(true == seen)\n", "honest-tests", path="Tests/T/A.swift"), [])


class Files(unittest.TestCase):
    def test_a_file_over_a_megabyte_is_found(self):
        sizes = {"a.bin": big_files.LIMIT + 1, "b.bin": big_files.LIMIT}
        self.assertEqual(found({}, "big-files", sizes=sizes), [
            "a.bin:1: big-files: 1,000,001 bytes, 1,000,000 are the limit: have a script make it"])

    def test_each_rule_has_a_canary_here(self):
        text = Path(__file__).read_text()
        for rule in tidy_rules.ALL:
            self.assertIn(f'"{rule.NAME}"', text)

    def test_an_exception_to_a_rule_without_exceptions_is_found(self):
        self.assertEqual(len(swift("// tidy: allow(names) we like it so\n", "names")), 1)


if __name__ == "__main__":
    unittest.main()
