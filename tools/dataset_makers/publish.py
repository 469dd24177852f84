"""A data set is made in a hidden folder and appears under its name when it is whole, with a manifest."""
import hashlib
import json
import shutil
import sys
import time

STARTED = time.monotonic()


def log(text):
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def fresh_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
    return digest.hexdigest()


def publish(folder, final, about):
    """Adds the manifest to `folder` and renames it to `final`, whose older version goes last."""
    about = dict(about)
    about["files"] = {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
                      for path in sorted(folder.iterdir()) if path.is_file()}
    about["seconds"] = round(time.monotonic() - STARTED, 1)
    (folder / "manifest.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    older = final.with_name(f".{final.name}.older")
    shutil.rmtree(older, ignore_errors=True)
    if final.exists():
        final.rename(older)
    folder.rename(final)
    shutil.rmtree(older, ignore_errors=True)
    size = sum(file["bytes"] for file in about["files"].values())
    log(f"{final.name} is made: {size / 1e6:,.0f} MB in {final}")
