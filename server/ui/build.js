// Bundles each file that stands directly in src/ into the server's static/ui/.
//
// Parts that several pages use, and parts that a page loads late, become chunks of their own, named
// by their content.

import { build } from "esbuild";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, "../kmgraph_server/static/ui");
// Built beside and moved, so that a build that was stopped leaves nothing that looks whole.
const part = `${output}.part`;
const entries = readdirSync(join(here, "src"), { withFileTypes: true })
  .filter((one) => one.isFile() && /\.(js|ts)$/.test(one.name))
  .map((one) => join(here, "src", one.name));

rmSync(part, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: entries,
  outdir: part,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});
writeFileSync(join(part, "LICENCES.txt"), licences(Object.keys(metafile.inputs)));
// What builds by need compares the age of this file with that of the sources.
writeFileSync(join(part, "built"), "");
rmSync(output, { recursive: true, force: true });
renameSync(part, output);

// Returns the licence of each package that something was taken from; the licences ask for it.
function licences(inputs) {
  const names = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const texts = [...new Set(names)].filter(Boolean).sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : license;
    return `${name} ${version}\n\n${text}\n`;
  });
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}
