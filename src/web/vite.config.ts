import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const folder = fileURLToPath(new URL('.', import.meta.url));
const built = path.join(folder, '../../dist/page');

/** Writes each file compressed beside itself, so that the service need not do it while rigs wait. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    writeBundle() {
      for (const name of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const file = path.join(built, name);
        const bytes = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(bytes));
        writeFileSync(`${file}.gz`, gzipSync(bytes));
      }
    },
  };
}

export default defineConfig({
  root: folder,
  // also behind a proxy that serves it under a path
  base: './',
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    // the policy of the page allows no data: and no inline script
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // how long plugins take on a busy machine is nothing to act on
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  plugins: [compressed()],
});
