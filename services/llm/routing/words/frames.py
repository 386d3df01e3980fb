"""Words around a sentence that ask for it politely, wonder, or report: not what it is about.

A pattern is a list of alternatives, matched against a clause's folded words with single spaces.
"""

from services.llm.routing.words.pattern import one_of

REQUEST = one_of(
    (
        (
            r"(?:can|could|would|will|won t|can not) (?:you|ya|someone) (?:please |kindly |"
            r"just |maybe |perhaps |possibly |also |then |quickly |now )*(?:be so kind (?:as|"
            r"and) (?:to )?)?(?=\S)"
        ),
        r"(?:would|do) you mind ",
        (
            r"(?:i|we) (?:want|need|wish|wanted|would like|would love|would want|have|"
            r"like)(?: you)? to "
        ),
        r"i would appreciate if you could ",
        r"let us ",
        r"time to ",
        r"(?:you )?(?:go|feel free|dare|try) (?:ahead )?(?:and|to) ",
        r"make sure(?: that| to)? ",
        r"(?:why do not|how about|what if) (?:you|we) ",
        r"be so kind and ",
        r"do me a favou?r and ",
        (
            r"(?:you|we) (?:can|may|should|could|might want to|better)(?: now| also)? "
            r"(?=(?:re|start|stop|shut|move|migrate|turn|switch|power|delete|kill|back|take|"
            r"make|check|wake))"
        ),
        (
            r"(?:kannst|konntest|wurdest|magst|willst|konnen|konnten) (?:du|sie)(?: mir| mal| "
            r"bitte| uns)* "
        ),
        r"(?:ich|wir) (?:mochte|mochten|will|wollen)(?: gerne?)?(?: dass du)? ",
        r"(?:peux|pourrais|veux|peut|pourrait) (?:tu|on)(?: me| nous| m)? ",
        r"(?:tu|vous) (?:peux|pourrais|pouvez|pourriez)(?: me| nous| m)? ",
        r"(?:pouvez|pourriez) vous(?: me| nous| m)? ",
        r"(?:j aimerais|je veux|je voudrais)(?: que tu)? ",
    )
)
"""Asking somebody to do something."""

ASK = one_of(
    (
        r"(?:i (?:was|am)(?: just| still)? )?(?:wondering|curious)(?: if| whether| about)? ",
        (
            r"(?:do|did) you (?:happen to )?(?:know|think|reckon|remember|see|notice|spot|"
            r"detect|observe)(?: if| whether| that)? "
        ),
        (
            r"(?:have )?(?:you )?(?:any|an|no|some) (?:idea|clue|chance)(?: if| whether| on| "
            r"about)? "
        ),
        r"(?:tell|show|remind|inform) (?:me|us)(?: again| quickly)? (?:if|whether|that) ",
        (
            r"(?:tell|show|remind|inform) (?:me|us)(?: again| quickly)? (?=(?:what|which|who|"
            r"where|when|why|how|is|are) )"
        ),
        (
            r"(?:find out|figure out|see|check|look|verify|know|learn|understand|ask|"
            r"wonder)(?: for me)?(?: if| whether| that) "
        ),
        (
            r"(?:to )?(?:know|find out|figure out|see|learn|understand|ask|wonder) (?=(?:what|"
            r"which|who|where|when|why|how|is|are) )"
        ),
        (
            r"(?:the |my )?(?:quick |other )?(?:question|thing|problem|issue)(?: here)? is(?: "
            r"that| this)? "
        ),
        r"is it (?:true|possible|normal) that ",
        r"what i (?:want|need)(?: to know)? is ",
        r"(?:weisst|kannst) du(?: mir)?(?: sagen)?(?: ob)? ",
        r"sag(?:e)? mir(?: bitte)? (?:ob )?(?=\S)",
        r"wissen(?: ob)? ",
        r"ob ",
        r"(?:savoir|dis moi|dire|sais tu)(?: si)? (?=\S)",
        r"est ce que ",
        r"est-ce que ",
        r"est-ce qu ",
        r"est ce qu ",
        r"whether ",
    )
)
"""Wanting to know something."""

