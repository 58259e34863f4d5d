// Stripe's own library for Node drives the double that our tests use: what the double takes, refuses, answers and signs is what
// the library expects. Writes build/objects.ts, which the compiler then holds against the library's types.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import Stripe from 'stripe';

const base = new URL(process.env.BASE_URL);
const SECRET = 'whsec_of_the_driver';
const connect = (key) =>
  new Stripe(key, { protocol: 'http', host: base.hostname, port: base.port, maxNetworkRetries: 0, telemetry: false });
const stripe = connect('sk_test_double');

const act = async (verb, values) => {
  const answer = await fetch(new URL(`/_test/${verb}`, base), { method: 'POST', body: new URLSearchParams(values) });
  const body = await answer.json();
  assert(answer.ok, JSON.stringify(body));
  return body;
};
const fails = async (promise, type, expected) => {
  const error = await promise.then(
    () => assert.fail('it was accepted'),
    (error) => error,
  );
  assert(error instanceof Stripe.errors[type], `${error.type}: ${error.message}`);
  for (const [name, value] of Object.entries(expected ?? {})) {
    assert.equal(error[name], value, `${name} of: ${error.message}`);
  }
  return error;
};

// Every event, as the library accepts it.
const events = [];
const hook = createServer(async (request, response) => {
  const chunks = await Array.fromAsync(request);
  const body = Buffer.concat(chunks);
  const header = request.headers['stripe-signature'];
  events.push(stripe.webhooks.constructEvent(body, header, SECRET));
  assert.throws(() => stripe.webhooks.constructEvent(`${body} `, header, SECRET));
  response.writeHead(200).end();
});
hook.listen(0, '127.0.0.1');
await once(hook, 'listening');
await act('hook', { url: `http://127.0.0.1:${hook.address().port}/`, secret: SECRET });

// Customers.
const customer = await stripe.customers.create({
  email: 'lena@example.com',
  name: 'Lena & Søn',
  metadata: { palestra_user_id: 'u1' },
});
assert.deepEqual({ ...(await stripe.customers.retrieve(customer.id)) }, { ...customer });
assert.equal((await stripe.customers.update(customer.id, { metadata: { more: '1' } })).metadata.palestra_user_id, 'u1');
await fails(stripe.customers.create({ email: 'nobody' }), 'StripeInvalidRequestError', { code: 'email_invalid', param: 'email' });
await fails(stripe.customers.retrieve('cus_none'), 'StripeInvalidRequestError', { statusCode: 404, code: 'resource_missing' });

