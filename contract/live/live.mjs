// Live events as a third party hears them: the npm package `eventsource`, which connects again by itself, through connections
// that break and a server that stops, is killed and comes back. Nothing is lost, and nothing comes twice once ids are compared.
//
// BINARY is the palestra executable.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { EventSource } from 'eventsource';

const { BINARY: binary } = process.env;
assert(binary, 'BINARY is not set');
const folder = mkdtempSync(join(tmpdir(), 'palestra-live-'));
/** Longer than the server asks to be left alone before the next try. */
const PATIENCE = 30_000;

/** A port that was free a moment ago. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function until(what, ready) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await ready();
    if (found) return found;
    assert(Date.now() < deadline, `${what} did not happen`);
    await pause(20);
  }
}

const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
let server;

async function start() {
  server = spawn(binary, ['serve', '--demo'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PALESTRA_LISTEN: `127.0.0.1:${port}`,
      PALESTRA_PUBLIC_URL: origin,
      PALESTRA_DATA_DIR: join(folder, 'data'),
      PALESTRA_REQUESTS_PER_MINUTE: '0',
      PALESTRA_NEW_ACCOUNT_MESSAGES: '0',
      PALESTRA_LOG: 'warn',
    },
  });
  await until('the server', async () => (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok);
}

/** Ends the server with this signal; how long that took. */
async function end(signal) {
  const began = Date.now();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
  return Date.now() - began;
}

/** Between the client and the server, so that a line can break in the middle. */
const lines = new Set();
const proxy = createServer((client) => {
  const upstream = connect(port, '127.0.0.1');
  for (const socket of [client, upstream]) {
    lines.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      lines.delete(socket);
      client.destroy();
      upstream.destroy();
    });
  }
  client.pipe(upstream).pipe(client);
}).listen(0, '127.0.0.1');
const through = () => `http://127.0.0.1:${proxy.address().port}`;
const breakLines = () => lines.forEach((socket) => socket.destroy());

async function ask(method, path, token, body) {
  const response = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  assert(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function login(name) {
  const body = { email: `${name}@palestra.example`, password: 'palestra-demo-2026' };
  return ask('POST', '/auth/login', undefined, body);
}

let source;
try {
  await start();
  const [tom, aisha] = await Promise.all(['tom', 'aisha'].map(login));
  const opened = { kind: 'DIRECT', memberIds: [aisha.user.id] };
  const { id: conversation } = await ask('POST', '/conversations', tom.accessToken, opened);

  const heard = [];
  let connections = 0;
  source = new EventSource(`${through()}/api/v1/me/events`, {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${aisha.accessToken}` } }),
  });
  source.addEventListener('open', () => (connections += 1));
  let begun = false;
  source.addEventListener('ready', () => (begun = true));
  source.addEventListener('reset', () => heard.push({ id: 'reset' }));
  source.addEventListener('message.created', ({ lastEventId, data }) => {
    heard.push({ id: lastEventId, number: JSON.parse(data).number });
  });
  await until('the stream', () => begun);

  let sent = 0;
  /** Sends so many, each again under its own name until it is acknowledged. */
  async function send(count) {
    for (let left = count; left > 0; left -= 1) {
      const body = { clientMessageId: randomUUID(), content: `Message ${sent + 1}` };
      const path = `/conversations/${conversation}/messages`;
      await until('the message', () => ask('POST', path, tom.accessToken, body).catch(() => undefined));
      sent += 1;
    }
  }
  const known = () => new Map(heard.map((event) => [event.id, event.number]));
  const all = () => until(`event ${sent}`, () => known().size >= sent);

  await send(5);
  await all();
  console.log('5 of 5 heard');

  const writing = send(40);
  for (let n = 0; n < 4; n += 1) {
    await pause(15);
    breakLines();
  }
  await writing;
  await all();
  console.log(`${sent} of ${sent} heard, over ${connections} connections`);

  const took = await end('SIGTERM');
  assert(took < 10_000, `the server took ${took} ms to stop with a stream open`);
  await start();
  await send(30);
  await all();
  console.log(`${sent} of ${sent} heard, after a stop of ${took} ms and a start`);

  // In the middle of writing, without a word.
  const meanwhile = send(60);
  await pause(40);
  await end('SIGKILL');
  await start();
  await meanwhile;
  await all();
  console.log(`${sent} of ${sent} heard, after a kill`);

  assert(connections >= 4, `${connections} connections`);
  assert(!known().has('reset'), 'there was nothing to begin anew for');
  const numbers = [...known().values()];
  assert.deepEqual(numbers, Array.from({ length: sent }, (_, n) => n + 1), 'in order, without a gap');
} finally {
  source?.close();
  breakLines();
  proxy.close();
  if (server?.exitCode === null) await end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}
