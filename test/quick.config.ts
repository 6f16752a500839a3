import { defineConfig } from 'vitest/config';
import everything from './vitest.config.js';

/**
 * These tests find within a minute whether a Node version runs Hypercolumn: the pure parts, each
 * engine and native module, and the service as a real process.
 */
export default defineConfig({
  ...everything,
  test: {
    ...everything.test,
    include: [
      'test/{formats,stimulus,tuning,storage}/**/*.test.ts',
      'test/config.test.ts',
      'test/inference/onnx/*.test.ts',
      'test/network/golden.{tensorflow,wasm}.test.ts',
      'test/server/process.test.ts',
    ],
  },
});
