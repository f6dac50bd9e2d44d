"""What POST, PUT and DELETE answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from crossdock.testing import Response

from . import goods, refunds, webhook, write
from .reading import (
    CUSTOMER,
    ORDER,
    PRODUCT,
    VARIATION,
    WEBHOOK,
    Call,
    answer,
    find_customer,
    find_note,
    find_order,
    find_product,
    find_variation,
    find_webhook,
    order_of_part,
)
from .refusal import Refusal
from .wire import Document, parse

EDITING = ("POST", "PUT", "PATCH")
NO_BIN = "woocommerce_rest_trash_not_supported"


def document_of(call: Call) -> Document:
    """Return the JSON object of a request; no body is an empty one.

    Raises:
        Refusal: 400, the body is no JSON object or holds half a surrogate pair.
    """
    if not call.request.body:
        return {}
    try:
        found = parse(call.request.body)
        json.dumps(found, ensure_ascii=False, default=lambda number: number.text).encode()  # finds lone surrogates
    except ValueError as error:
        raise _invalid_json(str(error)) from None
    return found if isinstance(found, dict) else {}


def _invalid_json(reason: str) -> Refusal:
    return Refusal("rest_invalid_json", "Invalid JSON body passed.", 400, json_error_code=4, json_error_message=reason)


def _created(call: Call, document: Document) -> Response:
    scheme = "https" if call.request.secure else "http"
    home = f"{scheme}://{call.request.headers.get('host', 'shop.example')}{call.request.path}"
    return answer(document, 201, {"Location": f"{home}/{document['id']}"})


def _force(call: Call, resource: str) -> None:
    if not call.flag("force"):
        raise Refusal(NO_BIN, f"{resource} do not support trashing.", 501)


def _create_order(call: Call) -> Response:
    return _created(call, write.create(call.shop, document_of(call)))


def _update_order(call: Call) -> Response:
    return answer(write.update(call.shop, call.number("order"), document_of(call)))


def _delete_order(call: Call) -> Response:
    find_order(call)
    return answer(write.remove(call.shop, call.number("order"), force=call.flag("force")))


def _batch_orders(call: Call) -> Response:
    return answer(write.batch(call.shop, document_of(call)))


def _create_refund(call: Call) -> Response:
    return _created(call, refunds.create(call.shop, call.number("order"), document_of(call)))


def _delete_refund(call: Call) -> Response:
    _force(call, "Refunds")
    return answer(refunds.remove(call.shop, order_of_part(call), call.number("refund")))


def _create_note(call: Call) -> Response:
    order, request = order_of_part(call), document_of(call)
    if not request.get("note"):
        raise Refusal("rest_missing_callback_param", "Missing parameter(s): note", 400, params=["note"])
    shown = bool(request.get("customer_note"))
    return _created(call, call.shop.add_note(order, str(request["note"]), customer_note=shown, author="admin"))


def _delete_note(call: Call) -> Response:
    note = find_note(call)
    _force(call, "Notes")
    call.shop.notes[call.number("order")].remove(note)
    return answer(note)


def _create_product(call: Call) -> Response:
    return _created(call, goods.create_product(call.shop, document_of(call)))


def _update_product(call: Call) -> Response:
    table = call.shop.products
    return answer(goods.update(call.shop, table, "product", table.document(find_product(call)), document_of(call)))


def _delete_product(call: Call) -> Response:
    table = call.shop.products
    row = find_product(call)
    return answer(goods.remove(call.shop, table, "product", table.document(row), force=call.flag("force")))


def _create_variation(call: Call) -> Response:
    return _created(call, goods.create_variation(call.shop, call.number("product"), document_of(call)))


def _update_variation(call: Call) -> Response:
    table = call.shop.variations
    return answer(goods.update(call.shop, table, "product", table.document(find_variation(call)), document_of(call)))


def _delete_variation(call: Call) -> Response:
    table = call.shop.variations
    row = find_variation(call)
    return answer(goods.remove(call.shop, table, "product", table.document(row), force=call.flag("force")))


def _create_customer(call: Call) -> Response:
    return _created(call, goods.create_customer(call.shop, document_of(call)))


def _update_customer(call: Call) -> Response:
    table = call.shop.customers
    return answer(goods.update(call.shop, table, "customer", table.document(find_customer(call)), document_of(call)))


def _delete_customer(call: Call) -> Response:
    table = call.shop.customers
    row = find_customer(call)
    return answer(goods.remove(call.shop, table, "customer", table.document(row), force=call.flag("force")))


def _create_webhook(call: Call) -> Response:
    return _created(call, webhook.create(call.shop, document_of(call)))


def _update_webhook(call: Call) -> Response:
    return answer(webhook.update(call.shop, find_webhook(call), document_of(call)))


def _delete_webhook(call: Call) -> Response:
    row = find_webhook(call)
    _force(call, "Webhooks")
    document = call.shop.webhooks.document(row)
    call.shop.webhooks.remove(row.id)
    return answer(document)


def _editing(pattern: str, handler: Callable[[Call], Response]) -> list[tuple[str, str, Callable[[Call], Response]]]:
    return [(method, pattern, handler) for method in EDITING]


ROUTES: tuple[tuple[str, str, Callable[[Call], Response]], ...] = (
    ("POST", "/orders", _create_order),
    *_editing(ORDER, _update_order),
    ("DELETE", ORDER, _delete_order),
    *_editing("/orders/batch", _batch_orders),
    ("POST", f"{ORDER}/refunds", _create_refund),
    ("DELETE", ORDER + r"/refunds/(?P<refund>\d+)", _delete_refund),
    ("POST", f"{ORDER}/notes", _create_note),
    ("DELETE", ORDER + r"/notes/(?P<note>\d+)", _delete_note),
    ("POST", "/products", _create_product),
    *_editing(PRODUCT, _update_product),
    ("DELETE", PRODUCT, _delete_product),
    ("POST", f"{PRODUCT}/variations", _create_variation),
    *_editing(VARIATION, _update_variation),
    ("DELETE", VARIATION, _delete_variation),
    ("POST", "/customers", _create_customer),
    *_editing(CUSTOMER, _update_customer),
    ("DELETE", CUSTOMER, _delete_customer),
    ("POST", "/webhooks", _create_webhook),
    *_editing(WEBHOOK, _update_webhook),
    ("DELETE", WEBHOOK, _delete_webhook),
)
