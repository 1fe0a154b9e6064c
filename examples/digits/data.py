"""Data: brought in, cut into parts, and later appended to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from examples.digits.files import Files, Stored
from examples.digits.journal import Journal, Ref, dataset
from examples.digits.runs import Run, begin_run, write_run

PUBLISHED = dataset("digits", "1.0", namespace="scikit-learn")
"""The 1,797 images that come with scikit-learn: where all of this begins."""
FIRST = 1200
"""So many images are there at first; the others come later."""

Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Images:
    """Images and their labels, and the dataset version that they are."""

    ref: Ref
    pixels: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def join(self, other: Images, ref: Ref) -> Images:
        """Return both as one version."""
        pixels, labels = (
            numpy.concatenate(pair) for pair in ((self.pixels, other.pixels), (self.labels, other.labels))
        )
        return Images(ref, pixels, labels)


@dataclass(frozen=True)
class Parts:
    """What raw images were cut into."""

    train: Images
    validation: Images
    test: Images


def ingest(journal: Journal, files: Files, version: str, first: int, last: int) -> Images:
    """Bring images in as the next version of `raw`, those before `first` being there already."""
    journal.days.begin_next()
    run = begin_run(journal, f"ingest {version}", "INGEST", first=first, last=last)
    published = load_digits()
    run.use(PUBLISHED, "INPUT", range={"rows": [first, last]})
    ref = dataset("raw", version)
    images = Images(ref, published.data[:last] / 16.0, published.target[:last])
    mode = {"mode": "APPEND"} if first else {}
    _publish(files, run, ref, f"raw/{version}.pickle", images, "OUTPUT", **mode)
    if first == 0:
        journal.write("source", node=PUBLISHED)
    write_run(run, entry_point="data.py:ingest")
    return images


def split(journal: Journal, files: Files, raw: Images) -> Parts:
    """Cut the raw images into train, validation and test: versions of their own, none of which holds another's."""
    journal.days.begin_next()
    run = begin_run(journal, "split", "TRANSFORM", seed=7, validation=0.2, test=0.2)
    run.use(raw.ref, "INPUT")
    rest_pixels, test_pixels, rest_labels, test_labels = train_test_split(
        raw.pixels, raw.labels, test_size=0.2, random_state=7, stratify=raw.labels
    )
    train_pixels, held_pixels, train_labels, held_labels = train_test_split(
        rest_pixels, rest_labels, test_size=0.25, random_state=7, stratify=rest_labels
    )
    parts = Parts(
        Images(dataset("train", "1"), train_pixels, train_labels),
        Images(dataset("validation", "1"), held_pixels, held_labels),
        Images(dataset("test", "1"), test_pixels, test_labels),
    )
    for name, images in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        _publish(files, run, images.ref, f"{name}/1.pickle", images, "SPLIT")
    write_run(run, entry_point="data.py:split")
    return parts


def extend_training_data(journal: Journal, files: Files, raw: Images, train: Images) -> Images:
    """Append the images that came last to the training data."""
    journal.days.begin_next()
    run = begin_run(journal, "extend train", "TRANSFORM", rows=len(raw) - FIRST)
    run.use(raw.ref, "INPUT", range={"rows": [FIRST, len(raw)]})
    new = Images(raw.ref, raw.pixels[FIRST:], raw.labels[FIRST:])
    joined = train.join(new, dataset("train", "2"))
    _publish(files, run, joined.ref, "train/2.pickle", joined, "OUTPUT", mode="APPEND")
    write_run(run, entry_point="data.py:extend_training_data")
    return joined


def _publish(files: Files, run: Run, ref: Ref, path: str, images: Images, role: str, **more: Any) -> Stored:
    stored = files.write(path, (images.pixels, images.labels))
    run.generate(ref, role, **more)
    run.describe(ref, digest=stored.digest, location=stored.uri, size=stored.size)
    return stored
