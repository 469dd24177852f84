"""Pictures inside Debian packages: which are taken, and their SIFT descriptors."""
import re
import shutil
from typing import NamedTuple

import cv2
import numpy as np

from . import debian

LARGEST_SIDE = 1600        # larger pictures are scaled down to it
SMALLEST_SIDE = 200        # smaller ones are left out
MOST_OF_ONE = 10_000       # descriptors taken of one picture
PICTURE = re.compile(r"\.(?:jpe?g|png|webp)$", re.IGNORECASE)


class Source(NamedTuple):
    take: str               # what the path must hold
    leave: str = ""         # what it must not hold; empty: nothing


def is_wanted(source, path):
    if not PICTURE.search(path) or not re.search(source.take, "/" + path):
        return False
    return not (source.leave and re.search(source.leave, "/" + path))


# Photographs, paintings and pictures of the sky; licences stand in each package (DFSG-free all).
SOURCES = {
    "endless-sky-high-dpi": Source(r"/images/land/"),
    "gnome-backgrounds": Source(r"/backgrounds/gnome/", r"-d\.webp$"),
    "kphotoalbum": Source(r"/kphotoalbum/demo/"),
    "lomiri-wallpapers-16.04": Source(r"/backgrounds/"),
    "lomiri-wallpapers-20.04": Source(r"/backgrounds/"),
    "mate-backgrounds": Source(r"/backgrounds/mate/", r"_\d+x\d+\."),
    "opencv-doc": Source(r"/examples/data/", r"/(?:left|right|chess|digits|detect_blob|ela_|pca_|text_|opencv-logo"
                                             r"|cards|sudoku)"),
    "plasma-workspace-wallpapers": Source(r"/contents/images/"),
    "stellarium-data": Source(r"/(?:nebulae/default|landscapes/[^/]+)/", r"/(?:road|sign)"),
    "ukui-wallpapers": Source(r"/backgrounds/"),
}
# KDE ships each wallpaper in many sizes.
SIZED = re.compile(r"wallpapers/([^/]+)/contents/images/(\d+)x(\d+)\.")


def unpack(debs, folder):
    """Writes the wanted pictures of the packages to `folder`; returns [(name, file)] in an order that depends on
    names alone."""
    pictures = []
    for package in sorted(debs):
        source, taken = SOURCES[package], []
        for path, content in debian.files_of(debs[package][0]):
            if not is_wanted(source, path):
                continue
            file = folder / f"{package}--{re.sub(r'[^A-Za-z0-9@._-]+', '_', path)}"
            with open(file, "wb") as out:
                shutil.copyfileobj(content, out)
            taken.append((f"{package}:{path}", file))
        if package == "plasma-workspace-wallpapers":
            taken = largest_of_each(taken)
        pictures += sorted(taken)
    return pictures


def largest_of_each(pictures):
    best = {}
    for picture in pictures:
        match = SIZED.search(picture[0])
        if match:
            area = int(match[2]) * int(match[3])
            if area > best.get(match[1], (0,))[0]:
                best[match[1]] = (area, picture)
    return [picture for _, picture in best.values()]


def descriptors(file, seed):
    """The distinct descriptors [count, 128] of one picture, whole numbers 0...255; None if it is unusable."""
    cv2.setNumThreads(1)
    picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if picture is None or min(picture.shape) < SMALLEST_SIDE:
        return None
    height, width = picture.shape
    scale = LARGEST_SIDE / max(height, width)
    if scale < 1:
        size = (round(width * scale), round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, found = cv2.SIFT_create().detectAndCompute(picture, None)
    if found is None or not len(found):
        return None
    whole = found.astype(np.uint8)
    if not (whole == found).all():
        raise ValueError(f"{file}: SIFT gave values that are no whole numbers 0...255")
    whole = distinct(whole)
    if len(whole) > MOST_OF_ONE:
        chosen = np.random.default_rng(seed).choice(len(whole), MOST_OF_ONE, replace=False)
        whole = whole[np.sort(chosen)]
    return whole


def as_keys(rows):
    """Each row of 128 bytes as one comparable value."""
    return np.ascontiguousarray(rows).view([("", np.uint64)] * 16).ravel()


def distinct(rows):
    """The rows without repetitions, each where it stood first."""
    _, first = np.unique(as_keys(rows), return_index=True)
    return rows[np.sort(first)]
