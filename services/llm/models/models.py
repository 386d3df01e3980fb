"""The models as the rest of the house sees them: who can be asked, and how to ask."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from db import Database
from services.clock import Clock, pause
from services.cluster.backoff import Backoff, Chance
from services.events import Bus, Event
from services.llm.claude.catalogue import Catalogue, Finding, check_models
from services.llm.claude.config import ModelRole
from services.llm.costs.metered import Metered
from services.llm.costs.service import Costs
from services.llm.errors import (
    ModelUnknown,
    ProviderError,
    ProviderForbidden,
    ProviderMissing,
    RequestRefused,
)
from services.llm.happenings import ModelDeprecated, ModelNotOffered, ModelsChanged
from services.llm.local.provider import LocalProvider
from services.llm.messages import ProviderName
from services.llm.models.absent import LateClaude, MissingProvider
from services.llm.models.breaker import Breaker, Guarded
from services.llm.models.config import ModelsConfig
from services.llm.models.standing import ProviderStatus, Standing, decide_availability
from services.llm.provider import Provider
from services.llm.routing import Route
from services.llm.routing.availability import Availability
from services.tasks import Tasks

log = structlog.get_logger("llm")

LOOK_S = 30.0
"""Between looks at a local model that is well; Claude is not looked at while it is."""
LOOK_AGAIN_S = 5.0
"""Until a provider that failed or loads is looked at again."""
LIST_AGAIN_S = 86_400.0
"""Between two lists of Claude's models: one may be retired while Jarvis runs."""
CLAUDE_RESTS = Backoff(first_s=10.0, most_s=600.0)
LOCAL_RESTS = Backoff(first_s=5.0, most_s=60.0)
KEY, URL = "ANTHROPIC_API_KEY", "LLAMA_SERVER_URL"


