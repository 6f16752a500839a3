import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { guideConfig } from '../config.js';
import { placesIn } from '../places.js';

export default defineConfig(
  guideConfig(placesIn(fileURLToPath(new URL('../../..', import.meta.url)))),
);
