"""Known secrets are put everywhere, and looked for in what comes out."""

import json
import math
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from services.redaction import ITEMS_LIMIT, MASK, TEXT_LIMIT_CHARS, TRACE_LIMIT_CHARS, Redactor
from services.tools.gate.config import gate_config
from settings import Settings

UUID = "0f7e7a5c-6e0e-4b27-9d3b-6f1d2c3b4a59"
SECRET = "tr0ub4dor&3'x"

LEAKY = {
    "an API token header": (f"Authorization: PVEAPIToken=jarvis@pve!watch={UUID}", UUID),
    "an API token alone": (f"PVEAPIToken=jarvis@pve!watch={UUID} refused", UUID),
    "an API token of another shape": ("token root@pam!x=plainsecret was refused", "plainsecret"),
    "a quoted header": ("{'Authorization': 'Basic cm9vdDpodW50ZXIy'}", "cm9vdDpodW50ZXIy"),
    "a header in bytes": ("[(b'authorization', b'Bearer abcdefabcdef')]", "abcdefabcdef"),
    "a cookie": ("Cookie: theme=dark; session=4f5e6d7c8b9a", "4f5e6d7c8b9a"),
    "a cookie being set": ("set-cookie: sid=4f5e6d7c8b9a; HttpOnly", "4f5e6d7c8b9a"),
    "Proxmox's cookie": ("PVEAuthCookie=PVE:root@pam:65A1B2C3::c2lnbmF0dXJl==", "c2lnbmF0dXJl"),
    "a bare ticket": ("ticket PVE:root@pam:65A1B2C3::c2lnbmF0dXJl==", "c2lnbmF0dXJl"),
    "a ticket in a URL": ("?x=1&vncticket=PVEVNC%3A65A1B2C3%3A%3Ac2lnbmF0dXJl", "c2lnbmF0dXJl"),
    "a CSRF token": ("CSRFPreventionToken: 65A1B2C3:c2lnbmF0dXJlc2ln", "c2lnbmF0dXJlc2ln"),
    "a password in a URL": ("dialling https://root:hunter2@pve:8006/api2", "hunter2"),
    "a password with an at": ("dialling https://root:hunt@er2@pve:8006/", "er2@"),
    "a password in a query": ("POST /login?password=hunter2&x=1", "hunter2"),
    "a password in a form": ("username=root&password=hunter2", "hunter2"),
    "a password in JSON": ('{"user": "root", "password": "hunt\\"er2"}', "er2"),
    "a password in a repr": ("Login(user='root', password='hunter2')", "hunter2"),
    "a secret in YAML": ("token_secret: hunter2", "hunter2"),
    "an Anthropic key": ("x-api-key sk-ant-api03-AbCdEf_12-34567890", "AbCdEf_12"),
    "an argon2 hash": ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "aGFzaA"),
    "a UUID after an equals sign": (f"secret_of_token={UUID}", UUID),
    "a private key": (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----",
        "b3BlbnNzaC1rZXk",
    ),
    "a private key cut off": ("-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg", "MIIEvQIBADANBg"),
    "a one-time link": ("GET /enter/9f8e7d6c5b4a HTTP/1.1", "9f8e7d6c5b4a"),
    "a variable": ("PATH=/bin DB_PASS=hunt,er;2&x", "er;2"),
    "a variable of another name": ("TF_TOKEN=hunter2", "hunter2"),
    "a key among variables": ("AWS_SECRET_KEY='hunter 2' x", "hunter 2"),
    "a numbered variable": ("- REDIS_AUTH_2=hunter2", "hunter2"),
    "a variable in a list": ('["TZ=UTC", "APP_KEY=base64:hunter2"]', "hunter2"),
    "a variable in JSON": ('{"DB_PASS":"hunt\\"er2"}', "er2"),
    "a variable in YAML": ("env:\n  - DB_PASS: hunter2", "hunter2"),
    "a variable in columns": ("    Environment:\n      DB_PASS:           hunter2", "hunter2"),
    "a variable by name and value": ("- name: DB_PASS\n    value: hunter2", "hunter2"),
    "the same in JSON": ('"name": "MQTT_PWD",\n   "value": "hunter2"', "hunter2"),
    "a small variable": ("db_pass=hunter2", "hunter2"),
    "a token in JSON": ('{"accessToken": "hunter2"}', "hunter2"),
    "a token in YAML": ("auth:\n  api-token: hunter2", "hunter2"),
    "a registry's login": ('"ghcr.io": {"auth": "dXNlcjpodW50ZXIy"}', "dXNlcjpodW50ZXIy"),
    "a SHA-512 hash": ("cipassword: x $6$rounds=5000$salt$Zm9vYmFyYmF6", "Zm9vYmFyYmF6"),
    "a SHA-256 hash": ("root:$5$saltsalt$Zm9vYmFyYmF6:19000:0:::", "Zm9vYmFyYmF6"),
    "a yescrypt hash": ("root:$y$j9T$saltsalt$Zm9vYmFyYmF6:19000:0:::", "Zm9vYmFyYmF6"),
    "a bcrypt hash": ("admin:$2b$10$saltsaltZm9vYmFyYmF6", "Zm9vYmFyYmF6"),
    "a boot loader's hash": ("root grub.pbkdf2.sha512.10000.AB12.CD34", "CD34"),
    "a wireless key": ("    wpa-psk hunter22", "hunter22"),
    "a wireless key of a supplicant": ('psk="hunter 22"', "22"),
    "a tunnel's shared key": ("PresharedKey = aHVudGVyMg==", "aHVudGVyMg"),
    "a JSON web token": ("got eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl", "c2lnbmF0dXJl"),
}


