"""The forms a value may be written in: lists with commas, and addresses with a scheme."""

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def split_commas(value: object) -> object:
    """The parts of a text between its commas, without the empty ones; anything else as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


CommaList = Annotated[list[str], NoDecode, BeforeValidator(split_commas)]
CommaInts = Annotated[list[int], NoDecode, BeforeValidator(split_commas)]


def split_url(text: str) -> SplitResult:
    """The parts of an address; a ValueError, without its name and password, where it is none."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 -- reading it is what checks it
    except ValueError:
        raise ValueError(f"'{bare(text)}' is no address; write https://host:8006") from None
    return parts


def bare(url: str) -> str:
    """The address as it may be shown: a name and password in it are left out."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('//')[0]}//…@{after}" if at else url


def bracketed(host: str) -> str:
    """The host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
