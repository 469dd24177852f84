"""What it would cost to keep vectors in a Redis beside the engine: the time of one MGET of 200 vectors of 512 bytes.

    tools/bench redis

A server on a socket of this machine, which is the best that a cache shared by machines can do; the network's own time
comes on top. Prints medians, with the CPU time that the server took for each.
"""
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

KEYS, VALUE_BYTES, PER_QUERY, ROUNDS = 50_000, 512, 200, 3_000


def command(*words):
    """In Redis's protocol."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def receive(connection, length):
    """Exactly so many bytes."""
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        count = connection.recv_into(view[got:])
        if count == 0:
            raise RuntimeError("the server closed the connection")
        got += count
    return buffer


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(connection, pid):
    """Median microseconds of an MGET, and the server's CPU microseconds for one."""
    # *200, then of each $512 and the bytes.
    length = len(b"*%d\r\n" % PER_QUERY) + PER_QUERY * (len(b"$%d\r\n" % VALUE_BYTES) + VALUE_BYTES + 2)
    requests = [command(b"MGET", *(b"v%07d" % random.randrange(KEYS) for _ in range(PER_QUERY))) for _ in range(ROUNDS)]
    times, before = [], cpu_seconds(pid)
    for request in requests:
        start = time.perf_counter()
        connection.sendall(request)
        receive(connection, length)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6, (cpu_seconds(pid) - before) / ROUNDS * 1e6


def main():
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        sys.exit("redis_hop: there is no redis-server: tools/bench redis installs it")
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/redis.sock"
        server = subprocess.Popen([program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
                                  stdout=subprocess.DEVNULL)
        try:
            connection = socket.socket(socket.AF_UNIX)
            for _ in range(100):
                try:
                    connection.connect(path)
                    break
                except OSError:
                    time.sleep(0.05)
            for first in range(0, KEYS, 500):
                words = [b"MSET"]
                for key in range(first, first + 500):
                    words += [b"v%07d" % key, os.urandom(VALUE_BYTES)]
                connection.sendall(command(*words))
                receive(connection, len(b"+OK\r\n"))
            taken, cpu = measure(connection, server.pid)
        finally:
            server.terminate()
            server.wait()
    print(f"{os.path.basename(program)}, a Unix socket: {PER_QUERY} vectors of {VALUE_BYTES} bytes in {taken:.0f} us "
          f"(median of {ROUNDS:,}), {cpu:.0f} us of CPU in the server; a query here has that many candidates")


if __name__ == "__main__":
    main()
