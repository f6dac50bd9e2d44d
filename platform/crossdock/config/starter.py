"""The commented plugins.toml that ``crossdock init`` writes."""

from __future__ import annotations

_TEXT = """\
# The configuration of Crossdock.
#
#   crossdock check      says what is wrong in here, with line and column, before anything runs
#   crossdock test       runs the configuration tests in *.test.toml beside this file
#   crossdock import     imports every connection below
#
# Everything that may stand here is listed in docs/plugins-toml.md.

[store]
url = "sqlite:///crossdock.db"          # where records are kept, relative to this file

# [retention]                           # how long what is no longer needed is kept; without this table, forever
# payloads = "90d"                      # the remote's own JSON: what a replay works on
# history = "730d"

[plugins]
# paths = ["my_plugins"]                # a folder with plugins of your own, one .py file each
# disable = ["example"]                 # plugins that are installed but not to be loaded


# --- A shop to play with: nothing to install, nothing to sign up for ---------------------------------------------

[[connection]]
id = "{demo}"   # whatever this connection owns carries this id; never change it
name = "demo-shop"                      # what commands and reports call it; may change
connector = "woocommerce"               # the kind of remote system: crossdock connectors list

[connection.settings]
url = "sandbox:"                        # a stand-in of a shop is started for each run, and spoken to over HTTP

[connection.import.order]
# every = "5m"                          # crossdock run imports them that often; cron = "0 3 * * *" at these times
lookback = "10m"                        # how far before the last change an import begins, for changes that surface late
manipulators = [                        # each order passes these steps, in this order: crossdock manipulators list
  {{ use = "field-set", field = "channel", value = "web" }},
  {{ use = "value-map", field = "payments[].method", table = {{ bacs = "bank-transfer", cod = "cash-on-delivery" }} }},
  {{ use = "row-sku", skus = {{ shipping = "FREIGHT", fee = "FEE" }} }},
  # A step can have a condition, JMESPath over the record:
  # {{ use = "ignore", when = "orderStatus == 'draft'", reason = "a draft is no order yet" }},
]

# The connector maps what every shop has. What a shop has of its own is kept as custom data; give it a field here:
# [connection.import.order.mapping]
# "billingAddress.vatNumber" = "meta_data[?key=='_vat_number'].value | [0]"

# What need not or must not be kept, with the reason:
# [connection.import.order.drop]
# "customer_user_agent" = "not needed, personal"


# --- A real shop: take the '#' away, and put the key into the environment -----------------------------------------

# [[connection]]
# id = "{real}"
# name = "my-shop"
# connector = "woocommerce"
#
# [connection.settings]
# url = "https://shop.example"
# consumer_key = {{ env = "MY_SHOP_KEY" }}            # secrets never stand in this file; a file that holds nothing
# consumer_secret = {{ env = "MY_SHOP_SECRET" }}      # else does as well: {{ file = "/run/secrets/my-shop" }}
#
# [connection.remote]
# rate_limit = 5                                    # at most 5 requests a second
#
# [connection.import.order]


# --- A program that is told what happens: crossdock serve posts events to it, signed -------------------------------

# [[subscription]]
# name = "erp-events"
# url = "https://erp.example/crossdock"
# secret = {{ env = "ERP_EVENTS_SECRET" }}            # whsec_ and what `openssl rand -base64 32` prints
# events = ["record.created", "record.updated", "customData.changed"]


# --- Custom data that goes along links: invites and checkouts to their orders, orders to their shipments -----------

# [[flow]]
# from = "order"
# to = "refund"
# entries = ["*|connector.woocommerce|*"]           # connectionId|moduleId|key, * for anything
# mode = "copy"                                     # once; "follow": later changes, too; "off": not at all
"""


def starter_text(demo_id: str, real_id: str) -> str:
    """Write the starter.

    Args:
        demo_id: id of the connection to the sandbox, 32 hex digits.
        real_id: id of the commented connection to a real shop.
    """
    return _TEXT.format(demo=demo_id, real=real_id)
