"""Sentences that only a look at the house can answer.

A pattern is a list of alternatives, matched against a clause's folded words with single spaces.
"""

from services.llm.routing.words.pattern import one_of

JARVIS_DID = one_of(
    (
        (
            r"(?:what|why|when|which \w+|how|how many \w+|how much)? ?(?:did|have|has|had) "
            r"(?:you|jarvis) (?!know|like|ever|sleep|eat|hear|think|mean|say|want|feel|"
            r"dream)\w+"
        ),
        r"what (?:are|were) you (?:doing|up to|working on|watching|waiting)",
        r"what have you been",
        r"what was (?:done|changed|restarted)",
        r"was hast du",
        r"hast du",
        r"qu as tu",
        r"as tu",
    )
)
"""What Jarvis has done or does."""

OWN_RECORD = one_of(
    (
        (
            r"\b(?:your|jarvis s|deine|tes) (?:last|latest|recent|own)? ?(?:actions?|audit|"
            r"logs?|approvals?|doings|activity|history|changes|commands|decisions|mistakes|"
            r"report)\b"
        ),
    )
)

COUNT = one_of(
    (
        (
            r"how (?:many|much|full|hot|busy|loaded|warm|big|large|long|old|fast|slow|healthy|"
            r"worn|far|close|often|bad|well)\b"
        ),
        r"(?:wie (?:voll|heiss|viel|viele|lange|warm)|wieviele?|combien)\b",
    )
)
"""How full, how many."""

ATTENTION = one_of(
    (
        r"^(?:anything|something|nothing) (?:to report|of note|noteworthy|interesting|to tell)$",
        r"^how is everything$",
        (
            r"\b(?:anything|something|what|nothing)\b.{0,30}\b(?:attention|worry about|"
            r"worried about|take.care.of|know about|should know|need to know|to know|look at|"
            r"look into|be aware of|deal with|concerned about|fix)$"
        ),
    )
)
"""What needs attention."""

HAVE = one_of(
    (
        (
            r"(?:(?:what|which|how many|how much|wie viele?|welche)\b.{0,30}\b)?(?:do|did|"
            r"have|haben|habe|avons|avez) (?:we|i|wir|ich|nous|any)\b(?! (?:need|want|use|get|"
            r"run|set|make)).{0,40}(?:\bhave\b|\bgot\b|\buse\b|\w)"
        ),
        r"(?:is|are|were|was) there (?:any|a|an|some|still|enough|more|old|new|no)?",
        r"gibt es",
        r"y a t il",
        r"a t il",
        r"il y a",
    )
)
"""What there is here."""

CAPACITY = one_of(
    (
        (
            r"\b(?:fits?|room for|space for|space left|capacity for|anywhere|one more|run(?:s|"
            r"ning)?-out|fill(?:s|ing)?-up|enough (?:\w+ )?(?:left|for|to)|take another|"
            r"handle another|for another|to spare|left for)\b"
        ),
    )
)
"""What there is room for."""

WHERE_TO = one_of(
    (
        (
            r"(?:where|which (?:node|host|storage|pool|disk)) (?:should|can|could|shall|would|"
            r"do) (?:i|we|you) (?:put|place|host|move|store|run|create|deploy)\b"
        ),
    )
)

NEEDS = one_of((r"\b(?:needs?|should|requires?)\b",))
"""With these, a figure is asked for in general."""

LISTED = one_of(
    (
        (
            r"(?:which|what|how many|wie viele|welche|quels|quelles|combien de)(?: of)?(?: "
            r"\w+)? (?:vms?|guests?|containers?|lxcs?|nodes?|hosts?|disks?|drives?|pools?|"
            r"storages?|backups?|snapshots?|tasks?|jobs?|updates?|services?|conteneurs|"
            r"noeuds)\b"
        ),
    )
)
"""Lists that only this house has."""

CONTENT = one_of(
    (
        (
            r"(?:what|who|which \w+|how many \w+) (?:is |are |runs? |lives? |sits? "
            r")+(?:(?:stored|running|hosted|sitting|living|left|installed|mounted|deployed|"
            r"kept|still) )?(?:on|in|inside|under) "
        ),
        r"was (?:ist|lauft) auf ",
    )
)
"""What is on something."""
