"""A shop, Crossdock and an ERP as processes of their own: a change in the shop reaches the ERP, whatever dies."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from crossdock.testing.sandbox import Request, Response, SandboxOptions
from tests.events.receiving import SECRET, Receiver, receiving
from tests.woocommerce.shop_client import Shop, running
from tests.woocommerce.test_webhook import SECRET as HOOK_SECRET

from .process import SHOP_ID, Folder

ERP_ID = "5377568eb7e165e3b38af6eece4a0002"
CONFIG = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "shop"
connector = "woocommerce"
[connection.settings]
url = "SHOP"
consumer_key = {{ env = "KEY" }}
consumer_secret = {{ env = "SECRET" }}
webhook_secret = {{ env = "HOOK_SECRET" }}

[[connection]]
id = "{ERP_ID}"
name = "erp"
connector = "api"

[[subscription]]
name = "erp-events"
url = "ERP"
secret = {{ env = "EVENTS_SECRET" }}
events = ["record.created", "record.updated", "customData.changed"]
connection = "erp"
"""


@dataclass
class Scene:
    """The three of them."""

    folder: Folder
    shop: Shop
    erp: Receiver
    token: str

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """Run ``crossdock serve``; it is killed at the end."""
        with self.folder.start("serve", "--port", str(port), stderr=subprocess.DEVNULL) as process:
            try:
                assert process.stdout is not None
                found = re.search(r"serving (http://\S+),", process.stdout.readline())
                assert found is not None
                yield process, found[1]
            finally:
                process.kill()

    def hook(self, address: str) -> None:
        """Set up the webhook in the shop."""
        body = {"topic": "order.updated", "delivery_url": f"{address}/hooks/shop", "secret": HOOK_SECRET}
        assert self.shop.post("/webhooks", body).status_code == 201
        assert self.shop.sandbox.shop.deliveries.settle()

    def change(self, note: str) -> str:
        """Change the first order in the shop and give its number."""
        number = str(self.shop.ids()[0])
        self.shop.clock.tick()
        assert self.shop.put(f"/orders/{number}", {"customer_note": note}).status_code == 200
        assert self.shop.sandbox.shop.deliveries.settle()
        return number

    def notes(self) -> list[str]:
        """The notes of which the ERP was told, in order."""
        return [event["data"]["record"]["customerNote"] for event in self.erp.events]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with running(SandboxOptions(records=3)) as shop, receiving() as (erp, address):
        shop.sandbox.shop.deliveries.delay = 0
        variables = {"KEY": "ck_1", "SECRET": "cs_1", "HOOK_SECRET": HOOK_SECRET, "EVENTS_SECRET": SECRET}
        folder = Folder(tmp_path, variables)
        folder.write(CONFIG.replace("SHOP", shop.server.url).replace("ERP", address))
        token = folder.fine("tokens", "create", "--connection", "erp").out.strip()
        yield Scene(folder, shop, erp, token)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_change_in_the_shop_reaches_the_erp_whose_answer_is_not_told_back(scene: Scene) -> None:
    with scene.serving() as (process, address):
        scene.hook(address)
        scene.change("as a gift")
        scene.erp.wait_for(1)
        [event] = scene.erp.events
        assert (event["type"], event["data"]["actor"]["name"]) == ("record.created", "shop")
        local_id = event["data"]["localId"]
        answer = requests.put(
            f"{address}/api/order/{local_id}",
            json={"remoteIdMap": {ERP_ID: "E-1"}},
            headers={"Authorization": f"Bearer {scene.token}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        scene.change("not as a gift")
        scene.erp.wait_for(2)
        assert [one["path"] for one in scene.erp.events[1]["data"]["changes"]] == ["customerNote"]
        assert scene.erp.events[1]["data"]["record"]["remoteIdMap"][ERP_ID] == "E-1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert scene.notes() == ["as a gift", "not as a gift"]
    assert scene.folder.fine("events", "list").out == "no event waits\n"


def test_what_was_taken_before_serve_was_killed_arrives_after_it(scene: Scene) -> None:
    def gone(_request: Request) -> Response:
        return Response(503)

    scene.erp.answer, fine = gone, scene.erp.answer
    with scene.serving() as (_process, address):
        scene.hook(address)
        scene.change("first")
        wait_until(lambda: any(event["attempts"] for event in scene.folder.fine("events", "list", "--json").json))
    port = int(address.rpartition(":")[2])
    scene.erp.answer = fine
    with scene.serving(port):
        scene.change("second")
        wait_until(lambda: scene.notes()[-1:] == ["second"])
    assert scene.notes() == ["first", "second"]
