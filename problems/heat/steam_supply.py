"""Steam that boilers of a heat case raise, and the levels to which it may expand on its way to the streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Problem
from ..steam_tables import saturation_pressure, saturation_temperature
from ..units import ATMOSPHERE_BAR, Fraction, Pressure, Temperature
from .cogeneration import CogenerationTarget, SteamLevel, cogeneration_target

HIGHEST, COLDEST = 219.0, 60.0  # barg below the critical point; degC below which nothing is called a steam level


class SteamSupply(BaseModel):
    """Steam from boilers that may expand in turbines down to condensing mains, or utilities where there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pressure: Annotated[Pressure, Field(description="pressure at which boilers raise it")]
    temperature: Annotated[Temperature, Field(description="its temperature")]
    isentropic_efficiency: Annotated[Fraction, Field(gt=0.0, description="of every stage of expansion")] = 0.75

    def problems(self, place: str, levels: Mapping[str, float]) -> Iterator[Problem]:
        """Water instead of steam; no `levels` (name and temperature [degC]) below it."""
        if not 0.0 < self.pressure < HIGHEST:
            message = f"steam is raised between 0 and {HIGHEST:g} barg"
            yield Problem(message, place=f"{place}.pressure", typed=f"{self.pressure:g}")
            return
        boiling = saturation_temperature(self.pressure + ATMOSPHERE_BAR)
        if not boiling < self.temperature <= 800.0:
            message = (
                f"it is no steam, or hotter than 800 degC: at {self.pressure:g} barg water boils at {boiling:.1f} degC"
            )
            yield Problem(message, place=f"{place}.temperature", typed=f"{self.temperature:g}")
        if not self.below(levels):
            message = (
                "has nothing to expand to: no main (without mains: hot utility) condenses at one lower temperature"
            )
            yield Problem(message, place=place)

    def below(self, levels: Mapping[str, float]) -> dict[str, float]:
        """Levels [degC] to which it can expand, from the hottest down; what is hotter is heated by something else."""
        boiling = saturation_temperature(self.pressure + ATMOSPHERE_BAR)
        kept = {name: at for name, at in levels.items() if COLDEST <= at < boiling - 1e-6}
        return dict(sorted(kept.items(), key=lambda item: -item[1]))

    def target(
        self, levels: Mapping[str, float], use: Mapping[str, float]
    ) -> tuple[list[SteamLevel], CogenerationTarget]:
        """Power on the way to `levels` (of `below`), of which streams draw `use` [MW] net of what they raise."""
        at: dict[float, list[str]] = {}
        for name, temperature in levels.items():
            at.setdefault(temperature, []).append(name)
        stages = [
            SteamLevel(", ".join(names), saturation_pressure(temperature), sum(use[name] for name in names))
            for temperature, names in at.items()
        ]
        return stages, cogeneration_target(
            stages,
            pressure=self.pressure + ATMOSPHERE_BAR,
            temperature=self.temperature,
            isentropic_efficiency=self.isentropic_efficiency,
        )
