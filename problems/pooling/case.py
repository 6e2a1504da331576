"""The case file of kind `pooling`: components, pools that may feed each other, products."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import CaseError, Problem, nearest

Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Component(_Strict):
    """A raw material: `price` per unit of flow, `quality` per unit of flow by name."""

    name: str
    price: Number
    quality: dict[str, Number]
    minimum: Amount = 0.0
    maximum: Amount


class Pool(_Strict):
    """A tank whose contents are mixed; `capacity` bounds its throughput."""

    name: str
    capacity: Amount


class Product(_Strict):
    """A blend that is sold at `price`; qualities not named are free."""

    name: str
    price: Number
    minimum: Amount = 0.0
    maximum: Amount
    quality_minimum: dict[str, Number] = {}
    quality_maximum: dict[str, Number] = {}


class Arc(_Strict):
    """A connection from a component or a pool to a pool or a product, with an optional capacity."""

    source: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    capacity: Amount | None = None


class PoolingCase(_Strict):
    """A pooling problem, generalized where pools feed pools; its objective is cost of components less revenue."""

    kind: Literal["pooling"] = "pooling"
    name: str = "pooling"
    description: str = ""
    components: Annotated[list[Component], Field(min_length=1)]
    pools: list[Pool]
    products: Annotated[list[Product], Field(min_length=1)]
    arcs: Annotated[list[Arc], Field(min_length=1)]

    @model_validator(mode="after")
    def references_exist(self) -> PoolingCase:
        """Every arc joins known, fitting ends; names and quality names agree. Raises CaseError with all problems."""
        components, pools = {c.name for c in self.components}, {p.name for p in self.pools}
        products = {p.name for p in self.products}
        problems: list[Problem] = []
        names = [x.name for x in (*self.components, *self.pools, *self.products)]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(Problem("two nodes have this name", place="components", typed=name))
        for i, arc in enumerate(self.arcs):
            for key, end in (("from", arc.source), ("to", arc.target)):
                if end not in names:
                    close = nearest(end, names)
                    place = f"arcs[{i}].{key}"
                    problems.append(
                        Problem("no such node", place=place, typed=end, allowed=tuple(names), suggestion=close)
                    )
            known = arc.source in names and arc.target in names
            fits = arc.source in components | pools and arc.target in pools | products and arc.source != arc.target
            if known and not fits:
                text = "an arc leads from a component or a pool to a product or another pool"
                problems.append(Problem(text, place=f"arcs[{i}]", typed=f"{arc.source} -> {arc.target}"))
        for i, product in enumerate(self.products):
            for field in ("quality_minimum", "quality_maximum"):
                for quality in getattr(product, field):
                    lacking = [c.name for c in self.components if quality not in c.quality]
                    if lacking:
                        text = f"components without this quality: {', '.join(lacking)}"
                        problems.append(Problem(text, place=f"products[{i}].{field}", typed=quality))
        if problems:
            raise CaseError(problems)
        return self
