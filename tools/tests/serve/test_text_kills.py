"""Ingests and deletions of documents that are killed and run again: they end as if nothing had been."""
import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

from serving import MEMVEC
from texts import TextsCase, objects

KILLS = 20 if os.environ.get("MEMVEC_FULL") else 5
# Of one ingest: some must come through a few, others begin anew.
KILLS_A_ROUND = 4
# Texts that an ingest embeds and stores at once when a program embeds them.
BATCH = 64


class Kills(TextsCase):
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


if __name__ == "__main__":
    unittest.main()
