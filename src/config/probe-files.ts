import { X509Certificate } from 'node:crypto';
import { describe } from '../errors.ts';
import type { Files } from './credentials.ts';
import { probesOf } from './health.ts';
import type { Finding } from './issues.ts';
import type { Path } from './path.ts';
import { checkProgram } from './programs.ts';
import type { Draft } from './schema.ts';

/** Looks whether the programs and CA files of the probes are there. */
export function checkProbeFiles({ groups = [] }: Draft, files: Files): Finding[] {
  return groups.flatMap(({ health }, index) => {
    const place = ['groups', index, 'health'];
    const found: Finding[] = [];
    const seen = new Set<string>();
    for (const probe of probesOf(health)) {
      const path = [...place, 'probes'];
      if (probe.kind === 'exec') found.push(...checkProgram(path, probe.program, files.fileMode));
      if (probe.kind !== 'http' || probe.caFile === undefined || seen.has(probe.caFile)) continue;
      seen.add(probe.caFile);
      const named = health?.ca === undefined ? path : [...place, 'ca'];
      found.push(...checkCa(named, probe.caFile, files));
    }
    return found;
  });
}

function checkCa(path: Path, file: string, { readFile }: Files): Finding[] {
  let pem: string;
  try {
    pem = readFile(file);
  } catch (error) {
    const remedy = `make it readable, or name another with health.ca (${describe(error)})`;
    return [{ path, problem: `needs the CA in ${file}, which cannot be read`, remedy }];
  }
  try {
    void new X509Certificate(pem);
    return [];
  } catch (error) {
    const remedy = `name a file with -----BEGIN CERTIFICATE----- (${describe(error)})`;
    return [{ path, problem: `needs the CA in ${file}, which holds no certificate`, remedy }];
  }
}
