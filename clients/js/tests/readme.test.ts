// What README.md shows compiles, and its first program runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

import { MockServer } from './mock_server.js';

const folder = new URL('snippets/', import.meta.url);
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);

test('Each snippet of README.md compiles', () => {
    assert.ok(snippets.length >= 5);
    mkdirSync(folder, { recursive: true });
    const files = snippets.map((code, i) => {
        const file = fileURLToPath(new URL(`${i}.ts`, folder));
        writeFileSync(file, code);
        return file;
    });
    const program = ts.createProgram(files, {
        strict: true,
        noEmit: true,
        noUnusedLocals: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
        types: ['node'],
    });
    const complaints = ts.getPreEmitDiagnostics(program);
    assert.equal(ts.formatDiagnostics(complaints, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => '', getNewLine: () => '\n' }), '');
});

test('The first program of README.md runs', async () => {
    const server = new MockServer();
    await server.start();
    try {
        const file = new URL('first.mjs', folder);
        mkdirSync(folder, { recursive: true });
        const code = (snippets[0] as string).replace('ws://127.0.0.1:8080/', server.url);
        assert.notEqual(code, snippets[0]);
        // JavaScript already, but for its name.
        writeFileSync(file, code);
        const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(file)], { timeout: 20_000 });
        assert.deepEqual(stdout.trim().split(/ *\n/), ['connecting', 'ready', "chat.lobby 1 { text: 'good morning' }", "{ id: '7' }", 'stopped']);
    } finally {
        await server.stop();
    }
});
