import { fileURLToPath } from 'node:url';

/** The top of this repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the parts of the package lie. */
export const HERE = fileURLToPath(new URL('.', import.meta.url));
