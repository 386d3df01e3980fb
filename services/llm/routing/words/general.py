"""Sentences that any book could answer, or that only make talk.

A pattern is a list of alternatives, matched against a clause's folded words with single spaces.
"""

from services.llm.routing.words.pattern import one_of

HOW_TO = one_of(
    (
        (
            r"(?:how|wie) (?:do|can|could|should|would|might|must|shall|kann|konnte|soll|"
            r"sollte|muss|would) (?:not )?SOMEONE\b(?! (?:look|stand|fare|doing))"
        ),
        r"how to\b",
        r"howto\b",
        (
            r"(?:what is |what are |which is |is there |are there )?(?:the |a |an |any "
            r")?(?:best|easiest|right|proper|correct|preferred|recommended|simplest|safest|"
            r"fastest|good|usual|standard)? ?(?:ways?|methods?|approach|procedure|steps?) "
            r"(?:to|of|for)\b"
        ),
        r"is it possible to\b",
        r"wie \w+(?:e|t|st|en)? (?:ich|man)\b",
        r"comment (?:\w+er|\w+ir|\w+re|faire|on|je|puis)\b",
        r"what (?:do|should|would|could|can|must) SOMEONE (?:need|do|check|use|look|have)\b",
        (
            r"(?:where|when|which \w+) (?:can|should|could|would|must) SOMEONE (?:find|get|"
            r"learn|buy|use|choose|pick|look)\b"
        ),
    )
)
"""How something is done."""

DEFINED = one_of(
    (
        r"(?:what|whats|wat|who|que) (?:exactly )?(?:is|are|was|were) (?:an?|ein\w*|une?) ",
        r"(?:was|wer) (?:ist|sind) ",
        r"was (?:bedeutet|heisst|macht|bewirkt) ",
        r"(?:what|why) (?:do|does|did) .{1,60} (?:mean|stand for|refer to|do)$",
        r"what (?:do|does) .{1,60} mean\b",
        r"what means?\b",
        r"what (?:do|does) .{1,40} tell (?:you|me|us|one)$",
        r"what mean\b",
        (
            r"what is the (?:point|use|idea|purpose|reason|benefit|sense|deal|catch) (?:of|"
            r"behind|in) "
        ),
        r".{0,60}(?:used|good|useful|meant|there|needed|made) for$",
        (
            r"(?:c est quoi|c quoi|qu est ce que?|que signifie|que veut dire|qu est-ce que?|"
            r"c'est quoi|quoi) "
        ),
        r"what .{1,40} (?:means?|stands? for|refers? to)\b",
        r"meaning of ",
        r"definition of ",
        r"who (?:invented|made|created|developed|wrote|founded|owns|was|were) ",
    )
)
"""What something is or means."""

WHAT_IS = one_of(
    (r"(?:what|whats|wat|who) (?:is|are|(?:was|were) the (?:first|original|earliest)) ",)
)

MECHANISM = one_of(
    (
        (
            r"(?:how|wie|why|comment) .{1,70}\b(?:works?|functions?|operates?|differs?|"
            r"compares?|interacts?|different|funktionier\w*|fonctionnent|implemented|"
            r"calculated|elects?)\b"
        ),
        r"(?:wie) (?:funktioniert|arbeitet|geht das)",
        r"comment (?:fonctionne|ca marche)",
        r"how come .{0,20}works?\b",
    )
)
"""How something works."""

HOW_DOES = one_of((r"how (?:do|does) (?!we\b|i\b)",))

LOOKS = one_of((r"\b(?:look|looking|doing|stand|fare|feel|go|hold|holding|perform|performing)\b",))
"""With these, `how does it …` asks for a state."""

COMPARISON = one_of(
    (
        r"\b(?:vs|versus)\b",
        r"\bdifferences?\b",
        r"\bunterschiede?\b",
        r"\bcompared to\b",
        (
            r"\b(?:better|worse|faster|slower|safer|cheaper|hotter|louder|bigger|more \w+|"
            r"less \w+|stronger) (?:than|or)\b(?! (?:usual|normal|before|yesterday|last|"
            r"expected|ever|it|\d))"
        ),
        (
            r"(?:which|what)(?: one)? (?:is|are) (?:the )?(?:better|best|faster|safer|easier|"
            r"cheaper|more|preferred)\b"
        ),
        r"\bwhich (?:one|of \w+) (?:is|should|would)\b",
        r"compare\b",
        r"alternatives?\b",
    )
)

