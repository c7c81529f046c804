// In front of the modules that `tsc --outFile` puts into one file, those first that others need: a page that took them one by one would ask for
// more connections than one address may have.
'use strict';
const loaded = new Map();
function define(name, needs, run) {
    const exports = {};
    loaded.set(name, exports);
    run(...needs.map((need) => (need === 'exports' ? exports : loaded.get(need))));
}
