// Opens a page of examples/14_browser_client and says, a line each: that agents are shown, that the server is away, that it is back.
'use strict';

const { chromium } = require('playwright-core');

const timeout = 60_000;

(async () => {
    const browser = await chromium.launch({ executablePath: process.env.KINGBOLT_BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    try {
        const page = await browser.newPage();
        page.on('pageerror', (error) => {
            console.error(error);
            process.exit(1);
        });
        const state = (wanted) => page.waitForFunction((s) => document.getElementById('state').dataset.state === s, wanted, { timeout });
        await page.goto(process.argv[2]);
        await page.waitForSelector('tr[data-topic^="agents."]', { timeout });
        console.log('shown');
        await state('waiting');
        console.log('away');
        await state('ready');
        await page.waitForFunction(() => document.getElementById('told').textContent !== '', undefined, { timeout });
        console.log('back');
    } finally {
        await browser.close();
    }
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
