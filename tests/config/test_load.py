"""What a valid configuration becomes, and what keeps single connections from running."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from crossdock.config import Config, Redactor, RemoteConfig, RetentionConfig, ServeConfig, StoreConfig
from crossdock.config.subscription import EVENT_KINDS
from crossdock.config.tables import PluginsTable
from crossdock.errors import ConfigError
from tests.config.example_plugin import SetTextSettings, ShopSettings
from tests.config.loading import ENVIRON, load

ID = "5377568eb7e165e3b38af6eece4a0001"
OTHER_ID = "5377568eb7e165e3b38af6eece4a0002"
SANDBOX = f"""
[[connection]]
id = "{ID}"
name = "demo"
connector = "shop"
settings = {{ url = "sandbox:" }}
"""
REAL = f"""
[[connection]]
id = "{OTHER_ID}"
name = "real"
connector = "shop"
[connection.settings]
url = "https://shop.example"
consumer_key = {{ env = "SHOP_KEY" }}
consumer_secret = {{ file = "secret.txt" }}
port = {{ env = "SHOP_PORT" }}
statuses = ["completed", "processing"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("cs_canary-file\n")
    return tmp_path


def shop_settings(config: Config, name: str = "real") -> ShopSettings:
    settings = config.connection(name).settings
    assert isinstance(settings, ShopSettings)
    return settings


def test_an_empty_file_is_a_valid_configuration(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert config.connections == ()
    assert config.store.url == f"sqlite:///{tmp_path}/crossdock.db"
    assert config.retention == RetentionConfig()
    assert list(config.plugins.connectors) == ["shop", "mail"]


def test_a_connection_without_an_import_table_imports_orders(tmp_path: Path) -> None:
    connection = load(tmp_path, SANDBOX).connection("demo")
    assert list(connection.imports) == ["order"]
    order = connection.imports["order"]
    assert (order.record_type, order.lookback, order.page_size) == ("order", timedelta(minutes=10), None)
    assert order.manipulators == ()
    assert order.mapping.record_type == "order"
    assert connection.remote.retries == 6


def test_imports_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = SANDBOX + '[connection.import.product]\npage_size = 50\n[connection.import.order]\nlookback = "1h30m"\n'
    imports = load(tmp_path, text).connection("demo").imports
    assert list(imports) == ["product", "order"]
    assert imports["product"].page_size == 50
    assert imports["order"].lookback == timedelta(minutes=90)


def test_a_connection_is_found_by_name_and_by_id_and_a_wrong_name_says_which_are_there(tmp_path: Path) -> None:
    config = load(tmp_path, SANDBOX)
    assert config.connection("demo") is config.connection(ID)
    with pytest.raises(ConfigError, match=r"there is no connection 'dmeo'; did you mean 'demo'\?"):
        config.connection("dmeo")
    with pytest.raises(ConfigError, match="there is no connection 'elsewhere'; known: demo"):
        config.connection("elsewhere")


# --- references -------------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment_and_from_files(folder: Path) -> None:
    settings = shop_settings(load(folder, REAL))
    assert settings.consumer_key.get_secret_value() == "ck_canary-key"
    assert settings.consumer_secret.get_secret_value() == "cs_canary-file"
    assert settings.port == 8443  # what comes as text becomes what the setting is
    assert settings.statuses == ("completed", "processing")


def test_secret_values_are_known_to_whoever_redacts(folder: Path) -> None:
    config = load(folder, REAL + '[connection.remote]\nproxy = "http://p.example"\nproxy_auth = { env = "AUTH" }\n',
                  ENVIRON | {"AUTH": "me:proxy-canary"})  # fmt: skip
    assert {"ck_canary-key", "cs_canary-file", "me:proxy-canary", "proxy-canary"} <= set(config.secrets)
    assert "8443" not in config.secrets


def test_nothing_that_prints_a_configuration_prints_a_secret(folder: Path) -> None:
    config = load(folder, REAL)
    assert "canary" not in repr(config) + str(config.connections[0].settings) + repr(config.connections[0].remote)


MISSING = [  # setting, what is missing
    ('consumer_key = { env = "SHOP_KEX" }', "the environment variable 'SHOP_KEX' is not set; did you mean 'SHOP_KEY'?"),
    (
        'consumer_key = { env = "ELSEWHERE" }',
        "the environment variable 'ELSEWHERE' is not set; set it before you start, such as: export ELSEWHERE=...",
    ),
    ('consumer_key = { env = "EMPTY" }', "the environment variable 'EMPTY' is empty"),
    (
        'consumer_key = { env = "${SHOP_KEY}" }',
        "an environment variable is named without '$'; write { env = \"SHOP_KEY\" }",
    ),
    ('consumer_key = { file = "gone" }', "there is no file '{}/gone'; create it with nothing but the value in it"),
    ('consumer_key = { file = "empty" }', "the file '{}/empty' is empty"),
    ('consumer_key = { file = "latin1" }', "the file '{}/latin1' is no UTF-8 text"),
    ('consumer_key = { file = "." }', "the file '{}' cannot be read: Is a directory"),
]


@pytest.mark.parametrize(("line", "complaint"), MISSING)
def test_a_missing_value_stops_its_own_connection_and_no_other(folder: Path, line: str, complaint: str) -> None:
    (folder / "empty").write_text("\n")
    (folder / "latin1").write_bytes(b"\xfc")
    config = load(folder, SANDBOX + REAL.replace('consumer_key = { env = "SHOP_KEY" }', line))
    assert config.connection("demo").problems == ()
    real = config.connection("real")
    assert real.settings is None
    (problem,) = real.problems
    assert (
        str(problem)
        == f"{folder}/plugins.toml:14:16: 'consumer_key' has no value: {complaint.replace('{}', str(folder))}"
    )
    assert config.problems == (problem,)
    with pytest.raises(ConfigError, match="'consumer_key' has no value"):
        real.ready()


def test_besides_a_missing_value_everything_else_is_still_checked(folder: Path) -> None:
    text = REAL.replace("SHOP_KEY", "GONE").replace("https://shop.example", "shop.example")
    with pytest.raises(ConfigError, match="is no address") as caught:
        load(folder, text)
    assert [problem.line for problem in caught.value.problems] == [7, 8]


def test_a_missing_proxy_password_stops_its_own_connection(folder: Path) -> None:
    config = load(folder, REAL + '[connection.remote]\nproxy_auth = { env = "GONE" }\n')
    assert [problem.message.partition(";")[0] for problem in config.problems] == [
        "'proxy_auth' has no value: the environment variable 'GONE' is not set"
    ]


def test_a_store_with_a_password_comes_by_reference_and_the_password_is_a_secret(tmp_path: Path) -> None:
    url = "postgresql://me:canary-pw@db.example/x"
    config = load(tmp_path, '[store]\nurl = { env = "STORE" }', {"STORE": url})
    assert config.store.url == url
    assert "canary-pw" in config.secrets


def test_what_is_too_old_may_go(tmp_path: Path) -> None:
    config = load(tmp_path, '[retention]\npayloads = "90d"\nhistory = "forever"\n')
    assert config.retention == RetentionConfig(payloads=timedelta(days=90))
    with pytest.raises(ConfigError, match='neither "forever" nor a duration such as "90d"'):
        load(tmp_path, '[retention]\nruns = "long"\n')


STORES = [  # written, where records are kept
    ("sqlite:///data/x.db", "sqlite:///{}/data/x.db"),
    ("sqlite:////var/lib/x.db", "sqlite:////var/lib/x.db"),
    ("sqlite:///x.db?timeout=5", "sqlite:///{}/x.db?timeout=5"),
    ("sqlite:///:memory:", "sqlite:///:memory:"),
    ("sqlite://", "sqlite://"),
    ("postgresql+psycopg://db.example/x", "postgresql+psycopg://db.example/x"),
]


@pytest.mark.parametrize(("url", "expected"), STORES)
def test_a_sqlite_file_lies_relative_to_the_configuration(tmp_path: Path, url: str, expected: str) -> None:
    assert load(tmp_path, f'[store]\nurl = "{url}"').store.url == expected.replace("{}", str(tmp_path))


# --- sandboxes --------------------------------------------------------------------------------------------------------


def test_a_sandbox_needs_no_secrets_and_gets_its_settings_when_it_is_started(tmp_path: Path) -> None:
    connection = load(tmp_path, SANDBOX).connection("demo")
    assert connection.sandbox
    assert connection.settings is None
    assert connection.problems == ()
    values = {"url": "http://127.0.0.1:8080", "consumer_key": "ck_x", "consumer_secret": "cs_x"}
    settings = connection.settings_with(values)
    assert isinstance(settings, ShopSettings)
    assert settings.url == "http://127.0.0.1:8080"


def test_a_sandbox_may_have_plain_secrets_and_references_to_nothing(tmp_path: Path) -> None:
    settings = '{ url = "sandbox:", consumer_key = "ck_plain", consumer_secret = { env = "GONE" } }'
    connection = load(tmp_path, SANDBOX.replace('{ url = "sandbox:" }', settings)).connection("demo")
    assert connection.problems == ()
    started = connection.settings_with({"url": "http://127.0.0.1:1", "consumer_secret": "cs_x"})
    assert isinstance(started, ShopSettings)
    assert started.consumer_key.get_secret_value() == "ck_plain"


def test_a_sandbox_that_leaves_a_setting_out_says_which(tmp_path: Path) -> None:
    connection = load(tmp_path, SANDBOX).connection("demo")
    with pytest.raises(ConfigError, match="connector 'shop' lacks 'consumer_key'"):
        connection.settings_with({"url": "http://127.0.0.1:1", "consumer_secret": "cs_x"})


def test_a_real_connection_is_ready_as_it_stands(folder: Path) -> None:
    connection = load(folder, REAL).connection("real")
    assert not connection.sandbox
    assert connection.ready() == connection.settings == connection.settings_with({})


# --- the chain --------------------------------------------------------------------------------------------------------

CHAIN = (
    SANDBOX
    + """
[connection.import.order]
manipulators = [
  { use = "set-text", field = "channel", value = "web" },
  { use = "reads", file = "table.csv", when = "currency == 'SEK'" },
]
"""
)


def test_steps_are_built_in_the_configured_order(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a")
    first, second = load(tmp_path, CHAIN).connection("demo").imports["order"].manipulators
    assert (first.name, first.when, first.condition) == ("set-text", None, None)
    assert first.settings == SetTextSettings(field="channel", value="web")
    assert (first.place.line, first.place.column) == (10, 3)
    assert second.name == "reads"
    assert second.condition is not None
    assert second.when is not None
    assert second.when({"currency": "SEK"}) is True
    assert second.files == (tmp_path / "table.csv",)


# --- the hash ---------------------------------------------------------------------------------------------------------


def order_hash(folder: Path, text: str) -> str:
    return load(folder, text).connection("demo").imports["order"].hash


def test_the_snapshot_says_everything_that_decides_and_no_setting_of_the_connection(folder: Path) -> None:
    (folder / "table.csv").write_text("a")
    order = load(folder, CHAIN.replace('"sandbox:"', '"sandbox:", consumer_key = "ck_canary"')).connections[0]
    snapshot = order.imports["order"].snapshot
    assert "canary" not in snapshot
    assert str(folder) not in snapshot
    content = json.loads(snapshot)
    assert content["plugins"] == {
        "shop": "example-plugins 1.0",
        "set-text": "example-plugins 1.0",
        "reads": "example-plugins 1.0",
    }
    assert [step["use"] for step in content["manipulators"]] == ["set-text", "reads"]
    assert content["manipulators"][1]["when"] == "currency == 'SEK'"
    assert content["mapping"][0]["fields"]["currency"] == "currency"


SAME = [  # what makes no difference
    (SANDBOX, SANDBOX + "[connection.import.order]\n"),
    (SANDBOX, SANDBOX.replace('"demo"', '"demo" # renamed')),
    (SANDBOX, SANDBOX + '[connection.import.order]\nlookback = "1h"\npage_size = 5\n'),
    (SANDBOX, SANDBOX + "[connection.remote]\nretries = 1\n"),
    (SANDBOX, SANDBOX + "[connection.import.order]\n[connection.import.product]\n"),
]
DIFFERENT = [  # what does
    (SANDBOX, SANDBOX + '[connection.import.order.mapping]\nchannel = "source"\n'),
    (SANDBOX, SANDBOX + '[connection.import.order.drop]\nagent = "not needed"\n'),
    (SANDBOX, SANDBOX + '[connection.import.order.redact]\nagent = "personal"\n'),
    (SANDBOX, CHAIN),
    (CHAIN, CHAIN.replace('"web"', '"shop"')),
    (CHAIN, CHAIN.replace("SEK", "EUR")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_hash_stays_when_payloads_are_treated_the_same(tmp_path: Path, one: str, other: str) -> None:
    assert order_hash(tmp_path, one) == order_hash(tmp_path, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_the_hash_changes_when_payloads_are_treated_otherwise(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "table.csv").write_text("a")
    assert order_hash(tmp_path, one) != order_hash(tmp_path, other)


def test_the_hash_follows_the_files_that_a_step_reads(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a")
    before = order_hash(tmp_path, CHAIN)
    (tmp_path / "table.csv").write_text("b")
    assert order_hash(tmp_path, CHAIN) != before


SUBSCRIPTION = """
[[subscription]]
name = "erp-events"
url = "https://erp.example/events"
secret = { env = "SIGNING_SECRET" }
"""


def test_a_subscription_hears_of_everything_unless_it_says_less(tmp_path: Path) -> None:
    (everything,) = load(tmp_path, SUBSCRIPTION).subscriptions
    assert all(everything.concerns(kind, "order") for kind in EVENT_KINDS)
    (few,) = load(tmp_path, SUBSCRIPTION + 'events = ["record.created"]\nrecord_types = ["product"]\n').subscriptions
    told = [(kind, name) for kind in EVENT_KINDS for name in ("order", "product") if few.concerns(kind, name)]
    assert told == [("record.created", "product")]


def test_a_subscription_may_stand_for_a_connection_by_name_or_id(tmp_path: Path) -> None:
    for written in ("demo", ID):
        (found,) = load(tmp_path, SANDBOX + SUBSCRIPTION + f'connection = "{written}"\n').subscriptions
        assert (found.connection_id, found.own_changes) == (ID, False)


def test_the_signing_secret_is_known_to_the_redactor_with_and_without_its_prefix(tmp_path: Path) -> None:
    config = load(tmp_path, SUBSCRIPTION)
    secret = ENVIRON["SIGNING_SECRET"]
    redactor = Redactor(config.secrets)
    assert redactor.text(f"{secret} {secret.removeprefix('whsec_')}") == "[redacted] [redacted]"
    assert "Y2FuYXJ5" not in repr(config)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/events",
        "http://127.0.0.1/",
        "http://[::1]:9000/",
        "http://10.1.2.3/",
        "http://erp/events",
        "http://erp.internal/",
    ],
)
def test_plain_http_reaches_the_own_network(tmp_path: Path, url: str) -> None:
    (found,) = load(tmp_path, SUBSCRIPTION.replace("https://erp.example/events", url)).subscriptions
    assert found.url == url


def test_events_for_a_subscription_without_its_secret_are_kept(tmp_path: Path) -> None:
    config = load(tmp_path, SUBSCRIPTION.replace("SIGNING_SECRET", "GONE"))
    (found,) = config.subscriptions
    assert found.concerns("record.created", "order")
    assert config.problems == found.problems
    assert "'secret' has no value: the environment variable 'GONE' is not set" in str(found.problems[0])


def test_a_receiver_may_have_a_proxy_and_certificates(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("")
    remote = 'remote = { proxy = "http://p.example", proxy_auth = { env = "SHOP_SECRET" }, ca_bundle = "own.pem" }\n'
    (found,) = load(tmp_path, SUBSCRIPTION + remote).subscriptions
    assert found.remote.ca_bundle == tmp_path / "own.pem"
    assert found.remote.proxy_auth is not None
    (poorer,) = load(tmp_path, SUBSCRIPTION + remote.replace("SHOP_SECRET", "GONE")).subscriptions
    assert poorer.remote.proxy_auth is None
    assert len(poorer.problems) == 1


@pytest.mark.parametrize("model", [PluginsTable, RemoteConfig, RetentionConfig, ServeConfig, StoreConfig])
def test_a_table_that_is_absent_is_what_an_empty_one_would_be(model: type[BaseModel]) -> None:
    # Scope.read_own builds it without validation, and so without the schema that would take longest.
    absent, empty = model.model_construct(), model.model_validate({}, strict=True)
    assert absent == empty
    assert {name: type(value) for name, value in absent} == {name: type(value) for name, value in empty}
