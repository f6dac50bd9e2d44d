"""Detects drift in the payloads of one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossdock.drift.finding import Finding, Key
from crossdock.drift.known import TYPES, Known, Node, Steps
from crossdock.drift.look import Difference, Look
from crossdock.drift.place import Places
from crossdock.drift.policy import DriftPolicy
from crossdock.drift.schema import compile_known
from crossdock.mapping.definition import Mapping
from crossdock.mapping.leaves import pointer
from crossdock.records.wire import dump_json

if TYPE_CHECKING:
    from crossdock.drift.proposal import Proposer

WORTH_IT = 20
"""How many payloads must have been looked at before what is known is compiled, which takes as long."""
ALL_COUNTED = 20
OFTEN = 100
SELDOM = 500
SETTLED = 1_000
"""The first payloads all have their paths counted, then one in so many, and after a thousand payloads one in more."""
USUAL = 0.05
"""The share of payloads that must have had a path for it to be missed."""
MISSED = 20
"""How many payloads with a path must have been due, by its share, before it has vanished."""
MOST_FINDINGS = 500
MOST_FOLLOWED = 50
MOST_WAITING = 2_000
"""How many findings may wait to be accepted; where nothing becomes known, each payload may bring more."""
_LONGEST_EXAMPLE = 60


class Detector:
    """Compares payloads with what is known, and learns.

    Args:
        mapping: says which paths are left out, which are key/value lists, and what takes a path.
        known: what is known of payloads before; it grows.
        policy: what is done about differences.
        told: what was told in runs before.
        redact: takes secret values out of examples.

    ``payloads`` is how many it has compared, ``findings`` are the first, ``further`` how many came after them.
    """

    def __init__(
        self,
        mapping: Mapping,
        known: Known,
        policy: DriftPolicy = "warn",
        told: Collection[Finding] = (),
        redact: Callable[[str], str] = str,
    ) -> None:
        self.known = known
        self.policy = policy
        self.findings: dict[Key, Finding] = {}
        self.further = 0
        self._places = Places(mapping)
        self._mapping = mapping
        self._look = Look(known, self._places, learns=policy not in ("quarantine", "fail"))
        self._told = {finding.key: finding for finding in told}
        self._redact = redact
        self._fits: Callable[[dict[str, Any]], bool] | None = None
        self._looks, self._next_compile = 0, WORTH_IT
        self.payloads = 0
        self._counted = known.counted
        self._unsaved: list[Finding] = []
        self._followed: list[Finding] = []
        self._waiting: dict[int, tuple[Steps, Node]] = {}
        if known.learned and policy != "accept":
            self._waiting = {id(node): (steps, node) for steps, node in known.walk() if self._is_usual(steps, node)}

    def compare(self, payload: dict[str, Any], remote_id: str | None) -> list[Finding]:
        """Compare one payload; gives what keeps it from being imported, which is nothing if the policy lets it."""
        known = self.known
        number = known.payloads
        known.payloads += 1
        self.payloads += 1
        if self._followed:
            self._follow(payload)
        counts = number < ALL_COUNTED or number % (OFTEN if number < SETTLED else SELDOM) == 0
        if not counts and self.payloads > 1 and self._fits is not None and self._fits(payload):
            if self._waiting:
                self._look_out(payload)
            return []
        return self._look_at(payload, remote_id, count=counts)

    def judge(self, payload: dict[str, Any], remote_id: str | None) -> list[Finding]:
        """Compare a payload that was compared before; gives what keeps it from being imported, and counts nothing."""
        if not self.waits or not self.known.learned or (self._fits is not None and self._fits(payload)):
            return []
        return self._take(self._look.at(payload, count=False), payload, remote_id)

    def take_news(self) -> list[Finding]:
        """Give the findings since it was last asked."""
        news, self._unsaved = self._unsaved, []
        return news

    def has_learned(self) -> bool:
        """Tell whether a first run has learned anything since it was last asked."""
        grown, self._look.grown = self._look.grown, False
        return grown and not self.known.learned

    def end(self, *, whole: bool) -> None:
        """Conclude the run: what has been missing for long has vanished.

        ``whole`` says that it read everything there is, or all that has changed, to its end.
        """
        known = self.known
        vanished: dict[Steps, Finding] = {}
        for steps, node in self._waiting.values():
            node.missing += self.payloads
            node.lacking += known.counted - self._counted
            if known.share(node) * node.missing >= MISSED:
                node.gone = True
                if not any(steps[: len(other)] == other for other in vanished):
                    vanished[steps] = self._vanished(steps, node)
        for steps, finding in vanished.items():
            self._rename(steps, finding, list(vanished))
            self._add(finding)
        if whole:
            known.learned = True

    @property
    def waits(self) -> bool:
        """Whether findings keep payloads from being imported."""
        return self.policy in ("quarantine", "fail")

    @cached_property
    def _proposer(self) -> Proposer:
        from crossdock.drift.proposal import Proposer  # noqa: PLC0415 - most runs find nothing

        return Proposer(self._mapping, self._places)

    def _look_at(self, payload: dict[str, Any], remote_id: str | None, *, count: bool) -> list[Finding]:
        self._looks += 1
        differences = self._look.at(payload, count=count)
        for key, node in self._look.met.items():
            node.last = remote_id
            if node.missing or node.gone:
                _is_back(node)
            self._waiting.pop(key, None)
        found = self._take(differences, payload, remote_id) if differences and self.policy != "accept" else []
        if self._looks >= self._next_compile:
            self._looks, self._next_compile = 0, 2 * self._next_compile
            self._fits = compile_known(self.known, self._places)
        return found

    def _take(self, differences: Sequence[Difference], payload: dict[str, Any], remote_id: str | None) -> list[Finding]:
        found = {}
        proposals = None
        for one in differences:
            finding = self._finding(one, remote_id)
            known = self.findings.get(finding.key)
            if known is None and not self._waits_already(finding):
                if len(self.findings) < MOST_FOLLOWED:
                    proposals = proposals or self._proposer.of(payload)
                    finding.lines, finding.proposal = proposals.lines(one), proposals.line(one, self._missing())
                self._add(finding)
            elif known is not None and finding.kind == "path" and finding.detail not in known.detail.split(", "):
                known.detail += f", {finding.detail}"
            if finding.held:
                found[finding.key] = finding
        return list(found.values())

    def _waits_already(self, finding: Finding) -> bool:
        """Whether it was told in an earlier run and nobody has accepted it since."""
        told = self._told.get(finding.key)
        return told is not None and told.held

    def _finding(self, one: Difference, remote_id: str | None) -> Finding:
        example = dump_json(one.value).decode("utf-8", "replace")
        if len(example) > _LONGEST_EXAMPLE:
            example = f"{example[: _LONGEST_EXAMPLE - 3]}..."
        return Finding(
            kind=one.kind,
            path=self._places.written(one.steps),
            steps=one.steps,
            detail=str(one.value) if one.kind == "value" else "" if one.kind == "crowded" else one.type,
            before=", ".join(one.before),
            example="" if one.kind == "crowded" else self._redact(example),
            remote_id=remote_id,
            pointer=pointer(one.path),
            held=self.waits and one.kind != "crowded",
        )

    def _add(self, finding: Finding) -> None:
        waiting = sum(one.held for one in self._told.values()) if finding.held else 0
        if len(self.findings) >= MOST_FINDINGS or waiting + len(self.findings) >= MOST_WAITING:
            self.further += 1
            return
        self.findings[finding.key] = finding
        self._unsaved.append(finding)
        if finding.kind in ("path", "type", "value") and len(self._followed) < MOST_FOLLOWED:
            self._followed.append(finding)

    def _follow(self, payload: dict[str, Any]) -> None:
        """Count a payload for each finding that it has."""
        for finding in self._followed:
            values = self._places.values_at(payload, finding.steps)
            if finding.kind == "path":
                finding.count += any(True for _value in values)
            elif finding.kind == "type":
                finding.count += any(TYPES[type(value)] == finding.detail for value in values)
            else:
                finding.count += any(value == finding.detail for value in values)

    # -- what vanishes ---------------------------------------------------------------------------------------------

    def _is_usual(self, steps: Steps, node: Node) -> bool:
        return not node.gone and self.known.share(node) >= USUAL and not self._places.is_left_out(steps)

    def _look_out(self, payload: dict[str, Any]) -> None:
        """Look for the paths that this run has not had yet: soon they are few."""
        there = [key for key, (steps, _node) in self._waiting.items() if self._places.is_there(payload, steps)]
        for key in there:
            _steps, node = self._waiting.pop(key)
            _is_back(node)

    def _missing(self) -> list[Steps]:
        return [steps for steps, _node in self._waiting.values()]

    def _vanished(self, steps: Steps, node: Node) -> Finding:
        share = self.known.share(node)
        told = "it was in every payload before" if share >= 1 else f"it was in about {share:.0%} of the payloads before"
        return Finding(
            kind="vanished",
            path=self._places.written(steps),
            steps=steps,
            detail=", ".join(sorted(node.types)),
            before=told,
            count=node.missing,
            remote_id=node.last,
            lines=self._proposer.lines_below(steps),
            proposal=self._proposer.silencing(steps),
        )

    def _rename(self, steps: Steps, vanished: Finding, others: Sequence[Steps]) -> None:
        """Say by which name a path that has vanished may have come again, with the line that takes both."""
        new = self._successor(steps, others)
        if new is None:
            return
        vanished.hint = f"perhaps it is called {new.path} now"
        renaming = self._proposer.renaming(new.steps, steps)
        if renaming is None:
            return
        if new.key in self.findings:
            new.lines, new.proposal, vanished.proposal = [renaming.line], renaming.proposal, ""
        else:
            vanished.proposal = renaming.proposal

    def _successor(self, steps: Steps, others: Sequence[Steps]) -> Finding | None:
        """Find the new path that may be a vanished one by another name.

        It is called nearly the same; or it is the only one that came beside it, and no other mapped one is missing.
        """
        from crossdock.drift.proposal import alike, beside  # noqa: PLC0415 - as above

        told = [one for one in (*self.findings.values(), *self._told.values()) if one.kind == "path"]
        for finding in told:
            if alike(finding.steps, steps):
                return finding
        if not self._proposer.places.lines_at(steps):
            return None
        rivals = [one for one in others if beside(one, steps) and self._proposer.places.lines_at(one)]
        came = {one.path: one for one in told if beside(one.steps, steps) and self._takes_over(one, steps)}
        return next(iter(came.values())) if len(rivals) == len(came) == 1 else None

    def _takes_over(self, new: Finding, steps: Steps) -> bool:
        """Whether a new path has the type of one that has vanished, and came when that was last there or later."""
        node, gone = self.known.node_at(new.steps), self.known.node_at(steps)
        if gone is None or gone.types.isdisjoint(new.detail.split(", ")):
            return False
        return new.held if node is None else node.since >= self.known.counted - gone.lacking


def _is_back(node: Node) -> None:
    node.missing = node.lacking = 0
    node.gone = False
