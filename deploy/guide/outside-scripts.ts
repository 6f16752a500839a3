import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const INLINE = /<script(?: id="[\w-]+")?>([\s\S]*?)<\/script>/g;
/** The generator finds the root from the page; from the script, it is right on the page of a 404 too. */
const ROOT = /new URL\("[./]+",location\)/;

/**
 * Moves the scripts of a page into files, because the content security policy forbids those inside pages.
 * @param html the page
 * @param site folder of the built site
 * @throws Error if the page has no script that finds the root of the site
 */
export function moveScriptsOut(html: string, site: string): string {
  if (!ROOT.test(html)) {
    throw new Error(`a page has no script that matches ${ROOT}: ${html.slice(0, 500)}`);
  }
  return html.replaceAll(INLINE, (_, code: string) => {
    const script = code.replace(ROOT, 'new URL("..",document.currentScript.src)');
    const digest = createHash('sha256').update(script).digest('hex').slice(0, 8);
    const name = `assets/start.${digest}.js`;
    mkdirSync(path.join(site, 'assets'), { recursive: true });
    writeFileSync(path.join(site, name), script);
    return `<script src="./${name}"></script>`;
  });
}
