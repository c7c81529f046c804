import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

test('The package has the build, README, LICENSE and package.json, and nothing else', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: fileURLToPath(root), encoding: 'utf8', timeout: 60_000 });
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
    const others = files.map(({ path }) => path).filter((path) => !/^dist\/[a-z_]+\.(d\.ts|js)$/.test(path));
    assert.deepEqual(others.sort(), ['LICENSE', 'README.md', 'package.json']);
});

test('The package depends on nothing', () => {
    const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as object;
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) assert.ok(!(kind in manifest), kind);
});
