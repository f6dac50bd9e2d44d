"""Every type of problem that the API answers with: the catalogue behind ``/problems/NAME`` and the documentation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem; ``title`` is in the answers, ``meaning`` and ``remedy`` are on its page."""

    status: int
    title: str
    meaning: str
    remedy: str


PROBLEM_TYPES: dict[str, ProblemType] = {
    "malformed": ProblemType(
        400,
        "The body is no JSON",
        "The body could not be parsed; `detail` says where.",
        "Send one JSON document in UTF-8.",
    ),
    "duplicate-name": ProblemType(
        400,
        "A name stands twice in one object",
        "An object of the body gives a name more than once, and nobody can know which of the two was meant. "
        "Nothing was written.",
        "Send each name once; `errors` has the pointer of each.",
    ),
    "too-deep": ProblemType(
        400,
        "The body is nested too deeply",
        "Objects and lists lie more than 100 levels deep in each other.",
        "Flatten the document.",
    ),
    "no-token": ProblemType(
        401,
        "No valid token",
        "The request carries no token, or one that is unknown, revoked, or of a connection that is no longer "
        "configured. Which of these it is, is not told.",
        "Send `Authorization: Bearer TOKEN`; `crossdock tokens create --connection NAME` makes a token.",
    ),
    "bad-signature": ProblemType(
        401,
        "The delivery is not what the remote system signed",
        "The signature of a webhook's delivery is missing, is not that of its body, or is too old. Nothing was kept.",
        "Check the secret of the webhook on both sides, and the clock of this machine.",
    ),
    "another-connection": ProblemType(
        403,
        "The token stands for another connection",
        "`X-ConnectionId` names another connection than the token's.",
        "Leave the header out, or use a token of that connection.",
    ),
    "operators-only": ProblemType(
        403,
        "Only an operator may do this",
        "The token acts as a connection, and this needs the role `operator`.",
        "`crossdock tokens create --connection NAME --role operator` makes a token that may.",
    ),
    "not-owned": ProblemType(
        403,
        "The write touches what the caller does not own",
        "Custom data entries and ids belong to the connection that they name. The whole write was refused; `errors` "
        "lists each offending place with its owner and what was tried.",
        "Leave these keys out, or as they are; their owner or an operator can change them.",
    ),
    "not-found": ProblemType(
        404,
        "There is nothing here",
        "There is no such address, or nothing with this id.",
        "Check the address; ids never change, and a deleted record stays deleted.",
    ),
    "method-not-allowed": ProblemType(
        405,
        "The address does not know this method",
        "The address exists, but not with this method.",
        "The header `Allow` lists the methods that it knows.",
    ),
    "too-slow": ProblemType(
        408,
        "The body came too slowly",
        "The body was not there within the time that `[serve] request_timeout` allows.",
        "Send the request again, faster, or send less at once.",
    ),
    "remote-id-taken": ProblemType(
        409,
        "Another record has this remote id",
        "Within one connection and record type, a remote id belongs to one record.",
        "Read the record that has it, and write to that one.",
    ),
    "entries-stand": ProblemType(
        409,
        "Entries of connections stand on the record",
        "With the record, custom data would be lost that connections have written; `errors` lists each entry with its "
        "owner.",
        "Let the owners delete their entries, or repeat the request with `?force=true`.",
    ),
    "entry-exists": ProblemType(
        409,
        "There is such an entry already",
        "POST only creates entries of custom data, and there is one under this dictionary key.",
        "PUT to the address in `Location` changes it.",
    ),
    "version-conflict": ProblemType(
        412,
        "The record was changed meanwhile",
        "The record has another version than `If-Match` names.",
        "Read the record again, apply the change to what it is now, and send that with its new ETag.",
    ),
    "too-large": ProblemType(
        413,
        "The body is too large",
        "The body has more bytes than `[serve] max_body_mb` allows.",
        "Send less at once, or let the operator raise the limit.",
    ),
    "not-json": ProblemType(
        415,
        "The body must be JSON",
        "The request has a body that is not declared as JSON.",
        "Send `Content-Type: application/json`.",
    ),
    "bad-parameter": ProblemType(
        422,
        "A parameter is not as it must be",
        "`errors` names each parameter and what is wrong with it.",
        "Correct the parameters; `/docs` shows what each may be.",
    ),
    "invalid": ProblemType(
        422,
        "The content is not valid",
        "The body is JSON, but not what it must be here; `errors` has every problem with its pointer. "
        "Nothing was written.",
        "Correct every place that is named.",
    ),
    "over-limit": ProblemType(
        422,
        "Custom data breaks a limit",
        "What remote systems allow of custom data is configured, and entries of the body go beyond it; `errors` names "
        "each entry, the limit and by how much. Nothing was written.",
        "Shorten the entries or leave them out; `crossdock limits show NAME` explains each limit.",
    ),
    "key-reused": ProblemType(
        422,
        "The Idempotency-Key belongs to another request",
        "The key came before, within 24 hours, with another request. Nothing was written.",
        "Send a new key with a new request, and the same key only with the very same one.",
    ),
    "headers-too-large": ProblemType(
        431,
        "The header is too large",
        "The request line and the header fields have more than 64 KiB together.",
        "Send a shorter address and fewer fields.",
    ),
    "refused": ProblemType(
        400,
        "The request was refused",
        "The request is no valid HTTP.",
        "Check what the client sends.",
    ),
    "fault": ProblemType(
        500,
        "Crossdock failed",
        "This was not foreseen, so it is a fault of Crossdock or of a plugin.",
        "The operator finds the details in the log, under the id of the request (`instance`).",
    ),
    "too-many-requests": ProblemType(
        429,
        "Too many requests",
        "The token has sent more requests within a second than `[serve] requests_per_second` allows. Nothing was done.",
        "Send the same request again after the seconds of `Retry-After`, and fewer at once.",
    ),
    "busy": ProblemType(
        503,
        "Try again later",
        "The store is locked or cannot be reached just now. Nothing was written.",
        "Send the same request again after the seconds of `Retry-After`.",
    ),
    "too-many": ProblemType(
        503,
        "Too many connections",
        "There are as many connections as `[serve] connections` allows.",
        "Close connections that are not needed, and try again after the seconds of `Retry-After`.",
    ),
    "not-ready": ProblemType(
        503,
        "Not ready",
        "The store does not answer.",
        "Wait; the operator finds the reason in the log.",
    ),
}
