"""The next step of the scripted model."""

from simulator.llm.talk import Step, Talk


def think(talk: Talk) -> Step:
    """What it says or asks for next."""
    return Step(text="I am a scripted model; I do not know that.")
