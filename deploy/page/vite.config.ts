import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compressFolder } from '../compress-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = path.join(root, 'dist/page');

export default defineConfig({
  root: path.join(root, 'src/web'),
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
  plugins: [{ name: 'compressed', writeBundle: () => compressFolder(built) }],
});
