"""A remote that is stopped, so that it takes connections and never answers: a query costs its deadline, then next to
nothing, and all is well again by itself when the remote is.

MEMVEC_FULL=1 stops it for a minute, and waits until the writes of that time are sent again.
"""
import os
import signal
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from botocore.exceptions import ClientError
from remote_pair import NAMES, RemotePair
from serving import record

FULL = os.environ.get("MEMVEC_FULL") == "1"
DEADLINE = 2
# For a machine that is busy with other things.
SLACK = 3
# What is asked of a remote that is known to be away.
SMALL = 0.5
ASKERS = 6


class Outage(unittest.TestCase):
    def setUp(self):
        self.pair = RemotePair(self)
        self.pair.start_front("--query-deadline", f"{DEADLINE}s")

    def ask(self, client, rng):
        """The reason of an answer, and the seconds that it took. Each query is another, and needs the remote."""
        query = self.pair.near(rng.integers(len(self.pair.centres)), rng)
        began = time.monotonic()
        answer = client.query_vectors(**NAMES, topK=10, queryVector={"float32": query.tolist()}, returnDistance=True)
        took = time.monotonic() - began
        self.assertEqual(len(answer["vectors"]), 10)
        return answer["ResponseMetadata"]["HTTPHeaders"]["x-memvec-reason"], took

    def test_a_stopped_remote_costs_a_query_its_deadline_then_little_and_is_asked_again_by_itself(self):
        client = self.pair.front.client(read_timeout=300)
        self.assertEqual(self.ask(client, np.random.default_rng(0))[0], "complete")
        os.kill(self.pair.remote.process.pid, signal.SIGSTOP)
        try:
            pending = self.write(client, "pending") if FULL else None
            times = self.ask_until(60 if FULL else 0)
        finally:
            os.kill(self.pair.remote.process.pid, signal.SIGCONT)
        self.assertLess(max(times), DEADLINE + SLACK)
        self.assertGreater(max(times), DEADLINE / 2, "the remote was not needed: the test shows nothing")
        rng, until = np.random.default_rng(1), time.monotonic() + 90
        while self.ask(client, rng)[0] != "complete":
            self.assertLess(time.monotonic(), until, "it is not asked again")
        self.assertTrue(self.write(client, "after"))
        if FULL:
            self.assertFalse(pending)
            while self.pair.run_memvec("intents", "list", self.pair.collection):
                self.assertLess(time.monotonic(), until + 150, "a pending write is not sent again")
                time.sleep(1)
            self.assertEqual(len(self.pair.remote.client().get_vectors(**NAMES, keys=["pending"])["vectors"]), 1)

    def write(self, client, key):
        try:
            client.put_vectors(**NAMES, vectors=[record(key, self.pair.vectors["still0"])])
            return True
        except ClientError as error:
            self.assertEqual(error.response["Error"]["Code"], "ServiceUnavailableException", error)
            return False

    def ask_until(self, seconds):
        """Asks from several sides, so long, and until most queries of a row cost little. Gives the times of all."""
        times, lock, began = [], threading.Lock(), time.monotonic()

        def is_quick():
            with lock:
                return len(times) > 50 and float(np.median(times[-40:])) < SMALL

        def keep_asking(number):
            client, rng = self.pair.front.client(read_timeout=300), np.random.default_rng([7, number])
            while time.monotonic() - began < seconds or not is_quick():
                self.assertLess(time.monotonic() - began, seconds + 60, "queries go on costing much")
                _, took = self.ask(client, rng)
                with lock:
                    times.append(took)
        with ThreadPoolExecutor(ASKERS) as pool:
            for one in [pool.submit(keep_asking, number) for number in range(ASKERS)]:
                one.result()
        print(f"{len(times)} queries without the remote: the longest {max(times):.2f} s, "
              f"the median {np.median(times) * 1000:.1f} ms")
        return times


if __name__ == "__main__":
    unittest.main()
