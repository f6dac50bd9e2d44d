"""Whatever the mapping and whatever the payload: nothing is lost, and the ledger can prove it."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from crossdock.mapping.mapper import Mapper, Refusal
from crossdock.mapping.prove import prove
from crossdock.records.wire import dump_json, parse_json
from tests.mapping.building import mapper_of, problems_of
from tests.mapping.mappings import mappings, payloads, refusals

thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def built(text: str) -> Mapper:
    assume(not problems_of(text))
    return mapper_of(text)


@thorough
@given(mappings(), st.lists(payloads(), min_size=1, max_size=3), refusals())
def test_every_payload_is_proved(text: str, some: list[dict[str, Any]], refused: set[Refusal]) -> None:
    mapper = built(text)
    for one in some:
        payload = parse_json(dump_json(one))
        for given_refusals in (set(), refused):
            mapped = mapper.map(payload, given_refusals)
            assert mapped.ledger.balances
            assert prove(mapper, payload, mapped) == []
