"""“Think harder” and `@opus`: heard where they are orders, and nowhere else."""

import pytest

from services.llm.claude.config import ModelRole
from services.llm.messages import ProviderName
from services.llm.routing.directives import find_directive, strip_mention

HARD, BEST = ModelRole.HARD, ModelRole.ESCALATION


@pytest.mark.parametrize(
    "message",
    [
        "think harder",
        "Think hard about this: why is pve slow?",
        "think harder about why pve is slow",
        "why is pve slow? think hard",
        "why is pve slow? Think harder please.",
        "why is pve slow think harder",
        "why does the backup of media fail, think step by step",
        "try harder",
        "that is not it. try harder!",
        "try harder to find out why media is down",
        "please think more carefully",
        "jarvis, think a bit harder about the quorum",
        "can you think harder about that?",
        "could you please think deeply about why ceph is slow?",
        "you should think longer about this",
        "I want you to think hard about the storage layout",
        "look at pve and think hard about why it swaps",
        "no, think even harder",
        "think about this more carefully",
        "let's think step by step: what filled local-lvm?",
        "reason step by step about the boot loop",
        "think long and hard before you answer: which node dies next?",
        "(think hard) why is pve slow",
        "denk genauer nach",
        "Warum ist pve so langsam? Denk mal genauer nach.",
        "denk bitte länger darüber nach, warum media steht",
        "réfléchis bien avant de répondre",
        "pourquoi pve est lent ? Réfléchis mieux.",
    ],
)
def test_think_harder_is_heard_as_an_order(message: str) -> None:
    directive = find_directive(message)

    assert directive is not None, message
    assert directive.role is HARD


@pytest.mark.parametrize(
    "message",
    [
        "do you think hard drives are slow?",
        "should I try longer timeouts for nfs?",
        "should I try hard resetting the VM?",
        "think hard drives are dying on pve?",
        "try hard resetting media",
        "try hard reset on 105",
        "I think harder passwords are needed",
        "do you think hard disks or ssds are better for ceph?",
        "do you think hard links work on zfs?",
        "can you try hard rebooting 104?",
        "can you try longer timeouts on the nfs mount?",
        "try longer timeouts for nfs",
        "could you try harder compression for the backups?",
        "I think hard limits would help media",
        "do you think longer retention is worth it?",
        "do you think deeper c-states save power?",
        "does the scheduler try harder under load?",
        "people think harder about raid than they should",
        "what makes a router think harder?",
        "I had to think hard",
        "we should think harder",
        "you need not think hard",
        "don't think hard about it",
        "is there a way to make it try harder",
        "they say that engineers think step by step",
        "what does 'think harder' do?",
        "do you ever stop and think hard about it?",
        "do you think hardest problems come from dns?",
        "do you think really hard drives fail sooner?",
        "ich denke länger hält die ssd nicht",
        "ich denke genau das ist der fehler",
        "je réfléchis plus à un nouveau nas",
    ],
)
def test_what_only_sounds_like_think_harder_is_left_to_the_router(message: str) -> None:
    assert find_directive(message) is None


@pytest.mark.parametrize(
    "message",
    [
        "think as hard as you can: why is pve slow?",
        "why is pve slow? think really hard",
        "@claude think very hard about the quorum",
        "please think hardest here",
    ],
)
def test_the_hardest_thinking_is_the_best_model(message: str) -> None:
    directive = find_directive(message)

    assert directive is not None
    assert directive.role is BEST


@pytest.mark.parametrize(
    ("message", "provider", "role", "rest"),
    [
        ("status @opus", None, BEST, "status"),
        ("@opus status", None, BEST, "status"),
        ("status, @opus!", None, BEST, "status"),
        ("is media up? @opus", None, BEST, "is media up?"),
        ("is media up?@opus", None, BEST, "is media up?"),
        ("why is pve slow @hard", None, HARD, "why is pve slow"),
        ("why is pve slow @harder.", None, HARD, "why is pve slow"),
        ("@harder why is pve slow", None, HARD, "why is pve slow"),
        ("status @Claude", ProviderName.CLAUDE, None, "status"),
        ("think harder about pve @claude", ProviderName.CLAUDE, HARD, "think harder about pve"),
        ("status @local", ProviderName.LOCAL, None, "status"),
        ("status @direct", ProviderName.DIRECT, None, "status"),
    ],
)
def test_a_name_is_heard_at_either_end_and_taken_out(
    message: str, provider: ProviderName | None, role: ModelRole | None, rest: str
) -> None:
    directive = find_directive(message)

    assert directive is not None
    assert (directive.provider, directive.role) == (provider, role)
    assert strip_mention(message).rstrip(",") == rest


@pytest.mark.parametrize(
    "message",
    [
        "mail me at root@opus",
        "what is @opus good for",
        "write to me@local.example about zfs",
        "ssh root@hard",
        "the @local resolver is slow",
    ],
)
def test_a_name_inside_a_sentence_is_no_order(message: str) -> None:
    assert find_directive(message) is None
    assert strip_mention(message) == message


def test_a_directive_is_heard_at_either_end_of_a_long_message() -> None:
    log = "pvestatd[1041]: status update time (5.2 seconds)\n" * 60

    for message in (f"think harder about this log\n{log}", f"{log}\nwhy? think harder"):
        directive = find_directive(message)
        assert directive is not None
        assert directive.role is HARD
    assert find_directive(f"{log} think harder {log}") is None
