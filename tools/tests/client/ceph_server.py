"""Ceph's gateway of S3, a server in earnest use, with a cluster of one monitor and one store in memory behind it.

The programs are Debian's (`tools/bootstrap --ceph`). Everything lies in a temporary folder and runs as whoever started
it, on free ports of this machine; nothing of Ceph's that runs already is touched.
"""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor}
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms client mode = crc
ms service mode = crc
ms cluster mode = crc
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
crash dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
mon allow pool size one = true
mon data = {folder}/mon
mon data avail crit = 0
mon data avail warn = 1
osd data = {folder}/osd
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw data = {folder}/rgw
rgw thread pool size = 32
"""


class CephServer:
    """Runs while it is entered; `url` is where. The keys are memvec and memvec-secret; the bucket is `bucket`."""

    def __enter__(self):
        self._holder = tempfile.TemporaryDirectory(prefix="memvec-ceph-")
        self.folder = Path(self._holder.name)
        self._processes = []
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._holder.cleanup()

    def _start(self):
        monitor, gateway = free_ports(2)
        self.url = f"http://127.0.0.1:{gateway}"
        self._configuration = self.folder / "ceph.conf"
        fsid = str(uuid.uuid4())
        self._configuration.write_text(
            CONFIGURATION.format(fsid=fsid, folder=self.folder, monitor=monitor, gateway=gateway))
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        (self.folder / "keyring").touch()
        self._run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{monitor}]", "--fsid", fsid,
                  self.folder / "monmap")
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.folder / "monmap")
        self._begin("ceph-mon", "-f", "-i", "a")
        self._run("ceph", "--connect-timeout", "60", "osd", "new", identity := str(uuid.uuid4()))
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
        self._begin("ceph-osd", "-f", "-i", "0")
        self._run("radosgw-admin", "user", "create", "--uid", "memvec", "--display-name", "memvec", "--access-key",
                  "memvec", "--secret-key", "memvec-secret")
        self._begin("radosgw", "-f", "-n", "client.admin")
        self._wait_for_gateway()

    def _begin(self, program, *words):
        log = open(self.folder / f"{program}.output", "wb")
        with log:
            self._processes.append(subprocess.Popen(
                [program, "-c", self._configuration, *words], stdout=log, stderr=subprocess.STDOUT))

    def _run(self, program, *words):
        environment = os.environ | {"CEPH_CONF": str(self._configuration)}
        done = subprocess.run([program, *words], env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(map(str, words))} ended with {done.returncode}: {done.stdout}")

    def _wait_for_gateway(self):
        """Returns when it answers."""
        until = time.monotonic() + 120
        while True:
            try:
                return urllib.request.urlopen(self.url, timeout=10).close()
            except OSError:
                if self._processes[-1].poll() is not None or time.monotonic() > until:
                    raise RuntimeError(self._last_words()) from None
                time.sleep(0.1)

    def _last_words(self):
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-2000:]}"
                         for path in sorted(self.folder.glob("*")) if path.suffix in (".log", ".output"))


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
