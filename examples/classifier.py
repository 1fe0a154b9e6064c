"""A classifier of scikit-learn: data by content, cross-validated, a table and a picture of its mistakes.

python -m examples.classifier; needs scikit-learn.
"""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import cross_val_score, train_test_split

import whence

TREES = 50


def main() -> None:
    """Train, measure, and record it."""
    data = load_iris()
    x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, test_size=0.3, random_state=3)
    params = {"model": "random forest", "trees": TREES, "depth": 4}
    with whence.init("iris", "random forest", params=params, tags={"library": "scikit-learn"}) as run:
        run.use_dataset(numpy.column_stack([x_train, y_train]), name="iris/train", role="train")
        test = run.use_dataset(numpy.column_stack([x_test, y_test]), name="iris/test", role="test")
        model = RandomForestClassifier(n_estimators=TREES, max_depth=4, random_state=3)
        for fold, score in enumerate(cross_val_score(model, x_train, y_train, cv=5)):
            run.log({"fold_accuracy": score}, step=fold)
        model.fit(x_train, y_train)
        found = model.predict(x_test)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.pickle"
            path.write_bytes(pickle.dumps(model))
            artifact = run.log_artifact(path, kind="model")
        run.log({"accuracy": accuracy_score(y_test, found)}, on=test, of=artifact)
        matrix = confusion_matrix(y_test, found)
        run.log_table(
            "confusion", {str(name): row.tolist() for name, row in zip(data.target_names, matrix, strict=True)}
        )
        run.log_image("confusion", numpy.kron(matrix / matrix.max(), numpy.ones((20, 20))))
        run.register_model(artifact, "iris", alias="champion")


if __name__ == "__main__":
    main()
