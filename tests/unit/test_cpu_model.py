"""A processor's name loses what no one says, and nothing else."""

import pytest

from components.live.cpu_model import shorten_cpu_model


@pytest.mark.parametrize(
    ("model", "short"),
    [
        ("12th Gen Intel(R) Core(TM) i7-12700", "i7-12700"),
        ("AMD Ryzen 7 5800X 8-Core Processor", "Ryzen 7 5800X"),
        ("Intel(R) N100", "N100"),
        ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Xeon E5-2680 v4"),
        ("Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz", "i5-8500T"),
        ("Intel(R) Core(TM) Ultra 7 155H", "Ultra 7 155H"),
        ("AMD EPYC 7302P 16-Core Processor", "EPYC 7302P"),
        ("AMD Ryzen 5 PRO 4650G with Radeon Graphics", "Ryzen 5 PRO 4650G"),
        ("Intel(R) Celeron(R) J4125 CPU @ 2.00GHz", "Celeron J4125"),
        ("Ryzen 7 5800X", "Ryzen 7 5800X"),
        ("QEMU Virtual CPU version 2.5+", "QEMU Virtual version 2.5+"),
    ],
)
def test_a_processor_is_called_by_its_short_name(model: str, short: str) -> None:
    assert shorten_cpu_model(model) == short


def test_a_name_that_is_all_noise_stays_whole_and_none_stays_unknown() -> None:
    assert shorten_cpu_model("AMD Processor") == "AMD Processor"
    assert shorten_cpu_model("  ") is None
    assert shorten_cpu_model(None) is None
