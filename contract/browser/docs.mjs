// The documentation page in a real browser: log in with Authorize, call an operation with Try it out, read the answer.
// Any error on the console fails, and so does any request to another host: the page must work without the internet.
//
// BASE_URL is the server; SCREENSHOT, if set, the path of the picture; CHROMIUM, if set, the browser's executable.

import assert from 'node:assert/strict';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { chromium } from 'playwright-core';

const { BASE_URL: baseUrl, SCREENSHOT: screenshot } = process.env;
assert(baseUrl, 'BASE_URL is not set');
const email = 'lena@palestra.example';
const password = 'palestra-demo-2026';

function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium', 'google-chrome']) {
    for (const folder of process.env.PATH.split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new Error('no Chromium found: run scripts/tools.sh, or set CHROMIUM');
}

async function accessToken() {
  const response = await fetch(`${baseUrl}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  assert.equal(response.status, 200, 'login of the demo account');
  return (await response.json()).accessToken;
}

const faults = [];

/** Collects what a page must not do. */
function watch(page) {
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const inside = ['data:', 'blob:'].includes(url.protocol);
    if (!inside && url.origin !== new URL(baseUrl).origin) faults.push(`request to another host: ${url}`);
  });
}

async function callGetMe(page, token) {
  await page.goto(`${baseUrl}/docs`);

  await page.locator('button.btn.authorize').click();
  const bearer = page.locator('.dialog-ux .auth-container', { hasText: '(http, Bearer)' });
  await bearer.locator('input').fill(token);
  await bearer.locator('button.authorize').click();
  await bearer.locator('button', { hasText: 'Logout' }).waitFor();
  await page.locator('.dialog-ux button.btn-done').click();

  const operation = page.locator('.opblock[id^="operations-"][id$="-getMe"]');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('button.try-out__btn').click();
  await operation.locator('button.execute').click();

  const live = operation.locator('.live-responses-table .response').first();
  const status = (await live.locator('.response-col_status').innerText()).trim();
  assert.equal(status.split(/\s/)[0], '200', 'status of the live response');
  await live.locator('.response-col_description').getByText(email).first().waitFor();
  await operation.scrollIntoViewIfNeeded();
}

const profile = mkdtempSync(join(tmpdir(), 'palestra-docs-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: findChromium(),
  viewport: { width: 1280, height: 1400 },
  // Without these, Chromium looks for its maker's servers at every start; its sandbox does not run as root.
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  browser.setDefaultTimeout(15_000);
  const page = browser.pages()[0] ?? (await browser.newPage());
  watch(page);
  try {
    await callGetMe(page, await accessToken());
    console.log(`GET /api/v1/me answered 200 with ${email} in the documentation page`);
  } catch (error) {
    faults.push(String(error));
  }
  // Of a failure above all: it tells more than the message.
  if (screenshot) await page.screenshot({ path: screenshot });
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
