"""Texts from the command line into S3 Vectors and out again: ingest, deletion, search, HTTP."""
import json
import os
import pty
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request

from serving import MEMVEC, Server
from texts import TextsCase, objects


class Texts(TextsCase):
    def test_a_folder_becomes_an_index_and_a_second_run_uploads_nothing(self):
        source = self.notes(12)
        first = objects(self.ingest(source))[0]
        self.assertEqual((first["new"], first["documents"]), (12, 12))
        self.assertEqual(first["stored"], first["chunks"])
        self.assertEqual(len(self.remote()), first["chunks"])
        again = objects(self.ingest(source))[0]
        self.assertEqual((again["unchanged"], again["stored"], again["new"]), (12, 0, 0))
        (source / "n003.md").write_text("# Changed\n\nshort now\n")
        (source / "n004.md").unlink()
        changed = objects(self.ingest(source, "--prune"))[0]
        self.assertEqual((changed["changed"], changed["removedDocuments"], changed["unchanged"]), (1, 1, 10))
        documents = {metadata["document"] for metadata in self.remote().values()}
        self.assertNotIn("notes/n004.md", documents)
        self.assertEqual(len(documents), 11)
        found = objects(self.run_memvec("search", self.near, "changed short", "-k", "1", "--json"))[0]
        self.assertEqual(found["provenance"]["coldRequests"], 0, "a mirror asks S3 for writes alone")
        self.assertEqual(found["passages"][0]["document"], "notes/n003.md")
        same = objects(self.run_memvec("query", self.near, "--key", "notes/n003.md#0", "-k", "3", "--json"))[0]
        self.assertEqual(same["provenance"]["coldRequests"], 0, "a process of its own has the warm tier, too")

    def test_a_folder_that_was_never_attached_takes_over_what_the_remote_has(self):
        source = self.notes(8)
        first = objects(self.ingest(source))[0]
        other = self.folder / "other"
        self.run_memvec("create", other, "--cold", self.address, "--dimension", "384",
                        "--non-filterable", "text", "--non-filterable", "digest")
        self.near = other
        again = objects(self.ingest(source))[0]
        self.assertEqual((again["stored"], again["unchanged"]), (0, 8))
        self.assertEqual(len(self.everything(other)), first["chunks"])

    def test_words_are_searched_in_front_of_a_remote_and_marked(self):
        self.ingest(self.notes(8))
        for mode in ("text", "hybrid"):
            found = objects(self.run_memvec("search", self.near, "note", "3", "filters", "--mode", mode, "--json"))[0]
            self.assertEqual(found["passages"][0]["document"], "notes/n003.md", mode)
            self.assertEqual("provenance" in found, mode == "hybrid")
            for passage in found["passages"]:
                marked = {passage["text"][start:start + length].lower() for start, length in passage["highlights"]}
                self.assertLessEqual(marked, {"note", "notes", "3", "filter", "filters"})
        self.run_memvec("search", self.near, "x", "--mode", "both", code=2)
        self.run_memvec("documents", "show", self.near, "no such", code=4)

    def test_one_character_of_japanese_is_found_where_it_is_a_word(self):
        here = self.folder / "here"
        source = self.folder / "cat.txt"
        source.write_text("吾輩は猫である。名前はまだ無い。")
        self.ingest(source, into=here)
        passage = objects(self.run_memvec("search", here, "猫", "--mode", "text", "--json"))[0]["passages"][0]
        self.assertEqual(passage["highlights"], [[3, 1]])
        self.assertEqual(objects(self.run_memvec("search", here, "犬", "--mode", "text", "--json"))[0]["passages"], [])

    def test_a_collection_that_was_attached_elsewhere_gets_its_full_text_by_a_command(self):
        self.ingest(self.notes(4))
        other = self.folder / "other"
        self.run_memvec("attach", other, self.address, "--yes")
        refused = self.run_memvec("search", other, "filters", "--mode", "text", code=1)
        self.assertIn(f"memvec documents index {other}", refused.stderr)
        done = objects(self.run_memvec("documents", "index", other, "--json"))[0]
        self.assertEqual(done, {"passages": len(self.remote()), "language": "en"})
        found = objects(self.run_memvec("search", other, "filters", "--mode", "text", "--json"))
        self.assertEqual(found[0]["passages"][0]["document"], "notes/n003.md")

    def on_a_terminal(self, *words, **environment):
        """What a command prints where people look at it."""
        ours, its = pty.openpty()
        run = subprocess.Popen([MEMVEC, *map(str, words)], stdout=its, stderr=subprocess.DEVNULL,
                               env={**self.environment, **environment})
        os.close(its)
        text = b""
        try:
            while piece := os.read(ours, 1 << 16):
                text += piece
        except OSError:
            pass  # So ends a terminal that nobody writes to any more.
        os.close(ours)
        self.assertEqual(run.wait(timeout=60), 0)
        return text.decode().replace("\r\n", "\n")

    def test_words_are_in_bold_on_a_terminal_alone(self):
        source = self.notes(2)
        (source / "n000.md").write_text("# Pins\n\nA pinned vector stays.\n")
        here = self.folder / "here"
        self.ingest(source, into=here)
        search = ["search", here, "pins", "--mode", "text"]
        self.assertIn("   A \x1b[1mpinned\x1b[0m vector stays.\n", self.on_a_terminal(*search))
        self.assertNotIn("\x1b", self.on_a_terminal(*search, NO_COLOR="1"))
        self.assertNotIn("\x1b", self.on_a_terminal(*search, "--json"))
        self.assertNotIn("\x1b", self.run_memvec(*search).stdout)

    def test_another_embedder_and_an_index_without_texts_are_refused_by_name(self):
        self.ingest(self.notes(2))
        refused = self.run_memvec("ingest", self.folder / "notes", "--into", self.near, "--embedder", "hash:64", code=1)
        self.assertIn("hash", refused.stderr)
        self.run_memvec("create", self.folder / "plain", "--dimension", "384")
        refused = self.run_memvec("search", self.folder / "plain", "x", code=1)
        self.assertIn("--embedder", refused.stderr)

    def test_everything_is_removed_and_made_anew_when_that_is_asked_for(self):
        source = self.notes(5)
        self.ingest(source)
        shutil.rmtree(source)
        source.mkdir()
        (source / "only.md").write_text("# Only\n\nthis\n")
        refused = self.ingest(source, "--force-recreate", code=2)
        self.assertIn("--yes", refused.stderr)
        self.assertGreater(len(self.remote()), 1)
        self.environment["MEMVEC_FORCE_RECREATE"] = "true"
        done = self.ingest(source, "--yes")
        self.assertIn("removing", done.stderr)
        self.assertEqual(list(self.remote()), ["notes/only.md#0"])

    def test_what_is_made_anew_in_front_of_a_remote_fits_it_and_stays_in_front_of_it(self):
        source = self.notes(3)
        self.ingest(source)
        before = self.remote()
        target = ["--into", self.address, "--folder", self.near, "--force-recreate", "--yes", "--json"]
        refused = self.run_memvec("ingest", source, *target, "--embedder", "hash:64", code=1)
        self.assertIn("holds vectors of 384 values", refused.stderr)
        self.assertEqual(self.remote(), before)
        (source / "n000.md").unlink()
        done = self.run_memvec("ingest", source, "--into", self.near, "--force-recreate", "--yes", "--json")
        self.assertEqual(objects(done)[0]["new"], 2)
        documents = {metadata["document"] for metadata in self.remote().values()}
        self.assertEqual(documents, {"notes/n001.md", "notes/n002.md"})

    def test_documents_and_search_over_http(self):
        served = self.folder / "served"
        served.mkdir()
        server = Server(served)
        self.addCleanup(server.stop)
        server.client().create_vector_bucket(vectorBucketName="texts")
        self.ingest(self.notes(6), into=served / "texts" / "notes")
        base = f"{server.url}/v1/collections/texts/notes"

        def ask(method, path, body=None):
            request = urllib.request.Request(base + path, method=method, data=body and json.dumps(body).encode())
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer), answer.headers
        listed, _ = ask("GET", "/documents")
        self.assertEqual(len(listed["documents"]), 6)
        found, headers = ask("POST", "/search", {"query": "Note 2 on indexes", "k": 2,
                                                 "filter": {"document": "notes/n002.md"}})
        self.assertEqual({passage["document"] for passage in found["passages"]}, {"notes/n002.md"})
        self.assertIn("x-memvec-reason", headers)
        gone, _ = ask("DELETE", "/documents/notes/n002.md")
        self.assertGreater(gone["chunks"], 0)
        with self.assertRaises(urllib.error.HTTPError) as raised:
            ask("GET", "/documents/notes/n002.md")
        self.assertEqual(raised.exception.code, 404)
        with urllib.request.urlopen(f"{server.url}/v1/openapi.json", timeout=30) as answer:
            self.assertEqual(json.load(answer)["openapi"], "3.1.0")

    def test_documents_are_listed_and_deleted_over_http_where_the_vectors_are(self):
        self.ingest(self.notes(4))
        base = f"{self.server.url}/v1/collections/texts/notes"
        with urllib.request.urlopen(f"{base}/documents", timeout=30) as answer:
            chunks = {document["id"]: document["chunks"] for document in json.load(answer)["documents"]}
        self.assertEqual(set(chunks), {f"notes/n00{number}.md" for number in range(4)})
        request = urllib.request.Request(f"{base}/documents/notes/n001.md", method="DELETE")
        with urllib.request.urlopen(request, timeout=30) as answer:
            self.assertEqual(json.load(answer)["chunks"], chunks["notes/n001.md"])
        self.assertNotIn("notes/n001.md", {metadata["document"] for metadata in self.remote().values()})
        asked = urllib.request.Request(f"{base}/search", method="POST", data=b'{"query": "filters"}')
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(asked, timeout=30)
        self.assertIn("does not say what embeds its texts", raised.exception.read().decode())

    def test_a_folder_of_notes_is_asked_in_one_command(self):
        source = self.notes(6)
        first = self.run_memvec("ask", source, "Note 3 on filters", "--embedder", "hash", "--json")
        self.assertIn("6 new documents", first.stderr)
        self.assertEqual(objects(first)[0]["passages"][0]["document"], "notes/n003.md")
        (source / "n003.md").unlink()
        second = self.run_memvec("ask", source, "Note 3 on filters", "--json")
        self.assertIn("1 removed", second.stderr)
        self.assertNotIn("notes/n003.md", {passage["document"] for passage in objects(second)[0]["passages"]})

    def test_a_prompt_embeds_a_question_that_comes_again_once(self):
        source = self.folder / "notes.txt"
        source.write_text("Pinned vectors stay.\n")
        here = self.folder / "here"
        self.run_memvec(*self.logged_ingest(source, self.folder / "ingest.log", into=here))
        log = self.folder / "ask.log"
        self.environment |= {"EMBEDDED": str(log), "MEMVEC_RUN_COMMANDS": "1"}
        asked = subprocess.run([MEMVEC, "ask", here, "--json"], env=self.environment, timeout=60,
                               input="what is pinned?\nand now?\nwhat is pinned?\n\nwhat is pinned?\n",
                               capture_output=True, text=True)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        answers = objects(asked)
        self.assertEqual(len(answers), 4)
        self.assertEqual(answers[0]["passages"], answers[2]["passages"])
        self.assertEqual(self.embedded(log), ["what is pinned?", "and now?"])

    def test_a_limit_of_documents_takes_none_for_gone(self):
        source, here = self.notes(4), self.folder / "here"
        self.ingest(source, into=here)
        refused = self.ingest(source, "--prune", "--max-articles", "2", code=2, into=here)
        self.assertIn("leave out one of the two", refused.stderr)
        self.environment["MAX_ARTICLES"] = "2"
        done = self.ingest(source, "--prune", into=here)
        report = objects(done)[0]
        self.assertEqual((report["documents"], report["removedDocuments"], report["limited"]), (2, 0, True))
        self.assertIn("MAX_ARTICLES ended the run after 2 documents", done.stderr)
        self.assertEqual(len(objects(self.run_memvec("documents", "list", here, "--json"))), 4)
        del self.environment["MAX_ARTICLES"]
        (source / "n001.md").unlink()
        report = objects(self.ingest(source, "--prune", into=here))[0]
        self.assertEqual((report["removedDocuments"], report["limited"]), (1, False))

    def test_what_cannot_be_read_is_named_and_what_was_known_of_it_stays(self):
        source = self.notes(4)
        page = "<page><title>P{0}</title><ns>0</ns><id>{0}</id><revision><text>Page {0}.</text></revision></page>\n"
        (source / "pages.xml").write_text("<mediawiki>" + "".join(map(page.format, range(3))) + "</mediawiki>")
        here = self.folder / "here"
        self.assertEqual(objects(self.ingest(source, into=here))[0]["new"], 7)
        broken = (source / "pages.xml").read_text().replace("</title><ns>0</ns><id>1", "</wrong><ns>0</ns><id>1")
        (source / "pages.xml").write_text(broken)
        (source / "n001.md").unlink()
        (source / "loop").symlink_to(source)
        log = self.folder / "log.jsonl"
        done = self.ingest(source, "--prune", "--log", log, into=here)
        report = objects(done)[0]
        self.assertEqual((report["removedDocuments"], report["broken"], report["skipped"]), (1, 1, 2))
        self.assertIn("1 file could not be read whole", done.stderr)
        reasons = {line["file"]: line["reason"] for line in map(json.loads, log.read_text().splitlines())}
        self.assertIn("line 2, column", reasons["pages.xml"])
        self.assertIn("link", reasons["loop"])
        self.assertEqual(len(objects(self.run_memvec("documents", "list", here, "--json"))), 6)
        linked = self.folder / "linked"
        linked.symlink_to(source)
        asked = self.run_memvec("ask", linked, "Page 0", "--embedder", "hash", "--json")
        self.assertEqual(objects(asked)[0]["passages"][0]["title"], "P0")


if __name__ == "__main__":
    unittest.main()
