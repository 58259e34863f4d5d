"""Stripe's own library for Python drives the double that our tests use, as driver.mjs does: another reader of the same answers,
another writer of the same forms."""

import http.server
import json
import os
import threading
import time
import urllib.parse
import urllib.request

import stripe

BASE = os.environ["BASE_URL"]
SECRET = "whsec_of_the_driver"
EVENTS = []


class Hook(http.server.BaseHTTPRequestHandler):
    """Every event, as the library accepts it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        header = self.headers["stripe-signature"]
        EVENTS.append(stripe.Webhook.construct_event(body, header, SECRET))
        refused(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(body + b" ", header, SECRET))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not a line for each."""


def refused(kind: type, call, **expected: object) -> None:
    try:
        call()
    except kind as error:
        for name, value in expected.items():
            assert getattr(error, name) == value, (name, getattr(error, name), error)
        return
    raise AssertionError(f"it was accepted, and not a {kind.__name__}")


def act(verb: str, **values: str) -> dict:
    body = urllib.parse.urlencode(values).encode()
    with urllib.request.urlopen(f"{BASE}/_test/{verb}", body, timeout=10) as answer:
        return json.load(answer)


def connect(key: str) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": BASE}, max_network_retries=0)


def sessions(client: stripe.StripeClient, customer: str) -> None:
    order = {
        "mode": "payment",
        "customer": customer,
        "success_url": "https://app.example.com/done?a=1&b=2",
        "expires_at": int(time.time()) + 3600,
        "metadata": {"palestra_payment_id": "p1"},
        "payment_intent_data": {"metadata": {"palestra_payment_id": "p1"}},
        "line_items": [
            {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 4900, "product_data": {"name": "100 % [x] ü"}}}
        ],
    }
    again = {"idempotency_key": "python"}
    first = client.v1.checkout.sessions.create(order, again)
    assert client.v1.checkout.sessions.create(order, again).id == first.id
    other = {**order, "success_url": "https://app.example.com/other"}
    refused(stripe.IdempotencyError, lambda: client.v1.checkout.sessions.create(other, again), http_status=400)
    act("pay", id=first.id, payment_method="pm_card_visa")
    paid = client.v1.checkout.sessions.retrieve(first.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.payment_intent.latest_charge.amount_captured == 4900
    assert paid.payment_intent.metadata["palestra_payment_id"] == "p1"
    refused(stripe.InvalidRequestError, lambda: client.v1.checkout.sessions.expire(first.id), http_status=400)
    late = {**order, "expires_at": 1}
    refused(stripe.InvalidRequestError, lambda: client.v1.checkout.sessions.create(late), param="expires_at")


def intents(client: stripe.StripeClient, customer: str) -> str:
    intent = client.v1.payment_intents.create({"amount": 900, "currency": "eur", "customer": customer})
    declined = {"payment_method": "pm_card_chargeDeclined"}
    refused(
        stripe.CardError,
        lambda: client.v1.payment_intents.confirm(intent.id, declined),
        http_status=402,
        code="card_declined",
    )
    confirmed = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (confirmed.status, confirmed.amount_received) == ("succeeded", 900)
    refused(
        stripe.InvalidRequestError,
        lambda: client.v1.payment_intents.cancel(intent.id),
        code="payment_intent_unexpected_state",
    )
    waiting = client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    assert client.v1.payment_intents.cancel(waiting.id).status == "canceled"
    return intent.id


def refunds(client: stripe.StripeClient, intent: str) -> None:
    part = client.v1.refunds.create({"payment_intent": intent, "amount": 400, "reason": "duplicate"})
    refused(
        stripe.InvalidRequestError,
        lambda: client.v1.refunds.create({"payment_intent": intent, "amount": 501}),
        param="amount",
    )
    client.v1.refunds.create({"payment_intent": intent})
    refused(
        stripe.InvalidRequestError,
        lambda: client.v1.refunds.create({"payment_intent": intent}),
        code="charge_already_refunded",
    )
    listed = client.v1.refunds.list({"payment_intent": intent, "limit": 1}).auto_paging_iter()
    assert [refund.amount for refund in listed] == [500, 400]
    act("fail-refund", id=part.id)
    assert client.v1.refunds.retrieve(part.id).failure_reason == "lost_or_stolen_card"


def disputes(client: stripe.StripeClient) -> None:
    card = {"amount": 900, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": True}
    intent = client.v1.payment_intents.create(card)
    [dispute] = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.amount) == ("needs_response", 900)
    assert act("decide", id=dispute.id, status="won")["status"] == "won"
    assert client.v1.disputes.retrieve(dispute.id).status == "won"


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    act("hook", url=f"http://127.0.0.1:{server.server_port}/", secret=SECRET)
    client = connect("sk_test_double")
    created = {"email": "lena@example.com", "name": "Lena & Søn", "metadata": {"palestra_user_id": "u1"}}
    customer = client.v1.customers.create(created)
    assert client.v1.customers.retrieve(customer.id).name == "Lena & Søn"
    refused(stripe.InvalidRequestError, lambda: client.v1.customers.retrieve("cus_none"), http_status=404)
    refused(stripe.AuthenticationError, lambda: connect("sk_test_other").v1.customers.retrieve(customer.id), http_status=401)
    sessions(client, customer.id)
    refunds(client, intents(client, customer.id))
    disputes(client)
    told = client.v1.events.list({"limit": 100}).data
    deadline = time.monotonic() + 10
    while len(EVENTS) < len(told) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sorted(event.id for event in EVENTS) == sorted(event.id for event in told)
    print(f"{len(told)} events, all accepted; stripe {stripe.VERSION}")


main()
