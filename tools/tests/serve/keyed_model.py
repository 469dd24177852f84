"""What may be stored under each key, and at which moment, as far as a client of a store can know."""
import threading

import numpy as np

TOLERANCE = 1e-3


class KeyedModel:
    """A version is (values, metadata), or None where the key is not there. Keys that are given at first stay."""

    def __init__(self, vectors):
        self._lock = threading.Lock()
        self._moment = 0
        self._still = {key: (values, {"kind": "still"}) for key, values in vectors.items()}
        self._names = list(vectors)
        self._values = np.array([vectors[key] for key in self._names], np.float64)
        # Of each other key: from when on which versions are possible, the last one being acknowledged or sent last.
        self._history = {}

    def now(self):
        with self._lock:
            self._moment += 1
            return self._moment

    def begin(self, key, version):
        """A write is sent. Until its end it is possible beside what was."""
        with self._lock:
            self._moment += 1
            history = self._history.setdefault(key, [(0, [None])])
            history.append((self._moment, history[-1][1] + [version]))

    def end(self, key, is_acknowledged):
        """Acknowledged, it is what there is; else it stays possible."""
        with self._lock:
            self._moment += 1
            history = self._history[key]
            if is_acknowledged:
                history.append((self._moment, history[-1][1][-1:]))

    def _possible(self, key, begun, ended):
        history, found = self._history[key], []
        for at, (moment, versions) in enumerate(history):
            until = history[at + 1][0] if at + 1 < len(history) else ended
            if moment <= ended and until >= begun:
                found += [one for one in versions if not any(one is other for other in found)]
        return found

    def problems(self, query, hits, count, begun, ended, only_still):
        """What is wrong with an answer of the nearest `count` that was asked and given at these moments."""
        query = np.asarray(query, np.float64)
        with self._lock:
            moving = {} if only_still else {key: self._possible(key, begun, ended) for key in self._history}
        lengths = [hit["distance"] for hit in hits]
        if len(hits) != count or lengths != sorted(lengths) or len({hit["key"] for hit in hits}) != count:
            return [f"{len(hits)} hits, of lengths {lengths}"]
        wrong = []
        for hit in hits:
            versions = [self._still[hit["key"]]] if hit["key"] in self._still else moving.get(hit["key"], [])
            if not any(one and abs(distance(one[0], query) - hit["distance"]) < TOLERANCE
                       and one[1] == hit["metadata"] for one in versions):
                wrong.append(f"{hit} is none of {len(versions)} versions")
        answered, last = {hit["key"] for hit in hits}, lengths[-1] - TOLERANCE
        near = np.sqrt(((self._values - query) ** 2).sum(1)) < last
        wrong += [f"{self._names[at]} is missing" for at in np.flatnonzero(near) if self._names[at] not in answered]
        for key, versions in moving.items():
            if key not in answered and all(one and distance(one[0], query) < last for one in versions):
                wrong.append(f"{key} is missing, all {len(versions)} versions of which are near")
        return wrong

    def wrong(self, stored):
        """Keys of a store at rest that hold what they cannot, or lack what they must have."""
        wrong = [key for key in stored if key not in self._still and key not in self._history]
        for key in {**self._still, **self._history}:
            versions = [self._still[key]] if key in self._still else self._history[key][-1][1]
            if not any(same(stored.get(key), one) for one in versions):
                wrong.append(key)
        return wrong

    def take(self, stored):
        """From now on what is stored is certain."""
        with self._lock:
            self._moment += 1
            for key, history in self._history.items():
                history.append((self._moment, [stored.get(key)]))


def distance(values, query):
    return float(np.sqrt(((np.asarray(values, np.float64) - query) ** 2).sum()))


def same(one, other):
    if one is None or other is None:
        return one is other
    return np.array_equal(one[0], other[0]) and one[1] == other[1]
