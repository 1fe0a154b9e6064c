// Prints the licences of everything that is bundled into the vendored files: each text once, below the packages that have it.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const FONTS = "The style sheet embeds the fonts Roboto (Apache-2.0, Google) and Fira Code (OFL-1.1, The Fira Code Project Authors).";
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const packages = Object.keys(lock.packages).filter((place) => place && !place.startsWith("node_modules/@types/"));
const byText = new Map();

for (const place of packages.sort()) {
  if (!existsSync(place)) continue;
  const { name, version, license } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  const file = readdirSync(place).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(place, file), "utf8").replaceAll("\r", "").trim() : `Licence: ${license}`;
  byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
}

console.log(FONTS);
for (const [text, names] of byText) console.log(`\n${"-".repeat(80)}\n${[...new Set(names)].join(", ")}\n\n${text}`);
