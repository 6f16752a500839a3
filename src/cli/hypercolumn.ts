#!/usr/bin/env node
import { createProgram } from './program.js';
import { runCommand } from './run-command.js';

const words = process.argv.slice(2);
await runCommand(await createProgram(process.env, words), words);
