import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const folder = fileURLToPath(new URL('.', import.meta.url));
const built = path.join(folder, '../../dist/page');

/** Compresses each file at build time, so that the service does not compress while clients wait. */
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
  // Relative addresses also work behind a proxy that serves the page under a path.
  base: './',
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy forbids data: addresses and inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Plugin timings on a busy machine need no action.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  plugins: [compressed()],
});
