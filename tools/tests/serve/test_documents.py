"""Texts from the command line into S3 Vectors and out again: ingest killed and run again, deletion, search, HTTP."""
import fcntl
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from serving import MEMVEC, REGION, Server

ENVIRONMENT = dict(os.environ, AWS_ACCESS_KEY_ID="any", AWS_SECRET_ACCESS_KEY="thing", AWS_REGION=REGION)
KILLS = 20 if os.environ.get("MEMVEC_FULL") else 5
# Of one ingest: some must come through a few, others begin anew.
KILLS_A_ROUND = 4
# Texts that an ingest embeds and stores at once when a program embeds them.
BATCH = 64
# An embedder that writes down each text before it answers. Whoever gets the lock of the file knows that it is gone.
LOGGING = """
import fcntl, hashlib, json, os, sys
log = open(os.environ["EMBEDDED"], "a")
fcntl.flock(log, fcntl.LOCK_SH)
for line in sys.stdin:
    text = json.loads(line)["text"]
    log.write(json.dumps(text) + "\\n")
    log.flush()
    print([1 + byte for byte in hashlib.sha256(text.encode()).digest()[:8]], flush=True)
"""
TOPICS = ["vectors", "tiers", "indexes", "filters", "buckets", "caches", "journals", "blocks"]


