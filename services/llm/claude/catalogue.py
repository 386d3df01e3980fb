"""The catalogue of Claude's models, and whether those in the settings are in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.llm.claude.config import ClaudeConfig, ModelRole, undated
from services.llm.claude.manners import ModelFacts

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import ModelInfo

ACTIVE, DEPRECATED, RETIRED = "active", "deprecated", "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguedModel:
    """A model as the API tells of it."""

    id: str
    lifecycle: str
    """`active`, `deprecated` or `retired`."""
    retires_at: datetime | None = None
    facts: ModelFacts = field(default_factory=ModelFacts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with the model of a role."""

    role: ModelRole
    model: str
    what: str
    """`is not known`, `was retired` or `is deprecated`."""
    usable: bool
    retires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The models that are there, those that were, and what is wrong with the settings."""

    models: tuple[CataloguedModel, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def facts(self) -> Mapping[str, ModelFacts]:
        """What each model takes, by its id."""
        return {model.id: model.facts for model in self.models}

    @property
    def there(self) -> tuple[str, ...]:
        """The ids that may be asked for, as the API lists them."""
        return tuple(model.id for model in self.models if model.lifecycle != RETIRED)

    @property
    def unfit(self) -> Mapping[str, str]:
        """The models that cannot be asked, and why, such as `was retired`."""
        retired = {model.id: "was retired" for model in self.models if model.lifecycle == RETIRED}
        return retired | {f.model: f.what for f in self.findings if not f.usable}


async def fetch_catalogue(client: "AsyncAnthropic") -> Catalogue:
    """Ask the API for every model, retired ones included; raises the SDK's own errors."""
    models = [
        parse_model(info)
        async for info in client.models.list(limit=1000, lifecycle=[ACTIVE, DEPRECATED, RETIRED])  # type: ignore[list-item]
    ]
    return Catalogue(models=tuple(models))


def parse_model(info: "ModelInfo") -> CataloguedModel:
    """The frozen value of what the API told; what it did not tell is None."""
    capabilities: Any = getattr(info, "capabilities", None)
    effort: Any = getattr(capabilities, "effort", None)
    thinking: Any = getattr(capabilities, "thinking", None)
    return CataloguedModel(
        id=info.id,
        lifecycle=getattr(info, "lifecycle", None) or ACTIVE,
        retires_at=_aware(getattr(info, "retires_at", None)),
        facts=ModelFacts(
            efforts=_supported(effort, ("low", "medium", "high", "xhigh", "max")),
            thinking=_supported(
                getattr(thinking, "types", None),
                ("adaptive", "between_tools", "disabled", "enabled"),
            ),
            output_tokens_most=getattr(info, "max_tokens", None),
        ),
    )


def check_models(catalogue: Catalogue, config: ClaudeConfig) -> Catalogue:
    """The same catalogue with what is wrong with the settings; pure."""
    known = {undated(model.id): model for model in reversed(catalogue.models)}
    known |= {model.id: model for model in catalogue.models}
    findings = []
    for role in ModelRole:
        name = config.model_for(role)
        model = known.get(name)
        if model is None:
            findings.append(Finding(role=role, model=name, what="is not known", usable=False))
        elif model.lifecycle == RETIRED:
            findings.append(Finding(role=role, model=name, what="was retired", usable=False))
        elif model.lifecycle == DEPRECATED:
            findings.append(
                Finding(
                    role=role,
                    model=name,
                    what="is deprecated",
                    usable=True,
                    retires_at=model.retires_at,
                )
            )
    return Catalogue(models=catalogue.models, findings=tuple(findings))


def _supported(told: Any, names: tuple[str, ...]) -> frozenset[str] | None:
    if told is None:
        return None
    return frozenset(n for n in names if getattr(getattr(told, n, None), "supported", False))


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and moment.tzinfo is not None else None
