"""Where a build's modules are, and what a compiler needs to read them."""
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def build_folder():
    return Path(os.environ.get("MEMVEC_BUILD", REPOSITORY / ".build/debug")).resolve()


def module_flags(build):
    """What a compiler needs to read the build's modules: theirs, and those of C that they stand on."""
    flags = ["-I", str(build / "Modules")]
    for folder in sorted((REPOSITORY / "Sources").glob("C*")):
        for at in (folder / "module.modulemap", folder / "include/module.modulemap",
                   build / f"{folder.name}.build/module.modulemap"):
            if at.exists():
                flags += ["-Xcc", f"-fmodule-map-file={at}"]
                break
        if (folder / "include").exists():
            flags += ["-Xcc", f"-I{folder}/include"]
    return flags
