// The documentation page in a real browser: log in with Authorize, call an operation with Try it out, read the answer.
// Any error on the console fails, and so does any request to another host: the page must work without the internet.
//
// BASE_URL is the server; SCREENSHOT, if set, the path of the picture; CHROMIUM, if set, the browser's executable.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findChromium, flags, watch } from './browser.mjs';
import { chromium } from 'playwright-core';

const { BASE_URL: baseUrl, SCREENSHOT: screenshot } = process.env;
assert(baseUrl, 'BASE_URL is not set');
const email = 'lena@palestra.example';
const password = 'palestra-demo-2026';

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

async function callGetMe(page, token) {
  await page.goto(`${baseUrl}/docs`);

  await page.locator('button.btn.authorize').click();
  const bearer = page.locator('.dialog-ux .auth-container', { hasText: '(http, Bearer)' });
  await bearer.locator('input').fill(token);
  await bearer.locator('button.authorize').click();
  await bearer.locator('button', { hasText: 'Logout' }).waitFor();
  await page.locator('.dialog-ux button.btn-done').click();

  // Folded, until somebody looks for them: by any words, and not only by those of a tag.
  assert.equal(await page.locator('.opblock').count(), 0, 'operations that are unfolded at first');
  await page.locator('.operation-filter-input').fill('my account get');
  await page.locator('#operations-tag-me').click();
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

// The page with an operation unfolded is as wide as a phone, and no wider.
async function fitsAPhone(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize({ width: 1280, height: 1400 });
  assert(width <= 390, `the page is ${width} px wide on a phone of 390 px`);
}

const profile = mkdtempSync(join(tmpdir(), 'palestra-docs-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: findChromium(),
  viewport: { width: 1280, height: 1400 },
  args: flags,
});
try {
  browser.setDefaultTimeout(15_000);
  const page = browser.pages()[0] ?? (await browser.newPage());
  watch(page, baseUrl, faults);
  try {
    await callGetMe(page, await accessToken());
    await fitsAPhone(page);
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
