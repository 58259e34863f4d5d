// What the journeys share: clients of the generated kind, and what they expect of an answer.

import assert from 'node:assert/strict';

import * as api from './client/index.js';
import { client as generated } from './client/client.gen.js';
import { type Client, createClient, createConfig } from './client/client/index.js';

const origin = process.env['BASE_URL'];
assert(origin, 'BASE_URL is not set');
const baseUrl = new URL(generated.getConfig().baseUrl ?? '/', origin).href.replace(/\/$/, '');

const demoPassword = 'palestra-demo-2026';

export const clientFor = (accessToken?: string): Client =>
  createClient(createConfig({ baseUrl, ...(accessToken === undefined ? {} : { auth: accessToken }) }));

export const anonymous = clientFor();

export type Answer<T> = { data?: T | undefined; error?: unknown; response?: Response | undefined };

function show(answer: Answer<unknown>): string {
  return `${answer.response?.status} ${answer.response?.url}: ${JSON.stringify(answer.error ?? answer.data)}`;
}

/** The body of an answer that must have this success status, and its response for the headers. */
export async function expect<T>(status: number, call: Promise<Answer<T>>): Promise<{ body: T; headers: Headers }> {
  const answer = await call;
  assert.equal(answer.response?.status, status, show(answer));
  assert(answer.data !== undefined, show(answer));
  return { body: answer.data, headers: answer.response.headers };
}

/** Checks that the call is refused with this status, and with this code if one is given. */
export async function expectProblem(status: number, call: Promise<Answer<unknown>>, code?: string): Promise<void> {
  const answer = await call;
  assert.equal(answer.response?.status, status, show(answer));
  assert.equal(answer.response.headers.get('content-type')?.split(';')[0], 'application/problem+json');
  const problem = answer.error as { status: number; code: string };
  assert.equal(problem.status, status, show(answer));
  if (code !== undefined) assert.equal(problem.code, code, show(answer));
}

export function header(headers: Headers, name: string): string {
  const value = headers.get(name);
  assert(value, `no ${name} header`);
  return value;
}

export async function step<T>(name: string, body: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await body();
  console.log(`${name} (${Math.round(performance.now() - started)} ms)`);
  return result;
}

export async function loginAs(name: string): Promise<Client> {
  const { body } = await expect(
    200,
    api.login({ client: anonymous, body: { email: `${name}@palestra.example`, password: demoPassword } }),
  );
  return clientFor(body.accessToken);
}