ADVICE = one_of(
    (
        r"(?:should|shall|would|must|ought|may|can|could|sollte|kann|dois|puis|peut) SOMEONE\b",
        r"(?:do|does) SOMEONE (?:\w+ )?need\b",
        (
            r"is it (?:\w+ )?(?:worth|better|safe|ok|okay|good|bad|a|an|wise|smart|necessary|"
            r"normal|recommended|advisable|fine|important|enough|dangerous|bad|possible|"
            r"allowed|legal)\b"
        ),
        r"what (?:would|do|should) you (?:recommend|suggest|use|choose|prefer|think|like)",
        r"(?:can|could|would|do) you recommend",
        r"recommend\b",
        r"suggest\b",
        r"(?:any )?(?:tips|advice|recommendations?)\b",
        r"what is the best\b",
        r"why (?:would|should|might) ",
        r"when (?:would|should|does it|is it) ",
        r"how \w+ (?:\w+ ){0,3}(?:should|must|may|would|might|ought)\b",
        (
            r"(?:which|what|where) (?:\w+ ){0,4}(?:should|would|might) (?:a|an|i|we|you|one|"
            r"people)\b"
        ),
        (
            r"how (?:many|much) (?:\w+ ){1,3}(?:can|could) (?:i|you|one|a|an|we)\b(?! "
            r"(?:still|now|more))"
        ),
        r"why (?:do|would|should) (?:i|we|you|people|one|they) (?:need|want|use|have)\b",
        (
            r"(?:what|which|how much|how many) (?:\w+ ){0,4}(?:do|does) (?:i|we|you|one|a|an|"
            r"it) (?:\w+ )?(?:need|require|take|cost)\b"
        ),
    )
)
"""What one should do."""

SUPPOSING = one_of(
    (
        r"(?:suppose|imagine|assume|assuming|say|let us say|consider|given)\b",
        r"what (?:happens|would happen|if)\b",
        r"you (?!restarted|said|told|did|just)\w+",
        (
            r"your? (?:friend|boss|colleague|\w+ )?(?:server|servers|company|team|website|"
            r"machine|system)\b"
        ),
    )
)
"""A case that is made up."""

INTERVIEW = one_of(
    (
        (
            r"\b(?:(?:do|would|will|should) you (?:use|prefer|recommend|check|do|suggest|"
            r"choose|take|look at)|you should know|your experience|in your opinion|your "
            r"favou?rite|your approach|your first step)\b"
        ),
    )
)
"""Asked of a candidate, not of a butler."""

YOUR_SERVER = one_of(
    (
        (
            r"\byour (?:\w+ )?(?:servers?|systems?|workstation|company|team|website|"
            r"application|app|machine|site|users|organi[sz]ation|friend|production|database)\b"
        ),
    )
)
"""Who speaks to Jarvis of `your server` speaks of no server of this house."""

TEACH_SOFT = one_of(
    (
        (
            r"(?:tell me|learn|understand|read|read up|know more|something|anything|more|"
            r"facts?|walk me|help me|teach me|take me) (?:\w+ ){0,2}(?:about|through|"
            r"understand)\b"
        ),
        r"what do you (?:know|think) (?:about|of)",
    )
)
"""To be told about something."""

INTO_A_LANGUAGE = one_of(
    (
        (
            r"\b(?:to|into|in|auf|ins|en) (?:english|german|french|spanish|italian|deutsch|"
            r"englisch)\b"
        ),
    )
)

TALK = one_of(
    (
        (
            r"(?:how|who|what|where) (?:are|were) (?:you|things)(?: (?:doing|today|now|"
            r"feeling|up to|going|this \w+|again|from))*$"
        ),
        (
            r"how (?:is|was) (?:it|life|your day|your night|the weather|your weekend)(?: "
            r"going| treating you| today)*$"
        ),
        r"what (?:is|are) (?:your|you called) \w+",
        r"(?:are|were) you (?:there|human|real|\w+)$",
        r"help$",
        r"what (?:else )?can (?:you|i) (?:do|ask|help|say)",
        r"what (?:do|can) you (?:do|help)\b",
        (
            r"(?:do|did|can|will|would|could|have) you (?:like|love|ever|feel|sleep|dream|eat|"
            r"have|speak|hear|sing|understand)\b"
        ),
    )
)
"""Small talk."""

PLACED = one_of(
    (
        (
            r"\b(?:in|on|under|for|with) (?:linux|unix|windows|debian|ubuntu|proxmox|bash|"
            r"python|docker|kubernetes|freebsd|systemd|zfs|general|macos|arch|fedora|centos|"
            r"git|sql|mysql|postgres|java|javascript|nginx|apache)$"
        ),
    )
)
"""A question put to a technology as a whole."""
