// Holds vectors.json against Mux's own library: the tests of crates/media hold Palestra against the same file, so that
// what Palestra signs is what Mux would sign, and what it accepts is what Mux sends.

import Mux from '@mux/mux-node';
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));
const { keyId, privateKey, playbackId, expiresAt, webhookSecret, signedAt, body, signature } = vectors;
const mux = new Mux({
  tokenId: 'id',
  tokenSecret: 'secret',
  jwtSigningKey: keyId,
  jwtPrivateKey: privateKey,
  webhookSecret,
});

const publicKey = createPublicKey(createPrivateKey(Buffer.from(privateKey, 'base64').toString()));
const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

for (const [type, token] of Object.entries(vectors.tokens)) {
  const [header, claims, tag] = token.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  assert(verify('RSA-SHA256', signed, publicKey, Buffer.from(tag, 'base64url')), `${type}: the signature`);
  const theirs = await mux.jwt.signPlaybackId(playbackId, { type, expiration: '1h' });
  const [theirHeader, theirClaims] = theirs.split('.').map((part, index) => (index < 2 ? read(part) : null));
  const [ours, now] = [read(claims), Math.floor(Date.now() / 1000)];
  assert(Math.abs(theirClaims.exp - now - 3600) < 10, `${type}: theirs expires in seconds since 1970`);
  assert.deepEqual(ours, { ...theirClaims, exp: expiresAt }, `${type}: claim by claim`);
  assert.equal(read(header).alg, theirHeader.alg);
  console.log(`${type}: as theirs`, ours, read(header), theirHeader);
}

// As if it were the moment of the delivery: the library looks at the clock.
Date.now = () => signedAt * 1000;
const event = await mux.webhooks.unwrap(body, { 'mux-signature': signature });
assert.deepEqual([event.type, event.data.id], ['video.asset.ready', 'As5etOfTheTests']);
await assert.rejects(mux.webhooks.unwrap(`${body} `, { 'mux-signature': signature }));
Date.now = () => (signedAt + 301) * 1000;
await assert.rejects(mux.webhooks.unwrap(body, { 'mux-signature': signature }));
console.log('the hook: accepted; altered and late ones refused');
