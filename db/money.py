"""The one form in which money is stored: whole picodollars, so that no cent is lost in a sum."""

from decimal import Decimal

_PICO = Decimal(10) ** 12


def to_picousd(usd: Decimal) -> int:
    """Dollars as they are stored. Exact for every price with up to six decimals a million."""
    return int((usd * _PICO).to_integral_value())


def from_picousd(picousd: int) -> Decimal:
    """Dollars as they were before they were stored."""
    return Decimal(picousd) / _PICO
