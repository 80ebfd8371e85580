/**
 * Lets plain Node run the TypeScript of this repository, for the workers of the simulation, and puts
 * a mutant into the source on the way (see mutants/): `node --import ./test/sim/loader.mjs`.
 */
import { register } from 'node:module';
register('./loader-hooks.mjs', import.meta.url, { data: { mutant: process.env.SIM_MUTANT } });
