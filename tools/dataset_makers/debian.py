"""Debian packages as a source of data: fetched and unpacked, never installed."""
import subprocess
import tarfile

from .publish import log


def fetch(packages, folder):
    """Fetches the .deb files into `folder`, where those of an earlier run are taken as they are.
    Returns package -> (file, version); a package that the archive does not have is left out, and said."""
    folder.mkdir(parents=True, exist_ok=True)
    have = {}
    updated = False
    for package in packages:
        file = newest(folder, package)
        if file is None:
            log(f"fetching {package}")
            if not download(package, folder) and not updated:
                subprocess.run(["apt-get", "update", "-qq"], check=False)
                updated = True
                download(package, folder)
            file = newest(folder, package)
        if file is None:
            log(f"{package} cannot be fetched: the data is made without it, and differs from the usual")
            continue
        version = subprocess.run(["dpkg-deb", "--field", file, "Version"], check=True, capture_output=True, text=True)
        have[package] = (file, version.stdout.strip())
    return have


def newest(folder, package):
    return max(folder.glob(f"{package}_*.deb"), default=None)


def download(package, folder):
    # Into a folder of its own first: an interrupted download must not look like a package.
    partial = folder / "partial"
    partial.mkdir(exist_ok=True)
    for rest in partial.iterdir():
        rest.unlink()
    # _apt, the user that apt drops to, cannot write here; as root it says so at length.
    done = subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package],
                          cwd=partial, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode == 0:
        for file in partial.glob("*.deb"):
            file.rename(folder / file.name)
    return done.returncode == 0


def files_of(deb):
    """Yields (path, open file) of each regular file in a package."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as unpacker:
        with tarfile.open(fileobj=unpacker.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    yield member.name.lstrip("./"), archive.extractfile(member)
        unpacker.stdout.read()
    if unpacker.returncode:
        raise OSError(f"{deb} cannot be unpacked: delete it and start again")


def package_index(folder):
    """(packages, English descriptions) of the main archive as texts of stanzas. Kept in `folder`: the machine's own
    lists stay as they are, and often have no descriptions."""
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "update", "-qq", "-o", f"Dir::State::Lists={folder}/lists",
                    "-o", f"Dir::Cache={folder}/cache", "-o", "Acquire::Languages=en",
                    "-o", "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
                    "-o", "APT::Sandbox::User=root"], check=True)
    lists = sorted((folder / "lists").glob("*_main_binary-*_Packages*"), key=lambda path: path.stat().st_size)
    if not lists:
        raise OSError("apt-get update fetched no package index: see its sources.list")
    release = lists[-1].name.split("_binary-")[0]
    descriptions = next((folder / "lists").glob(f"{release}_i18n_Translation-en*"))
    return unpacked(lists[-1]), unpacked(descriptions)


def unpacked(path):
    done = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", path], check=True, capture_output=True)
    return done.stdout.decode()


def stanzas(text):
    """The records of a Debian control file: field -> value, lines of one value divided by newlines."""
    for paragraph in text.split("\n\n"):
        fields, name = {}, None
        for line in paragraph.split("\n"):
            if line[:1] in (" ", "\t"):
                fields[name] += "\n" + line
            elif line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if fields:
            yield fields
