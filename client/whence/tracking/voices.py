"""What the SDK says to the person at the terminal: each thing once, on standard error, never by an exception."""

from __future__ import annotations

import sys
import threading

_MOST = 200
"""So many different sentences at most: a training may make them in a loop."""


class Voice:
    """Says each sentence once."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, sentence: str) -> None:
        """Say a sentence, unless it was said."""
        with self._lock:
            if sentence in self._said or len(self._said) >= _MOST:
                return
            self._said.add(sentence)
        try:
            print(f"whence: {sentence}", file=sys.stderr, flush=True)
        except (OSError, ValueError):  # nobody listens
            return
