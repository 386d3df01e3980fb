import pytest

from services.dialing import DialRefused, believed_at, check_dialable, is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"]
)
def test_this_machine_may_always_be_dialled(host):
    assert is_loopback(host)
    check_dialable(host, loopback_only=True)


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.11",
        "pve.example",
        "localhost.example",
        "127.0.0.1.example",
        "2001:db8::1",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "",
    ],
)
def test_another_machine_is_dialled_only_where_that_is_allowed(host):
    with pytest.raises(DialRefused) as refused:
        check_dialable(host, loopback_only=True)

    assert refused.value.host == host
    assert "JARVIS_LOOPBACK_ONLY" in str(refused.value)
    check_dialable(host, loopback_only=False)


def test_authorities_are_read_where_something_is_encrypted_and_nowhere_else():
    assert believed_at("https://api.anthropic.com") is True
    plain = believed_at("http://192.0.2.20:8080")
    assert not isinstance(plain, bool)
    assert plain.cert_store_stats()["x509_ca"] == 0
    assert plain.check_hostname