class Models:
    """Both providers, each counted and guarded; what they cost; and whether they are there.

    Start it on the event loop. Its tasks are its own.
    """

    def __init__(
        self,
        config: ModelsConfig,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._config = config
        self._clock = clock
        self._publish: Callable[[Event], None] = bus.publish
        self._tasks = Tasks()
        self.costs = Costs(
            database=database,
            clock=clock,
            tasks=self._tasks,
            publish=bus.publish,
            day_usd=config.budget_day_usd,
            month_usd=config.budget_month_usd,
            claude=config.claude,
            tell_usd=config.budget_tell_usd,
        )
        self._late, self._near = self._make_providers()
        self._claude_stands, self._local_stands = (
            Standing(
                Breaker(name, clock=clock, chance=chance, publish=bus.publish, backoff=rests),
                missing=None if there else ProviderMissing(name, setting),
            )
            for name, rests, there, setting in (
                (ProviderName.CLAUDE, CLAUDE_RESTS, self._late is not None, KEY),
                (ProviderName.LOCAL, LOCAL_RESTS, self._near is not None, URL),
            )
        )
        self._claude_stands.model = config.claude.routine
        self.claude = self._guarded(
            self._late or MissingProvider(ProviderName.CLAUDE, KEY), self._claude_stands
        )
        """Claude, within the budget; raises ProviderMissing without a key."""
        self.local = self._guarded(
            self._near or MissingProvider(ProviderName.LOCAL, URL), self._local_stands
        )
        """The local model; raises ProviderMissing where none is set up."""
        self._catalogue: Catalogue | None = None
        self._listed_at_s: float | None = None
        """When it was listed by the steady clock; None until then, and once it is in doubt."""
        self._wake = asyncio.Event()
        self._shown: tuple[ProviderStatus, ...] = ()

    async def start(self) -> None:
        """Go on from what was spent before, and begin to look at the providers."""
        await self.costs.start()
        self._tasks.start(self._watch(), name="models:watch")

    async def stop(self, because: str) -> None:
        """Write what was spent, end the looks, and let go of every connection."""
        await self.costs.stop()
        await self._tasks.stop(because=because)
        await self.costs.stop()
        for provider in (self._late, self._near):
            if provider is not None:
                await provider.close()

    def provider(self, name: ProviderName) -> Metered:
        """Claude or the local model by its name."""
        return self.claude if name is ProviderName.CLAUDE else self.local

    def model_for(self, role: ModelRole) -> str:
        """The id of Claude's model for a role."""
        return self._config.claude.model_for(role)

    def fit(self, route: Route) -> Route:
        """The route; with the everyday model, and why, where that of its role cannot be asked."""
        known = self._catalogue.unfit if self._catalogue is not None else {}
        model, routine = self.model_for(route.model_role), self._config.claude.routine
        if route.provider is not ProviderName.CLAUDE or model not in known or routine in known:
            return route
        because = f"{route.because}; Claude's model {model} {known[model]}, so {routine} answers"
        return replace(route, model_role=ModelRole.ROUTINE, because=because)

    async def ask_yes_no(self, question: str, *, within_ms: float = 400.0) -> bool | None:
        """The local model's yes or no; None where it gave neither in time."""
        if self._near is None or self._local_stands.because_not:
            return None
        return await self._near.ask_yes_no(question, within_ms=within_ms)

    @property
    def availability(self) -> Availability:
        """Which providers can be asked right now; budgets are another matter."""
        return decide_availability(self._claude_stands, self._local_stands)

    @property
    def statuses(self) -> tuple[ProviderStatus, ...]:
        """Claude and the local model as a page shows them."""
        return self._claude_stands.status, self._local_stands.status

    @property
    def catalogue(self) -> Catalogue | None:
        """Claude's models and what is wrong with the settings; None while it is not known."""
        return self._catalogue

    async def look(self) -> None:
        """Look at whoever is due: the local model, and Claude until it was seen once, once a day,
        and whenever a look can tell whether it is back."""
        await asyncio.gather(self._look_at_claude(), self._look_at_local())
        self._tell_changes()

    def _make_providers(self) -> tuple[LateClaude | None, LocalProvider | None]:
        claude, local = self._config.claude, self._config.local
        late = LateClaude(claude, self._clock) if claude.api_key is not None else None
        if local is None:
            return late, None
        return late, LocalProvider(local, clock=self._clock, address=self._config.address)

    def _guarded(self, provider: Provider, standing: Standing) -> Metered:
        guarded = Guarded(provider, standing.breaker, changed=self._note_change)
        return self.costs.metered(guarded)

    def _note_change(self, error: ProviderError | None) -> None:
        self._tell_changes()
        if isinstance(error, ModelUnknown):
            self._listed_at_s = None
        if error is not None:
            self._wake.set()  # a look may tell more, and the next one is due sooner

    def _tell_changes(self) -> None:
        if self._near is not None:
            self._local_stands.model = self._near.model
            self._local_stands.window_tokens = self._near.window_tokens
        if (statuses := self.statuses) != self._shown:
            self._shown = statuses
            self._publish(ModelsChanged(at=self._clock.now()))

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            await self.look()
            await pause(self._next_look_s(), self._wake)

    def _next_look_s(self) -> float:
        waits = [LOOK_S]
        for standing in (self._claude_stands, self._local_stands):
            if standing.breaker.is_resting:
                waits.append(max(standing.breaker.rest_s, 0.1))
            elif standing.breaker.fault is not None or standing.is_loading:
                waits.append(LOOK_AGAIN_S)
        return min(waits)

    async def _look_at_claude(self) -> None:
        standing = self._claude_stands
        due = self._list_is_due and not standing.breaker.is_resting
        if self._late is None or not (due or standing.breaker.wants_a_look):
            return
        try:
            self._learn(check_models(await self._late.fetch_catalogue(), self._config.claude))
        except RequestRefused as error:
            log.warning("models cannot be listed", because=error.because)
            self._learn(self._catalogue or Catalogue(models=()))
        except ProviderForbidden as error:
            standing.bar(error)
            return
        except ProviderError as error:
            standing.note_look(error)
            return
        standing.note_look()

    @property
    def _list_is_due(self) -> bool:
        listed_at_s = self._listed_at_s
        return listed_at_s is None or self._clock.monotonic_s() - listed_at_s >= LIST_AGAIN_S

    async def _look_at_local(self) -> None:
        standing = self._local_stands
        if self._near is None or standing.breaker.is_resting:
            return
        try:
            await self._near.look()
        except ProviderForbidden as error:
            standing.bar(error)
        except ProviderError as error:
            standing.note_look(error)
        else:
            standing.note_look()

    def _learn(self, catalogue: Catalogue) -> None:
        before = self._catalogue.findings if self._catalogue is not None else ()
        self._catalogue = catalogue
        self._listed_at_s = self._clock.monotonic_s()
        if self._late is not None:
            self._late.learn(catalogue)
        routine = self._config.claude.routine
        what = catalogue.unfit.get(routine)
        self._claude_stands.unfit = f"Claude's model {routine} {what}" if what else ""
        for finding in catalogue.findings:
            if finding not in before:
                self._tell_finding(finding, catalogue.there)

    def _tell_finding(self, finding: Finding, there: tuple[str, ...]) -> None:
        setting, now = finding.role.setting, self._clock.now()
        log.warning("model questioned", setting=setting, model=finding.model, what=finding.what)
        if finding.usable:
            self._publish(
                ModelDeprecated(
                    at=now,
                    provider=ProviderName.CLAUDE,
                    setting=setting,
                    model=finding.model,
                    retires_at=finding.retires_at,
                )
            )
        else:
            self._publish(
                ModelNotOffered(
                    at=now,
                    provider=ProviderName.CLAUDE,
                    setting=setting,
                    model=finding.model,
                    what=finding.what,
                    there=there,
                )
            )
