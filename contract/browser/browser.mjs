// What the checks in a browser share: where it is, how it is started, and what its pages must not do.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export function findChromium() {
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

/** Without these, Chromium looks for its maker's servers at every start; its sandbox does not run as root. */
export const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Collects what a page must not do. */
export function watch(page, baseUrl, faults) {
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
