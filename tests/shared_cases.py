"""Where the published cases that must not be copied into the project lie; tests that need them skip visibly without."""

import os
from pathlib import Path

import pytest


def shared_case(relative: str) -> Path:
    """Path of a case file or folder; skips the calling test or module where it cannot be found."""
    named = os.environ.get("LOOPWISE_SHARED_CASES")
    roots = [Path(named)] if named else [p / "shared" / "cases" for p in Path(__file__).resolve().parents]
    for root in roots:
        if (root / relative).exists():
            return root / relative
    pytest.skip(f"no {relative} in {[str(r) for r in roots][:2]}; set LOOPWISE_SHARED_CASES", allow_module_level=True)
