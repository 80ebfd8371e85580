#!/usr/bin/env node
import { main } from './cli/main.ts';
import { processIo } from './cli/options.ts';

const exitCode = await main(process.argv.slice(2), processIo);
// A command that ran through may have set its own: `check` and `--diff` do.
if (exitCode !== 0) process.exitCode = exitCode;
