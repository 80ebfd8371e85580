#!/usr/bin/env node
import './heap.ts';
import { main } from './cli/main.ts';
import { processIo } from './cli/options.ts';

// grpc-js names the server by its IP where an https endpoint has one, and Node calls that deprecated
// (DEP0123). The certificate's IP is checked all the same; an operator could do nothing about it.
process.noDeprecation = true;

const exitCode = await main(process.argv.slice(2), processIo);
// A command that ran through may have set its own: `check` and `--diff` do.
if (exitCode !== 0) process.exitCode = exitCode;