REPORT = one_of(
    (
        (
            r"(?:(?:my|the|our) )?(?:wife|husband|kids?|son|daughter|girlfriend|boyfriend|partner|"
            r"roommates?|family|users?|mother|father|mom|dad|colleagues?|friends?|neighbou?r) "
            r"(?:just )?(?:says?|said|complains?|complained|told me|tells me|claims?|reports?|"
            r"reported|thinks?|can not|could not)(?: that)? "
        ),
        (
            r"(?:i|we) (?:just )?(?:think|guess|believe|suspect|fear|assume|hope|heard|"
            r"noticed|see|saw|reckon|feel like|feel|have the (?:feeling|impression)|had the "
            r"(?:feeling|impression)|would say|am afraid|am pretty sure|am sure|swear)(?: "
            r"that| like)? "
        ),
        r"(?:it )?(?:looks|seems|sounds|appears|feels)(?: to me)? (?:like|as if|that)? ?",
        r"i do not know (?:if|whether|why|what|how) ",
        r"turns out(?: that)? ",
        r"apparently ",
        r"there is (?:a|some) (?:feeling|chance) (?:that )?",
    )
)
"""Reporting something."""

ELLIPSIS = one_of(
    (
        (
            r"(?:(?:and|und|et|or|but|also|so) )*(?:what about|how about|and what of|what of|"
            r"was ist mit|wie sieht es (?:mit|bei)|wie steht es um|et pour|qu en est il de|"
            r"same (?:for|with|on|thing for)|same|ditto(?: for)?|likewise|and for|and on|now "
            r"do|now|dasselbe (?:fur|mit)|pareil pour) (?=\S)"
        ),
    )
)
"""What leans on the sentence before."""

_RANKED = (
    r"(?:worst|most|least|first|second|third|fourth|last|latest|next|former|latter|"
    r"(?:old|new|bigg|small|larg|slow|fast|hott|cold|full|high|low|young)est|erste|zweite|dritte|"
    r"letzte|nachste|schlimmste|grosste|kleinste|alteste|neueste|premier|deuxieme|dernier|pire)"
    r"[nrse]{0,2}"
)
_THE = r"(?:the|der|den|die|das|le|la)"

GOES_ON = one_of(
    (
        r"^(?:why|how come|warum|wieso|pourquoi) (?:so|that|this|such|si|aussi)(?: \w+){1,2}$",
        (
            r"^(?:for )?(?:how|wie) (?:long|often|much|many|bad|serious|lange|oft|viele?|schlimm)"
            r"(?: (?:now|already|exactly|more|left|schon|genau|noch))*$"
        ),
        r"^(?:depuis )?combien(?: de (?:temps|fois))?$",
        (
            r"^(?:which|what|who|welche[rs]?|was|wer|lequel|laquelle)(?: ones?)? "
            rf"(?:is|are|was|ist|sind|est) (?:{_THE} )?{_RANKED}(?: ones?)?"
            r"(?: (?:of (?:them|these|those|all)|by far|davon))?$"
        ),
        rf"^(?:\w+ )?(?:only |just |nur )?{_THE} {_RANKED}(?: (?:ones?|two|three|few))?$",
        (
            r"^(?:\w+ ){0,3}(?:genauer|ausfuhrlicher|detaillierter|plus en detail|plus de details)"
            r"(?: bitte)?$"
        ),
    )
)
"""Whole sentences that ask on: by themselves they say nothing, and are about what was said."""

AMUSING = one_of((r"^(?:\w+ ){1,3}(?:joke|jokes|riddle|riddles|pun|puns|witz|witze|blague)\b",))
"""What is told for fun: small talk, and no text to be written."""

TAIL = one_of(
    (
        r" for (?:me|us)$",
        (
            r" if (?:possible|you (?:can|could|would|may|will|do not mind|please|have time|"
            r"like|want)|that is ok)$"
        ),
        (
            r" when(?:ever)? you (?:have|get|find)(?: got)? (?:a |the |some )?(?:minute|"
            r"moment|chance|time|sec|second)$"
        ),
        r" (?:would|will|can|could) you(?: please)?$",
        r" would you kindly$",
        r" by the way$",
        r" or (?:not|what|something|so)$",
        r" you know$",
        r" i guess$",
        r" i think$",
        r" is not it$",
        r" does not it$",
        r" is it not$",
        r" s il te plait$",
        r" s il vous plait$",
        r" if it is not too much trouble$",
        r" at your convenience$",
        r" in advance$",
        r" right$",
        r" a bit$",
        r" a sec$",
        r" real quick$",
        r" once more$",
        r" for a (?:sec|second|moment|minute)$",
    )
)
"""Courtesies behind a sentence."""
