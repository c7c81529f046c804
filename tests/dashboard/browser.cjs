// A browser for Python: a command a line on stdin, its answer a line on stdout, both JSON. See browser.py.
'use strict';

const { createInterface } = require('node:readline');
const { chromium } = require('playwright-core');

const pollMs = 50;

(async () => {
    const browser = await chromium.launch({ executablePath: process.env.KINGBOLT_BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    let page;
    let troubles = [];

    const commands = {
        async open({ url, width, height, scheme, reducedMotion }) {
            await page?.context().close();
            troubles = [];
            const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion });
            page = await context.newPage();
            page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
            page.on('pageerror', (error) => troubles.push(String(error)));
            await page.goto(url);
        },
        async emulate({ width, height, scheme }) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.setViewportSize({ width, height });
        },
        evaluate: ({ script }) => page.evaluate(script),
        async wait({ script, timeoutMs }) {
            const end = Date.now() + timeoutMs;
            for (;;) {
                const value = await page.evaluate(script).catch((error) => {
                    if (!String(error).includes('Execution context was destroyed')) throw error; // a page that is loaded anew has another
                });
                if (value) return value;
                if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${script}`);
                await new Promise((resolve) => setTimeout(resolve, pollMs));
            }
        },
        press: ({ key }) => page.keyboard.press(key),
        type: ({ text }) => page.keyboard.type(text),
        screenshot: ({ path }) => page.screenshot({ path }),
        troubles: () => troubles,
    };

    for await (const line of createInterface({ input: process.stdin })) {
        const { command, ...options } = JSON.parse(line);
        try {
            console.log(JSON.stringify({ value: (await commands[command](options)) ?? null }));
        } catch (error) {
            console.log(JSON.stringify({ error: String(error) }));
        }
    }
    await browser.close();
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
