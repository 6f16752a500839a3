#!/usr/bin/env node
import { bundled } from '../bundled.js';

type RunProgram = typeof import('./run-program.js');

/** Commands that the bundle holds; the others are loaded as they are compiled. */
const BUNDLED = ['serve', 'worker'];

// The client of S3 would warn of versions of Node that its later versions will not know.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const words = process.argv.slice(2);
const program = new URL('./run-program.js', import.meta.url);
const isBundled = BUNDLED.includes(words[0] ?? '');
const { runProgram }: RunProgram = await import(isBundled ? bundled(program) : program.href);
await runProgram(process.env, words);