@pytest.mark.parametrize(("text", "secret"), LEAKY.values(), ids=LEAKY.keys())
def test_a_secret_known_by_its_pattern_is_masked(text: str, secret: str) -> None:
    assert secret not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "guest media (104) moved from pve to home",
        "UPID:pve:0012AB34:0F00BA42:65A1B2C3:qmstart:104:root@pam!watch:",
        "/api2/json/nodes/pve/qemu/104/status/current took 38 ms",
        "token jarvis@pve!watch lacks Sys.Audit on /nodes/pve",
        f"session {UUID} ended",
        "the password was refused three times",
        "https://192.0.2.11:8006 answers again after 38 s",
        "host=AA:BB:CC certificate changed",
        "PWD=/srv OLDPWD=/etc SSH_AUTH_SOCK=/run/agent KEYMAP=de COMPASS=north BYPASS=1",
        "PROXMOX_TOKEN_ID=jarvis@pve!watch and LC_KEY_ID=3",
        'NAME="sda" PKNAME="" SIZE="4T" KNAME="sda"',
        "bad token: expected a brace, passed: 12, pass: 3 of 4, key: value",
        "awk '{print $5$6}' and echo $1$2, it costs $5 to $6",
        '{"tokens": 12, "max_tokens": 900, "key": "name", "pass": 3, "tokenid": "watch"}',
        "guess(text, chars_per_token=3.5)",
        "sort_key=size primary_key: id monkey=1 bypass=2",
        "the keyring is gone, the passage to psk is open",
        "authkey.pub and authorized_keys changed",
    ],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert Redactor().text(text) == text


def test_the_token_s_name_stays_readable_beside_its_masked_secret() -> None:
    shown = Redactor().text(f"PVEAPIToken=jarvis@pve!watch={UUID}")

    assert shown == f"PVEAPIToken=jarvis@pve!watch={MASK}"


@pytest.mark.parametrize(
    "written",
    [SECRET, repr(SECRET), json.dumps(SECRET), "tr0ub4dor%263%27x", f"({SECRET})", f"a{SECRET}b"],
)
def test_a_secret_known_by_value_is_found_however_it_is_written(written: str) -> None:
    redactor = Redactor.knowing([SecretStr(SECRET), None])

    shown = redactor.text(f"the node said {written}, twice")

    assert "tr0ub4dor" not in shown
    assert shown.startswith("the node said ")


def test_a_very_short_secret_does_not_eat_ordinary_text() -> None:
    assert Redactor.knowing(["a"]).text("a calm day") == "a calm day"


class Credentials(BaseModel):
    user: str
    secret: SecretStr


@dataclass(frozen=True)
class Session:
    user: str
    key: str = field(repr=False)


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError(f"no repr, but {SECRET}")


