"""What of the dataset makers runs without their packages: the names, the wholeness of a data set, the command line."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS))
from dataset_makers import catalog, debian, publish  # noqa: E402


class Catalog(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)

    def published(self, name):
        partial = publish.fresh_folder(self.out / f".{name}.partial")
        (partial / "base.fvecs").write_bytes(b"12345678")
        publish.publish(partial, self.out / name, {"base": 2})
        return self.out / name

    def test_a_count_has_one_name_and_a_name_one_count(self):
        for count, name in ((100_000, "sift100k"), (1_000_000, "sift1m"), (5000, "sift5000")):
            self.assertEqual(catalog.sift_name(count), name)
            self.assertEqual(catalog.sift_count(name), count)
        for name in ("sift", "sift0", "sift-1", "sifts", "debtext"):
            self.assertIsNone(catalog.sift_count(name))

    def test_a_data_set_is_whole_when_every_file_has_its_length(self):
        folder = self.published("sift5000")
        self.assertTrue(catalog.is_whole(folder))
        manifest = json.loads((folder / "manifest.json").read_text())
        self.assertEqual(manifest["files"]["base.fvecs"]["bytes"], 8)
        (folder / "base.fvecs").write_bytes(b"1234")
        self.assertFalse(catalog.is_whole(folder))
        self.assertFalse(catalog.is_whole(self.out / "absent"))

    def test_publishing_again_replaces_the_older_one_and_leaves_nothing_beside(self):
        self.published("sift5000")
        self.published("sift5000")
        self.assertEqual([path.name for path in self.out.iterdir()], ["sift5000"])

    def test_the_command_makes_nothing_that_is_there(self):
        self.published("sift5000")
        done = self.command("sift", "5000", "--out", str(self.out))
        self.assertEqual((done.returncode, "sift5000 is there" in done.stderr), (0, True))
        self.assertIn("there: " + str(self.out / "sift5000"), self.command("list", "--out", str(self.out)).stdout)

    def test_the_command_refuses_what_it_does_not_know(self):
        for words in ((), ("deep1b",), ("sift",)):
            self.assertEqual(self.command(*words).returncode, 2, words)

    def command(self, *words):
        return subprocess.run([sys.executable, TOOLS / "datasets", *words], capture_output=True, text=True)


class Stanzas(unittest.TestCase):
    def test_fields_go_on_in_indented_lines(self):
        text = "Package: a\nDescription: short\n long\n .\n more\n\n\nPackage: b\nTag: x::y,\n z::w\n"
        self.assertEqual(list(debian.stanzas(text)), [
            {"Package": "a", "Description": "short\n long\n .\n more"},
            {"Package": "b", "Tag": "x::y,\n z::w"}])


if __name__ == "__main__":
    unittest.main()
