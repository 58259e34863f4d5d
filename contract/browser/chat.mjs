// The chat in examples/ in a real browser: two who log in, each in a context of their own, and see each other's messages as they
// are sent, also after the connection was lost. Any error on the console fails, and so does any request to another host.
//
// BASE_URL is the server; SCREENSHOT, if set, the path of the picture; CHROMIUM, if set, the browser's executable.

import assert from 'node:assert/strict';

import { findChromium, flags, watch } from './browser.mjs';
import { chromium } from 'playwright-core';

const { BASE_URL: baseUrl, SCREENSHOT: screenshot } = process.env;
assert(baseUrl, 'BASE_URL is not set');
const password = 'palestra-demo-2026';
const faults = [];

const browser = await chromium.launch({ executablePath: findChromium(), args: flags });

async function tab(name) {
  const context = await browser.newContext({ viewport: { width: 640, height: 620 } });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  watch(page, baseUrl, faults);
  await page.goto(`${baseUrl}/examples`);
  await page.fill('#login [name=email]', `${name}@palestra.example`);
  await page.fill('#login [name=password]', password);
  await page.click('#login button');
  await page.locator('#status', { hasText: ': live' }).waitFor();
  return { context, page };
}

async function send(page, text) {
  await page.fill('#send [name=content]', text);
  await page.click('#send button');
}

const shows = (page, text) => page.locator('#messages li', { hasText: text }).waitFor();

let tabs = [];
try {
  tabs = await Promise.all(['tom', 'aisha'].map(tab));
  const [{ page: tom, context: toms }, { page: aisha }] = tabs;

  await tom.fill('#open [name=username]', 'aisha');
  await tom.click('#open button');
  await tom.locator('#send').waitFor();
  await send(tom, 'Are you running on Sunday?');
  await shows(tom, 'Are you running on Sunday?');

  // Aisha has done nothing: the conversation turns up by itself, with what is unread in it.
  const entry = aisha.locator('#conversations button', { hasText: 'Tom' });
  await entry.filter({ hasText: '(1)' }).waitFor();
  await entry.click();
  await shows(aisha, 'Are you running on Sunday?');
  await tom.locator('#messages li.mine', { hasText: 'read' }).waitFor();
  await send(aisha, 'Yes, at nine. <b>Ten</b> kilometres?');
  // As text, whatever it looks like.
  await shows(tom, 'Yes, at nine. <b>Ten</b> kilometres?');

  // What was sent while the line was down is there when it is up again.
  const before = faults.length;
  await toms.setOffline(true);
  await send(aisha, 'Tom?');
  await shows(aisha, 'Tom?');
  await toms.setOffline(false);
  await shows(tom, 'Tom?');
  // That a connection was lost, the browser says on the console.
  faults.splice(before, faults.length, ...faults.slice(before).filter((fault) => !/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/.test(fault)));
  await send(tom, 'Here again.');
  await shows(aisha, 'Here again.');

  for (const { page } of tabs) {
    const numbers = await page.locator('#messages li').evaluateAll((items) => items.map((item) => Number(item.dataset.number)));
    assert.deepEqual(numbers, [1, 2, 3, 4], 'each message once, in order');
  }
  console.log('two tabs saw each other’s messages live');
} catch (error) {
  faults.push(String(error));
} finally {
  if (screenshot && tabs.length === 2) {
    // Both beside each other, as somebody would have them.
    const pictures = await Promise.all(tabs.map(async ({ page }) => (await page.screenshot()).toString('base64')));
    const both = await (await browser.newContext({ viewport: { width: 1290, height: 620 } })).newPage();
    await both.setContent(`<body style="margin:0;display:flex;gap:10px">${pictures.map((data) => `<img src="data:image/png;base64,${data}">`).join('')}`);
    await both.screenshot({ path: screenshot });
  }
  await browser.close();
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