@pytest.mark.parametrize(
    "value",
    [
        SecretStr(SECRET),
        Credentials(user="root", secret=SecretStr(SECRET)),
        Session(user="root", key=SECRET),
        Broken(),
        {"password": SECRET},
        {"PROXMOX_TOKEN_SECRET": SECRET},
        {"headers": [("Authorization", SECRET)]},
        {"headers": [(b"cookie", SECRET.encode())]},
        {"x-api-key": SECRET, "ticket": SECRET, "access_token": SECRET, "pin": SECRET},
        [{"login": ({"passwd": [SECRET, SECRET]},)}],
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"password": "tr0ub4dor"}}}}}}}},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_secret_known_by_type_or_key_is_masked(value: object) -> None:
    assert "tr0ub4dor" not in json.dumps(Redactor().value(value))


def test_an_absent_secret_still_reads_as_absent() -> None:
    assert Redactor().value({"password": None, "secret_given": True}) == {
        "password": None,
        "secret_given": True,
    }


def test_numbers_stay_numbers_and_json_can_hold_them_all() -> None:
    plain = Redactor().value({"vmid": 104, "cpu": 0.25, "lost": math.nan, "up": True})

    assert plain == {"vmid": 104, "cpu": 0.25, "lost": "nan", "up": True}


def test_long_values_are_bounded_and_say_how_much_is_missing() -> None:
    shown = Redactor().text("word " * 1_000)

    assert len(shown) < TEXT_LIMIT_CHARS + 50
    assert shown.endswith("(3000 more characters)")


def test_a_long_traceback_keeps_both_its_ends() -> None:
    shown = Redactor().trace("the first line\n" + "middle\n" * 10_000 + "the last line")

    assert shown.startswith("the first line")
    assert shown.endswith("the last line")
    assert len(shown) < TRACE_LIMIT_CHARS + 100


def test_long_collections_are_bounded() -> None:
    redactor = Redactor()

    assert redactor.value(list(range(200)))[ITEMS_LIMIT:] == ["… 150 more"]
    assert redactor.value({str(n): n for n in range(200)})["…"] == "150 more"


def test_a_structure_that_contains_itself_ends() -> None:
    loop: dict[str, object] = {"password": SECRET}
    loop["again"] = loop

    assert "tr0ub4dor" not in json.dumps(Redactor().value(loop))


def test_control_characters_cannot_reach_a_terminal() -> None:
    shown = Redactor().text("guest \x1b[2J\x07name\u202e\rback")

    assert shown == "guest \\x1b[2J\\x07name\\u202e\\rback"


@pytest.mark.parametrize(
    "text",
    [
        part * (190_000 // len(part))
        for part in (
            *("a", "a-", "password", "://", "=", "'", "@a!", "PVE:", "?token", "eyJaaaaaaaa."),
            *(
                "A_",
                "A",
                "DB_PASS",
                "DB_PASS=",
                "name: A_PASS\n",
                "\n" * 3 + "a-",
                "'a_token",
                "$6$",
            ),
            *("-----BEGIN PRIVATE KEY-----", "authorization: '", "@a!b=", "://a:", "$argon2id$ "),
        )
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_costs_linear_time(text: str) -> None:
    begun = time.perf_counter()

    Redactor.knowing([SECRET]).text(text)

    assert time.perf_counter() - begun < 2.0, "a pattern backtracks"


NAMES = st.text(max_size=12)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=20)
    | st.just(SECRET)
    | st.just(SECRET.encode())
    | st.just(SecretStr(SECRET))
    | st.text().map(lambda text: f"{text}{SECRET}{text}")
    | st.text().map(lambda text: f"https://root:{SECRET}@{text}")
    | st.builds(Session, user=st.text(), key=st.just(SECRET))
    | st.builds(Credentials, user=st.text(), secret=st.just(SecretStr(SECRET)))
    | st.just(RuntimeError(f"refused: {SECRET}"))
)
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(NAMES | st.just(SECRET), inner, max_size=6)
    ),
    max_leaves=40,
)


@given(NESTED)
def test_no_structure_carries_a_known_secret_through(value: object) -> None:
    plain = Redactor.knowing([SECRET]).value(value)

    written = json.dumps(plain, allow_nan=False, ensure_ascii=False)
    assert SECRET not in written
    assert "tr0ub4dor" not in written


def test_every_secret_of_the_settings_is_known_by_value() -> None:
    fields = Settings.model_fields.items()
    names = [name for name, field in fields if field.annotation == SecretStr | None]
    given = Settings.model_construct(**{name: SecretStr(f"value of {name}") for name in names})

    known = {secret.get_secret_value() for secret in gate_config(given).secrets}

    assert names
    assert known == {f"value of {name}" for name in names}
