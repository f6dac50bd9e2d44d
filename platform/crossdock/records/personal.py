"""The mark of fields that are about a person. A field is marked where it is declared, and nowhere else.

What is marked is replaced when a person's data are erased. What kind of value it is decides how it is looked for
elsewhere: an e-mail address says by itself whose it is, a family name does not.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from crossdock.records.values import HexId

ERASED = "[erased]"

# email: alone says who it is. phone, street, name: say it in a text of which one knows whose it is. firstName and
# lastName: say it together. text: says it to who reads it.
PersonalKind: TypeAlias = Literal["email", "phone", "street", "name", "firstName", "lastName", "text"]


class Personal(Struct, frozen=True):
    """Marks a type of field values as personal."""

    kind: PersonalKind


Email: TypeAlias = Annotated[str, Personal("email")]
Phone: TypeAlias = Annotated[str, Personal("phone")]
Street: TypeAlias = Annotated[str, Personal("street")]
FirstName: TypeAlias = Annotated[str, Personal("firstName")]
LastName: TypeAlias = Annotated[str, Personal("lastName")]
OtherName: TypeAlias = Annotated[str, Personal("name")]
PersonalText: TypeAlias = Annotated[str, Personal("text")]
PersonalMap: TypeAlias = Annotated[dict[HexId, str], Personal("text")]