// Checkout sessions.
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const order = (more) => ({
  mode: 'payment',
  customer: customer.id,
  client_reference_id: 'p1',
  success_url: 'https://app.example.com/done?a=1&b=2',
  cancel_url: 'https://app.example.com/cancel',
  expires_at: inAnHour,
  adaptive_pricing: { enabled: false },
  metadata: { palestra_payment_id: 'p1' },
  payment_intent_data: { metadata: { palestra_payment_id: 'p1' } },
  line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 4900, product_data: { name: 'Strength 100 %' } } }],
  ...more,
});
const open = await stripe.checkout.sessions.create(order(), { idempotencyKey: 'one' });
assert.deepEqual([open.status, open.payment_status, open.amount_total, open.payment_intent], ['open', 'unpaid', 4900, null]);
const replayed = await stripe.checkout.sessions.create(order(), { idempotencyKey: 'one' });
assert.equal(replayed.id, open.id);
assert.equal(replayed.lastResponse.headers['idempotent-replayed'], 'true');
await fails(
  stripe.checkout.sessions.create(order({ client_reference_id: 'p2' }), { idempotencyKey: 'one' }),
  'StripeIdempotencyError',
  { statusCode: 400 },
);
for (const [wrong, expected] of [
  [{ expires_at: 1 }, { param: 'expires_at' }],
  [{ line_items: [] }, { param: 'line_items' }],
  [{ customer: 'cus_none' }, { code: 'resource_missing' }],
  [{ colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
]) {
  await fails(stripe.checkout.sessions.create(order(wrong)), 'StripeInvalidRequestError', expected);
}
await act('pay', { id: open.id, payment_method: 'pm_card_visa' });
const paid = await stripe.checkout.sessions.retrieve(open.id, { expand: ['payment_intent.latest_charge', 'customer'] });
assert.deepEqual([paid.status, paid.payment_status, paid.customer.email], ['complete', 'paid', 'lena@example.com']);
assert.deepEqual([paid.payment_intent.status, paid.payment_intent.amount_received], ['succeeded', 4900]);
assert.deepEqual([paid.payment_intent.latest_charge.paid, paid.payment_intent.metadata.palestra_payment_id], [true, 'p1']);
await fails(stripe.checkout.sessions.expire(open.id), 'StripeInvalidRequestError', { statusCode: 400 });
const expired = await stripe.checkout.sessions.create(order());
assert.equal((await stripe.checkout.sessions.expire(expired.id)).status, 'expired');
const later = await stripe.checkout.sessions.create(order());
assert.equal((await act('pay', { id: later.id, payment_method: 'pm_usBankAccount' })).payment_status, 'unpaid');
assert.equal((await act('settle', { id: later.id })).payment_status, 'paid');
const sessions = await stripe.checkout.sessions.list({ limit: 2 });
assert.deepEqual([sessions.data.map((session) => session.id), sessions.has_more], [[later.id, expired.id], true]);
assert.equal((await stripe.checkout.sessions.list({ limit: 1 }).autoPagingToArray({ limit: 10 })).length, 3);

// Payment intents.
const ask = (more) => stripe.paymentIntents.create({ amount: 900, currency: 'eur', customer: customer.id, ...more });
const waiting = await ask({ automatic_payment_methods: { enabled: true } });
assert.deepEqual([waiting.status, waiting.latest_charge], ['requires_payment_method', null]);
const declined = await fails(
  stripe.paymentIntents.confirm(waiting.id, { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }),
  'StripeCardError',
  { statusCode: 402, code: 'card_declined', decline_code: 'insufficient_funds' },
);
assert.equal(declined.payment_intent.last_payment_error.code, 'card_declined');
const confirmed = await stripe.paymentIntents.confirm(waiting.id, { payment_method: 'pm_card_visa' });
assert.deepEqual([confirmed.status, confirmed.last_payment_error], ['succeeded', null]);
await fails(stripe.paymentIntents.cancel(waiting.id), 'StripeInvalidRequestError', { code: 'payment_intent_unexpected_state' });
const canceled = await stripe.paymentIntents.cancel((await ask()).id, { cancellation_reason: 'abandoned' });
assert.deepEqual([canceled.status, canceled.cancellation_reason], ['canceled', 'abandoned']);
const challenged = await ask({ payment_method: 'pm_card_threeDSecure2Required', confirm: true });
assert.equal(challenged.status, 'requires_action');
await fails(ask({ amount: 1 }), 'StripeInvalidRequestError', { code: 'amount_too_small', param: 'amount' });

// Refunds.
const part = await stripe.refunds.create({
  payment_intent: waiting.id,
  amount: 400,
  reason: 'requested_by_customer',
  metadata: { palestra_refund_id: 'r1' },
});
assert.deepEqual([part.status, part.amount, part.charge], ['succeeded', 400, confirmed.latest_charge]);
await fails(stripe.refunds.create({ payment_intent: waiting.id, amount: 501 }), 'StripeInvalidRequestError', { param: 'amount' });
await fails(stripe.refunds.create({ payment_intent: waiting.id, reason: 'whim' }), 'StripeInvalidRequestError', { param: 'reason' });
await stripe.refunds.create({ charge: confirmed.latest_charge });
await fails(stripe.refunds.create({ payment_intent: waiting.id }), 'StripeInvalidRequestError', { code: 'charge_already_refunded' });
const refunds = await stripe.refunds.list({ payment_intent: waiting.id, limit: 1 }).autoPagingToArray({ limit: 10 });
assert.deepEqual(refunds.map((refund) => refund.amount), [500, 400]);
assert.equal((await stripe.charges.retrieve(confirmed.latest_charge)).refunded, true);
await act('fail-refund', { id: part.id });
const failed = await stripe.refunds.retrieve(part.id);
assert.deepEqual([failed.status, failed.failure_reason], ['failed', 'lost_or_stolen_card']);

// Disputes.
const bought = await ask({ payment_method: 'pm_card_createDispute', confirm: true });
const [dispute] = (await stripe.disputes.list({ payment_intent: bought.id })).data;
assert.deepEqual([dispute.status, dispute.reason, dispute.amount], ['needs_response', 'fraudulent', 900]);
await fails(stripe.refunds.create({ payment_intent: bought.id }), 'StripeInvalidRequestError', { code: 'charge_disputed' });
assert.equal((await act('decide', { id: dispute.id, status: 'under_review' })).status, 'under_review');
assert.equal((await stripe.disputes.close(dispute.id)).status, 'lost');

// Who asks.
await fails(connect('sk_test_other').balance.retrieve(), 'StripeAuthenticationError', { statusCode: 401 });
await fails(stripe.balance.retrieve(), 'StripeInvalidRequestError', { statusCode: 404 });

// What was told: each event once, acknowledged, and the same when it is asked for.
const told = await stripe.events.list({ limit: 100 });
const deadline = Date.now() + 10_000;
while (events.length < told.data.length && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const byId = (list) => Object.fromEntries(list.map((event) => [event.id, event]));
assert.deepEqual(byId(events), byId(told.data));
assert.deepEqual({ ...(await stripe.events.retrieve(told.data[0].id)) }, { ...told.data[0] });
assert(told.data.every((event) => event.api_version === Stripe.API_VERSION));
const kinds = new Set(told.data.map((event) => event.type));
for (const kind of [
  'checkout.session.completed',
  'checkout.session.expired',
  'checkout.session.async_payment_succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'charge.refunded',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.closed',
]) {
  assert(kinds.has(kind), kind);
}
hook.close();
hook.closeAllConnections();

// What the compiler looks at.
const shapes = {
  'Stripe.Customer': [customer],
  'Stripe.Checkout.Session': [open, paid, await stripe.checkout.sessions.retrieve(expired.id)],
  'Stripe.PaymentIntent': [waiting, confirmed, canceled, challenged],
  'Stripe.Charge': [await stripe.charges.retrieve(confirmed.latest_charge)],
  'Stripe.Refund': [part, failed],
  'Stripe.Dispute': [dispute],
};
const lines = ["import type Stripe from 'stripe';", ''];
for (const [type, objects] of Object.entries(shapes)) {
  const plain = objects.map((object) => JSON.parse(JSON.stringify(object)));
  lines.push(`export const ${type.replaceAll('.', '')} = ${JSON.stringify(plain, null, 1)} satisfies Shown<${type}>[];`, '');
}
// `lastResponse` is the library's own; `object` and states are checked letter by letter.
lines.push('type Shown<T> = Omit<T, "lastResponse">;', '');
mkdirSync(new URL('build/', import.meta.url), { recursive: true });
writeFileSync(new URL('build/objects.ts', import.meta.url), lines.join('\n'));
console.log(`${told.data.length} events, all accepted; ${kinds.size} kinds`);
