#!/usr/bin/env node
import { createProgram } from './program.js';
import { runCommand } from './run-command.js';

// The client of S3 would warn of versions of Node that its later versions will not know.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const words = process.argv.slice(2);
await runCommand(await createProgram(process.env, words), words);
