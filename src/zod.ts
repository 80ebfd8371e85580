/**
 * zod without the fifty languages that it brings for its messages: they take 1.3 MiB and 30 ms of a
 * start's CPU time, and only its English is ever used, which is loaded apart from them. Its ES modules
 * import them all; of its CommonJS form the list can be left empty. The one importer of zod but for
 * types.
 */
import { createRequire, Module } from 'node:module';

const load = createRequire(import.meta.url);
const languages = load.resolve('zod/v4/locales');
load.cache[languages] ??= Object.assign(new Module(languages), { loaded: true, exports: {} });

export const { z } = load('zod') as typeof import('zod');
