// Signatures made by Stripe's own library. `node vectors.mjs write` makes vectors.json; without `write` the file is held against
// what the library makes today. The tests of crates/payments hold Palestra against the same file.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import Stripe from 'stripe';

const FILE = new URL('vectors.json', import.meta.url);
const SIGNED_AT = 1795300000;
const SECRETS = ['whsec_theSecretThatGoes', 'whsec_theSecretThatComes'];
const PAYMENT = '01932f6e-8a00-7000-8000-000000000001';

const event = (id, type, object) => ({
  id,
  object: 'event',
  api_version: Stripe.API_VERSION,
  created: SIGNED_AT - 1,
  data: { object },
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  type,
});

const session = event('evt_session', 'checkout.session.completed', {
  id: 'cs_test_vector',
  object: 'checkout.session',
  amount_total: 4900,
  currency: 'usd',
  metadata: { palestra_payment_id: PAYMENT },
  mode: 'payment',
  payment_intent: 'pi_vector',
  payment_status: 'paid',
  status: 'complete',
});
const refund = event('evt_refund', 'refund.created', {
  id: 're_vector',
  object: 'refund',
  amount: 1900,
  currency: 'usd',
  metadata: {},
  payment_intent: 'pi_vector',
  status: 'succeeded',
});
const strange = event('evt_strange', 'customer.updated', { id: 'cus_vector', object: 'customer', name: 'Søren 🏋️ "x"\n' });

const bodies = [
  ['session', JSON.stringify(session)],
  // As Stripe sends it: with line breaks and spaces, every one of them signed.
  ['refund', JSON.stringify(refund, null, 2)],
  ['strange', `${JSON.stringify(strange, null, 2)}\n`],
];
const sign = (payload, secret) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: SIGNED_AT, scheme: 'v1' });
const made = {
  signedAt: SIGNED_AT,
  secrets: SECRETS,
  payment: PAYMENT,
  vectors: bodies.flatMap(([name, body]) => SECRETS.map((secret) => ({ name, body, header: sign(body, secret) }))),
  foreign: { body: bodies[0][1], header: sign(bodies[0][1], 'whsec_ofSomebodyElse') },
};

if (process.argv[2] === 'write') {
  writeFileSync(FILE, `${JSON.stringify(made, null, 2)}\n`);
}
const kept = JSON.parse(readFileSync(FILE, 'utf8'));
assert.deepEqual(kept, made, 'vectors.json is not what this version of the library makes: node vectors.mjs write');

const check = (body, header, secret, seconds) =>
  Stripe.webhooks.constructEvent(body, header, secret, 300, undefined, (SIGNED_AT + seconds) * 1000);
for (const [index, { body, header }] of kept.vectors.entries()) {
  const secret = SECRETS[index % 2];
  assert.deepEqual(check(body, header, secret, 0), JSON.parse(body));
  check(body, header, secret, 300);
  for (const refused of [
    () => check(body, header, secret, 301),
    () => check(`${body} `, header, secret, 0),
    () => check(body, header, SECRETS[(index + 1) % 2], 0),
  ]) {
    assert.throws(refused, Stripe.errors.StripeSignatureVerificationError);
  }
}
assert.throws(() => check(kept.foreign.body, kept.foreign.header, SECRETS[0], 0));

// The adapter reads the shapes of the version that this library reads.
const adapter = readFileSync(new URL('../../crates/payments/src/provider/stripe/client.rs', import.meta.url), 'utf8');
const double = readFileSync(new URL('../../tests/stripe/books.rs', import.meta.url), 'utf8');
for (const source of [adapter, double]) {
  assert(source.includes(`VERSION: &str = "${Stripe.API_VERSION}"`), `the library is of ${Stripe.API_VERSION}`);
}
console.log(`${kept.vectors.length} signatures, of ${Stripe.PACKAGE_VERSION}, API ${Stripe.API_VERSION}: as theirs`);
