"""The records of the library case `power-house`: a made-up year of quarter hours, written by this and compared with it.

Run as a module it writes the file anew. Nothing in it was measured.
"""

import gzip
import io
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent.parent / "problems" / "library" / "power-house.csv.gz"
STEPS = 365 * 96
WRITTEN = "time,steam,temperature\n"


def records() -> tuple[np.ndarray, np.ndarray]:
    """Steam relative to its mean and temperature of the air [degC], every 15 minutes of 2023.

    Season, day and week with what was random on top: weeks of better and worse business, hours that differ, weather
    of several days.
    """
    random = np.random.Generator(np.random.Philox(2023))
    step = np.arange(STEPS)
    day, hour = step / 96.0, step % 96 / 4.0
    weekend = (step // 96) % 7 >= 5
    working = np.where((hour >= 6.0) & (hour < 22.0), 1.08, 0.84) * np.where(weekend, 0.72, 1.0)
    steam = working * (1.0 + 0.12 * np.cos(2 * np.pi * (day - 15) / 365))
    steam += _drift(random, 0.07, 14 * 96) + _drift(random, 0.04, 48)
    temperature = 10.5 - 9.5 * np.cos(2 * np.pi * (day - 20) / 365) - 3.0 * np.cos(2 * np.pi * (hour - 3.0) / 24)
    temperature += _drift(random, 3.0, 4 * 96)
    steam = np.maximum(steam, 0.1)
    return np.round(steam / steam.mean(), 2), np.round(2 * temperature) / 2


def _drift(random: np.random.Generator, deviation: float, steps: float) -> np.ndarray:
    """First-order autoregression with this standard deviation and correlation time [steps]."""
    kept = float(np.exp(-1.0 / steps))
    shocks = random.normal(0.0, deviation * np.sqrt(1.0 - kept**2), STEPS)
    values, last = np.empty(STEPS), random.normal(0.0, deviation)
    for k, shock in enumerate(shocks):
        values[k] = last = kept * last + shock
    return values


def text() -> str:
    """The file's text."""
    times = np.datetime64("2023-01-01T00:00") + 15 * np.arange(STEPS) * np.timedelta64(1, "m")
    lines = io.StringIO()
    lines.write(WRITTEN)
    for time, steam, temperature in zip(np.datetime_as_string(times), *records(), strict=True):
        lines.write(f"{time},{steam:g},{temperature:g}\n")
    return lines.getvalue()


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(text().encode(), 9, mtime=0))