def memvec(*words, code=0, environment=ENVIRONMENT):
    done = subprocess.run([MEMVEC, *map(str, words)], capture_output=True, text=True, env=environment, timeout=120)
    if done.returncode != code:
        raise AssertionError(f"memvec {words} ended with {done.returncode}: {done.stderr}")
    return done


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Texts(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.address = "s3vectors://texts/notes"
        self.near = self.folder / "near"
        self.server = None
        self.serve()

    def serve(self, *faults):
        """The service, from now on with these faults."""
        if self.server:
            self.server.stop()
        self.server = Server(self.folder / "far", *faults)
        self.addCleanup(self.server.stop)
        self.environment = dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3VECTORS=self.server.url)

    def run_memvec(self, *words, code=0):
        return memvec(*words, code=code, environment=self.environment)

    def notes(self, count, words=400):
        """A folder of Markdown, made from a seed."""
        random_words, folder = random.Random(7), self.folder / "notes"
        folder.mkdir()
        for number in range(count):
            topic = TOPICS[number % len(TOPICS)]
            text = " ".join(random_words.choice([topic, "of", "the", "store", "read", "write", "slow."])
                            for _ in range(words))
            note = f"# Note {number} on {topic}\n\n{text}\n\n## More\n\nLast {number}.\n"
            (folder / f"n{number:03}.md").write_text(note)
        return folder

    def ingest(self, source, *words, code=0, into=None):
        target = ["--into", into or self.address] + ([] if into else ["--folder", self.near])
        return self.run_memvec("ingest", source, *target, "--embedder", "hash", "--json", *words, code=code)

    def everything(self, folder):
        """Key -> record of a collection."""
        return {record["key"]: record for record in objects(self.run_memvec("list", folder, "--json", "--vectors"))}

    def remote(self, index="notes"):
        """Key -> metadata of what the service holds."""
        client, found, token = self.server.client(), {}, {}
        while True:
            page = client.list_vectors(vectorBucketName="texts", indexName=index, returnMetadata=True, **token)
            found |= {vector["key"]: vector["metadata"] for vector in page["vectors"]}
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

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

    def logged_ingest(self, source, log, into=None):
        """The words of an ingest whose embedder writes down what it is given."""
        target = ["--into", into] if into else ["--into", self.address, "--folder", self.near]
        program = self.folder / "embed.py"
        program.write_text(LOGGING)
        self.environment["EMBEDDED"] = str(log)
        return ["ingest", source, *target, "--embedder", f"command:{sys.executable} {program}", "--json"]

    def embedded(self, log):
        """The passages that were embedded while this was the log, once their embedder is gone."""
        if not log.exists():
            return []
        with log.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            texts = [json.loads(line) for line in file]
        self.assertEqual(texts[:1], ["dimension"] if texts else [], "it is asked how long its vectors are")
        return texts[1:]

    def sent_bytes(self):
        """Bodies of PutVectors, by index."""
        sent = {}
        for line in self.access_log.read_text().splitlines():
            call = json.loads(line)
            if call.get("operation") == "PutVectors":
                sent.setdefault((call["bucket"], call["index"]), []).append(call["bytesIn"])
        return sent

    def test_a_killed_ingest_ends_like_an_undisturbed_one_and_repeats_a_batch_at_most(self):
        self.access_log = self.folder / "access.jsonl"
        self.serve("--access-log", self.access_log)
        source = self.notes(60, words=1500)
        self.near, self.address = self.folder / "calm", "s3vectors://still/notes00"
        calm = self.folder / "calm.log"
        started = time.monotonic()
        self.run_memvec(*self.logged_ingest(source, calm))
        seconds, expected = time.monotonic() - started, self.everything(self.near)
        distinct = sorted(self.embedded(calm))
        self.assertEqual(len(distinct), len(set(distinct)))
        self.assertEqual(len(distinct), len(expected))
        self.assertGreater(len(distinct), 6 * BATCH)
        seed = os.environ.get("MEMVEC_SEED") or str(random.randrange(1 << 32))
        print(f"kills of an ingest: MEMVEC_SEED={seed} repeats them", file=sys.stderr)
        dice = random.Random(seed)
        kills = rounds = 0
        while kills < KILLS or rounds == 0:
            # A run that was faster than its kill ends a round; the next begins with nothing.
            self.near, self.address = self.folder / f"near{rounds}", f"s3vectors://texts/notes{rounds:02}"
            embedded, before = [], kills
            while kills < min(KILLS, before + KILLS_A_ROUND):
                log = self.folder / f"killed{rounds}-{len(embedded)}.log"
                run = subprocess.Popen(
                    [MEMVEC, *map(str, self.logged_ingest(source, log))], env=self.environment,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(dice.uniform(0, seconds))
                is_over = run.poll() is not None
                run.kill()
                status = run.wait()
                embedded.append(self.embedded(log))
                if is_over:
                    self.assertEqual(status, 0)
                    break
                kills += 1
            last = self.folder / f"last{rounds}.log"
            self.run_memvec(*self.logged_ingest(source, last))
            embedded.append(self.embedded(last))
            known = set()
            for texts in embedded:
                again = known.intersection(texts)
                self.assertLessEqual(len(again), BATCH, "what the kill before took away, and nothing else")
                self.assertEqual(len(texts), len(set(texts)))
                known.update(texts)
            self.assertEqual(sorted(known), distinct)
            self.assertLessEqual(sum(map(len, embedded)), len(distinct) + (kills - before) * BATCH)
            found = self.everything(self.near)
            self.assertEqual(expected.keys(), found.keys())
            for key, record in expected.items():
                self.assertEqual(record["metadata"], found[key]["metadata"])
                self.assertEqual(record["vector"], found[key]["vector"])
            self.assertEqual(self.remote(f"notes{rounds:02}").keys(), expected.keys())
            self.run_memvec("verify", self.near)
            again = self.folder / f"again{rounds}.log"
            self.assertEqual(objects(self.run_memvec(*self.logged_ingest(source, again)))[0]["stored"], 0)
            self.assertEqual(self.embedded(again), [])
            # What was on its way is sent again, and so is what is embedded again.
            sent = self.sent_bytes()
            undisturbed = sent["still", "notes00"]  # as long a name as the others
            self.assertLessEqual(sum(sent["texts", f"notes{rounds:02}"]),
                                 sum(undisturbed) + 2 * (kills - before) * max(undisturbed))
            rounds += 1

    def test_a_deletion_under_faults_and_kills_leaves_no_chunk_and_touches_no_other_document(self):
        source = self.notes(20, words=1500)
        self.ingest(source)
        before = self.remote()
        victim = "notes/n007.md"
        mine = {key for key, metadata in before.items() if metadata["document"] == victim}
        self.assertGreater(len(mine), 3)
        self.serve("--simulate-faults", "503=0.1,reset=0.1,truncate=0.05,garbage=0.05,late=0.05;seed=5",
                   "--simulate-latency", "20ms")
        dice = random.Random(3)
        for _ in range(KILLS):
            run = subprocess.Popen([MEMVEC, "documents", "delete", self.near, victim, "--yes"], env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.01, 0.12))
            run.send_signal(signal.SIGKILL)
            run.wait()
        self.serve()
        self.run_memvec("documents", "delete", self.near, victim, "--yes")
        after = self.remote()
        self.assertEqual(before.keys() - after.keys(), mine)
        self.assertEqual({key: before[key] for key in after}, after)
        self.assertEqual(self.everything(self.near).keys(), after.keys())
        self.assertEqual(objects(self.run_memvec("intents", "list", self.near, "--json")), [])
        self.run_memvec("verify", self.near)
        self.assertEqual(objects(self.run_memvec("documents", "delete", self.near, victim, "--yes", "--json")),
                         [{"id": victim, "chunks": 0, "remote": 0, "warm": 0, "ram": 0}])

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


if __name__ == "__main__":
    unittest.main()
