"""Sizes that are counted in bytes of UTF-8: keys, metadata, the body of a request."""
import json
import socket
import unittest

from serving import ServeCase, record, shared

BODY_LIMIT = 20_971_520


def text_of(byte_count, letter):
    """A string of exactly so many bytes, of `letter` as far as it goes."""
    size = len(letter.encode())
    return letter * (byte_count // size) + "x" * (byte_count % size)


def metadata_of(byte_count, letter, name="note"):
    """An object that the service counts as so many bytes: its compact JSON, and 5."""
    around = len(json.dumps({name: ""}, separators=(",", ":"))) + 5
    return {name: text_of(byte_count - around, letter)}


class Keys(ServeCase):
    def test_a_key_has_1024_bytes(self):
        index = self.new_index()
        for letter in ("k", "é", "語", "🙂"):
            fits, one_more = text_of(1024, letter), text_of(1024, letter) + "x"
            self.put(index, {fits: [1, 2]})
            self.assertEqual(list(self.get(index, fits)), [fits])
            self.client.delete_vectors(**index, keys=[fits])
            if len(one_more) > 1024:
                continue                                            # judged by letters before bytes are counted
            text = "Record key length exceeds the maximum allowed"
            answer = self.invalid(f"{text}: a key has 1025 bytes", self.client.put_vectors, **index,
                                  vectors=[record("a", [1, 2]), record(one_more, [1, 2])])
            self.assertEqual(answer["fieldList"][0]["path"], "vectors[1]")
            for call in (self.client.get_vectors, self.client.delete_vectors):
                self.invalid(text, call, **index, keys=["a", one_more])
        self.assertEqual(self.client.list_vectors(**index)["vectors"], [])


class MetadataSizes(ServeCase):
    def taken(self, index, metadata):
        self.put(index, {"a": ([1, 2], metadata)})
        self.assertEqual(self.get(index, "a")["a"][1], metadata)

    def over(self, text, index, metadata):
        answer = self.invalid(f"Invalid record for key 'b': {text}", self.client.put_vectors, **index,
                              vectors=[record("a", [1, 2]), record("b", ([1, 2], metadata))])
        self.assertEqual(answer["fieldList"][0]["path"], "vectors[1].metadata")

    def test_filterable_metadata_has_2048_bytes(self):
        index, text = self.new_index(), "Filterable metadata must have at most 2048 bytes"
        for letter in ("x", "é", "語", "🙂"):
            self.taken(index, metadata_of(2048, letter))
            self.over(text, index, metadata_of(2049, letter))

    def test_all_metadata_has_40960_bytes(self):
        index = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": ["note"]})
        text = "Metadata object must have at most 40960 bytes"
        for letter in ("x", "é", "語", "🙂"):
            self.taken(index, metadata_of(40_960, letter))
            self.over(text, index, metadata_of(40_961, letter))

    def test_only_what_is_filterable_counts_as_such(self):
        index = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
        self.taken(index, {**metadata_of(2048, "x"), "text": "t" * 30_000})
        self.over("Filterable metadata must have at most 2048 bytes", index,
                  {**metadata_of(2049, "x"), "text": "t" * 30_000})
        self.over("Metadata object must have at most 40960 bytes", index,
                  {**metadata_of(2048, "x"), "text": "t" * 40_000})

    def test_names_numbers_and_signs_count(self):
        index = self.new_index()
        for start in ({"n": [1.5, -2, 1e300] * 90}, {"on": True, "off": False}, {"語": ["é", "x"]}):
            used = len(json.dumps(start, separators=(",", ":"), ensure_ascii=False).encode()) + len(',"":1') + 5
            self.taken(index, {**start, "p" * (2048 - used): 1})
            self.over("Filterable metadata must have at most 2048 bytes", index, {**start, "p" * (2049 - used): 1})

    def test_what_is_escaped_counts_as_it_must_be_written(self):
        index = self.new_index()
        around = len('{"note":""}') + 5
        self.taken(index, {"note": '"' * ((2048 - around) // 2)})
        self.over("Filterable metadata must have at most 2048 bytes", index, {"note": '"' * 1017})
        self.taken(index, {"note": "/" * (2048 - around)})

    def test_there_are_50_metadata_keys(self):
        index = self.new_index(metadataConfiguration={"nonFilterableMetadataKeys": ["k0", "k1"]})
        self.taken(index, {f"k{number}": number for number in range(50)})
        self.over("Metadata object must have at most 50 keys", index, {f"k{number}": number for number in range(51)})

    def test_a_name_may_be_long(self):
        index = self.new_index()
        self.taken(index, {"n" * 1024: 1})
        self.taken(index, {"語" * 600: 1})


class Bodies(ServeCase):
    """A request of exactly the limit is answered; one byte more is refused, before it is read."""

    def body(self, byte_count):
        index = self.new_index()
        start = json.dumps({**index, "vectors": [record("a", [1, 2])], "ignored": ""})[:-2]
        return start.encode() + b"x" * (byte_count - len(start) - 2) + b'"}', index

    def test_20_mib_are_taken(self):
        body, index = self.body(BODY_LIMIT)
        self.assertEqual(len(body), BODY_LIMIT)
        self.assertEqual(self.exchange("/PutVectors", body)[0], 200)
        self.assertEqual(list(self.get(index, "a")), ["a"])

    def test_one_byte_more_is_refused(self):
        body, index = self.body(BODY_LIMIT + 1)
        status, headers, answer = self.exchange("/PutVectors", body)
        self.assertEqual((status, headers["x-amzn-errortype"], answer["message"]), (
            400, "ValidationException", "Request body exceeds max allowed size"))
        self.assertEqual(self.get(index, "a"), {})

    def test_pieces_are_counted_too(self):
        for byte_count, wanted in ((BODY_LIMIT, 200), (BODY_LIMIT + 1, 400)):
            body, _ = self.body(byte_count)
            pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 1_000_000]), body[at:at + 1_000_000])
                              for at in range(0, len(body), 1_000_000)) + b"0\r\n\r\n"
            status, _, answer = self.exchange("/PutVectors", pieces, headers={"Transfer-Encoding": "chunked"}.items())
            self.assertEqual(status, wanted, answer)

    def test_a_length_alone_is_judged(self):
        with socket.create_connection(("127.0.0.1", shared().port), timeout=30) as peer:
            peer.sendall(b"POST /PutVectors HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20971521\r\n\r\n")
            self.assertIn(b" 400 ", peer.recv(4096).split(b"\r\n")[0])

    def test_boto3_learns_of_a_batch_that_is_too_large(self):
        index = self.new_index(4096)
        vectors = [record(f"k{number}", [1 / 3 + number] * 4096) for number in range(300)]
        self.invalid("Request body exceeds max allowed size", self.client.put_vectors, **index, vectors=vectors)
        self.client.put_vectors(**index, vectors=vectors[:200])
        self.assertEqual(len(self.client.list_vectors(**index, maxResults=1000)["vectors"]), 200)


if __name__ == "__main__":
    unittest.main()
