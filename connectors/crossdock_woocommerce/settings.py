"""What a connection to a WooCommerce shop needs to know."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from crossdock import ConnectorSettings

SANDBOX = "sandbox:"


class WooSettings(ConnectorSettings):
    """``[connection.settings]`` of a WooCommerce shop."""

    url: str = Field(
        description="the shop's address, such as https://shop.example, with the folder if WordPress is in one; "
        "sandbox: for the built-in stand-in"
    )
    consumer_key: SecretStr = Field(description="REST API key (ck_...), by reference")
    consumer_secret: SecretStr = Field(description="its secret (cs_...), by reference")
    auth: Literal["auto", "basic", "oauth1", "query"] = Field(
        default="auto",
        description="how the key is sent: basic (https), oauth1 (signed; the only way over plain http), query (https, "
        "for servers that drop the Authorization header); auto finds out",
    )
    api_path: str = Field(default="/wp-json/wc/v3", description="where the REST API lies below the url")
    page_size: int = Field(
        default=100, ge=2, le=100, description="records a request; fewer if the shop runs out of time or memory"
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="the secret of the shop's webhooks, by reference; with it, `crossdock serve` takes deliveries",
    )

    @model_validator(mode="before")
    @classmethod
    def _sandbox_needs_no_key(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("url") == SANDBOX:
            key = SecretStr("sandbox")  # the sandbox tells its own when it is started
            return {"consumer_key": key, "consumer_secret": key, **values}
        return values

    @field_validator("url")
    @classmethod
    def _shop_address(cls, value: str) -> str:
        if value == SANDBOX:
            return value
        parts = urlsplit(value)
        if "@" in parts.netloc or parts.query or parts.fragment:
            message = "only the address belongs here; the key goes into consumer_key and consumer_secret, by reference"
            raise ValueError(message)
        path = parts.path.partition("/wp-json")[0].rstrip("/")
        return f"{parts.scheme}://{parts.netloc}{path}"

    @field_validator("consumer_key", "consumer_secret")
    @classmethod
    def _whole_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text:
            message = "this is empty; is the variable or file that it refers to filled?"
            raise ValueError(message)
        if not (text.isascii() and text.isprintable() and " " not in text):
            message = "this has characters that no key has; was it copied whole, and alone?"
            raise ValueError(message)
        return SecretStr(text)

    @field_validator("webhook_secret")
    @classmethod
    def _some_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            message = "this is empty; anybody could sign with it"
            raise ValueError(message)
        return value

    @field_validator("api_path")
    @classmethod
    def _api_path(cls, value: str) -> str:
        path = "/" + value.strip("/")
        if not path.isprintable() or any(sign in path for sign in (" ", "?", "#", "\\", "://")):
            message = "write only a path, such as /wp-json/wc/v3"
            raise ValueError(message)
        return path

    @model_validator(mode="after")
    def _key_is_not_sent_in_the_clear(self) -> WooSettings:
        if self.auth in {"basic", "query"} and self.url.startswith("http://"):
            message = f"auth = {self.auth!r} works over https only; over plain http use oauth1 (or auto)"
            raise ValueError(message)
        return self
