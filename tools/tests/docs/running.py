"""Runs the commands of a document, in order, in a folder that is gone at the end."""
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import standins
from documents import REPOSITORY

MEMVEC = os.environ.get("MEMVEC", str(REPOSITORY / ".build/debug/memvec"))
# What documents call the ports of `memvec serve`; tests take free ones.
PORT = "8080"
ADDRESS = re.compile(r"127\.0\.0\.1:(80\d\d)\b")
SERVES = re.compile(r"^(?:[A-Z_]+=\S+ )*memvec serve\b")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


class Failed(Exception):
    """A command of a document that does not do what the document says."""


class Session:
    """A shell, a folder, and a server that stands in for S3 Vectors."""

    def __init__(self, document):
        self.document = document
        self.holder = tempfile.TemporaryDirectory(prefix="memvec-docs-")
        self.folder = Path(self.holder.name).resolve()
        self.ports = {PORT: free_port()}
        self.servers = []
        self.state = self.folder / ".state"
        self.work = self.folder / "work"
        for name in ("bin", "home", "work"):
            (self.folder / name).mkdir()
        (self.folder / "bin/memvec").symlink_to(MEMVEC)
        products = Path(MEMVEC).resolve().parent
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("AWS_", "MEMVEC_"))}
        self.environment |= {
            "PATH": f"{self.folder}/bin:{REPOSITORY}/.venv/bin:{products}:{os.environ['PATH']}",
            "HOME": f"{self.folder}/home", "MEMVEC_SERVE_LISTEN": f"127.0.0.1:{self.ports[PORT]}", "NO_COLOR": "1",
            "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "",
            "MEMVEC_MODELS": standins.models(), "PYTHONDONTWRITEBYTECODE": "1"}
        # Amazon's place is taken by a server of ours, so far as a document does not name its own.
        self.remote = self.serve(f"memvec serve {self.folder}/remote --listen 127.0.0.1:{free_port()}")
        self.environment["AWS_ENDPOINT_URL_S3VECTORS"] = self.remote
        self.state.write_text(f"cd {shlex.quote(str(self.work))}\n")
        standins.make(document.name, self)

    def close(self):
        for process in reversed(self.servers):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            if process.wait(timeout=60) != 0:
                raise Failed(f"a server ended with {process.returncode}")
            process.stdout.close()
        self.holder.cleanup()

    # Commands.

    def here(self, text):
        """A command of the document as it is run here."""
        text = self.addressed(standins.replaced(text))
        return re.sub(r"(?<![\w/.])(tools|examples|ops)/", rf"{REPOSITORY}/\1/", text)

    def addressed(self, text):
        """With ports that are free here, each the same whenever it is named."""
        def address(match):
            if match[1] not in self.ports:
                self.ports[match[1]] = free_port()
            return "127.0.0.1:" + self.ports[match[1]]
        return ADDRESS.sub(address, text)

    def there(self, text):
        """What was printed here as the document would have it."""
        for said, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{said}")
        text = text.replace(f"{self.folder}/home/", "~/")
        return text.replace(f"{self.work}/", "").replace(str(self.work), ".").replace(f"{REPOSITORY}/", "")

    def script(self, command, input=None):
        """Runs a command where the one before left off; gives its status and what it printed."""
        text = (f'. "{self.state}"\nset -eo pipefail\n{self.here(command)}\n'
                f'{{ export -p; printf "cd %q\\n" "$PWD"; }} >"{self.state}"\n')
        done = subprocess.run(["bash", "-c", text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, env=self.environment, cwd=self.work)
        return done.returncode, self.there(done.stdout)

    def serve(self, command):
        """Starts a server, which runs until the end; gives its URL."""
        place = f'. "{self.state}"\n' if self.state.exists() else ""
        command = command.rstrip().removesuffix("&").rstrip()
        process = subprocess.Popen(["bash", "-c", f"{place}exec {self.here(command)}"], stdout=subprocess.PIPE,
                                   text=True, env=self.environment, cwd=self.work)
        self.servers.append(process)
        said = process.stdout.readline()
        if "http://" not in said:
            raise Failed(f"`{command}` said {said!r} and ended with {process.wait()}")
        # Whatever else it prints must not fill the pipe.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        self.said = self.there(said).rstrip("\n")
        return said.rsplit(" at ", 1)[1].strip()

    def run(self, command):
        """Runs one command, which has to end well; gives what it printed."""
        if standins.not_run(command):
            return None
        if SERVES.match(command) and "--help" not in command:
            self.serve(command)
            return self.said
        status, output = self.script(command)
        if status != 0:
            raise Failed(f"`{command}` ended with {status}:\n{output[-2000:]}")
        return output.rstrip("\n")

    def python(self, text):
        path = self.folder / "block.py"
        path.write_text(self.addressed(text))
        done = subprocess.run([sys.executable, "-B", str(path)], capture_output=True, text=True, timeout=120,
                              env=self.environment, cwd=self.work)
        if done.returncode != 0:
            raise Failed(done.stderr[-2000:])


def commands(block):
    """The commands of a block with what each is said to print: of sh none is said to."""
    if block.kind == "sh":
        script = []
        for line in block.lines:
            # A server and what is not run stand for themselves, the rest is one script.
            if SERVES.match(line) or standins.not_run(line):
                if script:
                    yield "\n".join(script), None
                script = []
                yield line, None
            else:
                script.append(line)
        if script:
            yield "\n".join(script), None
        return
    command, output = None, []
    for line in block.lines:
        if line.startswith("$ "):
            if command is not None:
                yield command, output
            command, output = line[2:], []
        elif command is not None and command.endswith("\\") and not output:
            command += "\n" + line
        elif command is None:
            raise Failed(f"{block.place}: a console block begins with `$ `")
        else:
            output.append(line)
    if command is not None:
        yield command, output


NUMBER = re.compile(r"(?<!\w)[-+]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?|\d+")
REQUEST = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
UNIT = re.compile(r"# ?(?:ns|us|ms|s|min|h|B|KiB|MiB|GiB)\b")


def masked(line):
    """What must be the same: numbers and their units may differ."""
    line = NUMBER.sub("#", REQUEST.sub("#", line))
    return re.sub(r"\s+", " ", UNIT.sub("# unit", line)).strip()


def agree(expected, printed):
    """Whether output is what is said; `[...]` stands for any text, on a line of its own for any lines."""
    pattern = ""
    for line in expected:
        if line.strip() == "[...]":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(masked(part)) for part in line.split("[...]")) + r"\s*\n"
    lines = "".join(masked(line) + "\n" for line in printed)
    return re.fullmatch(pattern, lines) is not None
