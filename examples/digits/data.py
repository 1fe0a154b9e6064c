"""Data: brought in, cut into parts, and later appended to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import whence
from examples.digits.beginning import NAMESPACE, begin_run
from examples.digits.days import Days
from examples.digits.files import Files
from whence.tracking.handles import Dataset

PUBLISHED = Dataset("scikit-learn", "digits", "1.0")
"""The 1,797 images that come with scikit-learn: where all of this begins."""
FIRST = 1200
"""So many images are there at first; the others come later."""

Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Images:
    """Images and their labels, and the dataset version that they are."""

    dataset: Dataset
    pixels: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def join(self, other: Images, dataset: Dataset) -> Images:
        """Return both as one version."""
        pixels, labels = (
            numpy.concatenate(pair) for pair in ((self.pixels, other.pixels), (self.labels, other.labels))
        )
        return Images(dataset, pixels, labels)


@dataclass(frozen=True)
class Parts:
    """What raw images were cut into."""

    train: Images
    validation: Images
    test: Images


def ingest(days: Days, files: Files, version: str, first: int, last: int) -> Images:
    """Bring images in as the next version of `raw`, those before `first` being there already."""
    days.begin_next()
    with begin_run(days, f"ingest {version}", "INGEST", first=first, last=last) as run:
        published = load_digits()
        run.use_dataset(PUBLISHED, range={"rows": [first, last]}, source=first == 0)
        images = Images(_name("raw", version), published.data[:last] / 16.0, published.target[:last])
        _publish(files, run, images, mode="append" if first else None)
    return images


def split(days: Days, files: Files, raw: Images) -> Parts:
    """Cut the raw images into train, validation and test: versions of their own, none of which holds another's."""
    days.begin_next()
    with begin_run(days, "split", "TRANSFORM", seed=7, validation=0.2, test=0.2) as run:
        run.use_dataset(raw.dataset)
        rest_pixels, test_pixels, rest_labels, test_labels = train_test_split(
            raw.pixels, raw.labels, test_size=0.2, random_state=7, stratify=raw.labels
        )
        train_pixels, held_pixels, train_labels, held_labels = train_test_split(
            rest_pixels, rest_labels, test_size=0.25, random_state=7, stratify=rest_labels
        )
        parts = Parts(
            Images(_name("train", "1"), train_pixels, train_labels),
            Images(_name("validation", "1"), held_pixels, held_labels),
            Images(_name("test", "1"), test_pixels, test_labels),
        )
        for images in (parts.train, parts.validation, parts.test):
            _publish(files, run, images, role="split")
    return parts


def extend_training_data(days: Days, files: Files, raw: Images, train: Images) -> Images:
    """Append the images that came last to the training data."""
    days.begin_next()
    with begin_run(days, "extend train", "TRANSFORM", rows=len(raw) - FIRST) as run:
        run.use_dataset(raw.dataset, range={"rows": [FIRST, len(raw)]})
        new = Images(raw.dataset, raw.pixels[FIRST:], raw.labels[FIRST:])
        joined = train.join(new, _name("train", "2"))
        _publish(files, run, joined, mode="append")
    return joined


def _name(name: str, version: str) -> Dataset:
    return Dataset(NAMESPACE, name, version)


def _publish(
    files: Files,
    run: whence.Run,
    images: Images,
    *,
    role: Literal["output", "split"] = "output",
    mode: Literal["append"] | None = None,
) -> None:
    named = images.dataset
    path = files.write(f"{named.name}/{named.version}.pickle", (images.pixels, images.labels))
    run.make_dataset(path, name=named.name, namespace=named.namespace, version=named.version, role=role, mode=mode)
