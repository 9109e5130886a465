// Bundles src/ into dist/, which is committed: building OpenShelf itself needs no node.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

await mkdir("dist", { recursive: true });
await build({
  entryPoints: { app: "src/main.ts", style: "src/app.css" },
  entryNames: "[name]",
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  logLevel: "info",
});
for (const file of ["index.html", "favicon.svg"]) {
  await copyFile(`src/${file}`, `dist/${file}`);
}
