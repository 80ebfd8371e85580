import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe } from '../errors.ts';
import type { Path } from './path.ts';
import type { Draft } from './schema.ts';
import type { Finding } from './issues.ts';

/** The files of a machine, as the configuration needs them. */
export interface Files {
  /** The text of a file. @throws Error when it cannot be read */
  readonly readFile: (path: string) => string;
  /** Permission bits (st_mode). @throws Error when there is none */
  readonly fileMode: (path: string) => number;
}

/** What was found out about the files that the configuration names. */
export interface CredentialCheck {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

/** Everyone else's bits, and those of the group but to read: what a secret's file need not have. */
const TOO_WIDE = 0o137;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads the PEM and password files that are named. What they contain is kept nowhere. */
export function checkCredentials({ etcd = {} }: Draft, files: Files): CredentialCheck {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  const read = (field: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    try {
      return files.readFile(path);
    } catch (error) {
      const remedy = `make it readable for this process (${describe(error)})`;
      findings.push({ path: ['etcd', field], problem: 'cannot be read', remedy });
      return undefined;
    }
  };
  const secret = (field: string, path: string | undefined): string | undefined => {
    const text = read(field, path);
    if (text === undefined || path === undefined) return undefined;
    const mode = files.fileMode(path) & 0o777;
    if ((mode & TOO_WIDE) !== 0) {
      const octal = mode.toString(8).padStart(4, '0');
      warnings.push(`${path} (etcd.${field}) has mode ${octal}: a secret needs 0640 at most`);
    }
    return text;
  };
  const ca = read('ca', etcd.ca);
  const cert = read('cert', etcd.cert);
  const key = secret('key', etcd.key);
  const password = secret('passwordFile', etcd.passwordFile);
  if (ca !== undefined) findings.push(...certificateFindings('ca', ca));
  if (cert !== undefined) findings.push(...certificateFindings('cert', cert));
  if (key !== undefined) findings.push(...keyFindings(key));
  if (password?.trim() === '') {
    const remedy = 'write the password into it';
    findings.push({ path: ['etcd', 'passwordFile'], problem: 'is an empty file', remedy });
  }
  if (findings.length === 0 && cert !== undefined && key !== undefined) {
    findings.push(...pairFindings(cert, key));
  }
  return { findings, warnings };
}

function certificateFindings(field: string, pem: string): Finding[] {
  const path: Path = ['etcd', field];
  const remedy = 'name a file with -----BEGIN CERTIFICATE-----';
  if (!CERTIFICATE.test(pem)) return [{ path, problem: 'contains no PEM certificate', remedy }];
  try {
    void new X509Certificate(pem);
    return [];
  } catch (error) {
    return [{ path, problem: `contains a broken certificate (${describe(error)})`, remedy }];
  }
}

function keyFindings(pem: string): Finding[] {
  const path: Path = ['etcd', 'key'];
  const remedy = 'name a file with -----BEGIN PRIVATE KEY-----';
  if (ENCRYPTED_KEY.test(pem)) {
    const plain = 'decrypt it, and protect the file by its mode';
    return [{ path, problem: 'is encrypted, and nobody is there to type', remedy: plain }];
  }
  if (!PRIVATE_KEY.test(pem)) return [{ path, problem: 'contains no PEM private key', remedy }];
  try {
    createPrivateKey(pem);
    return [];
  } catch (error) {
    return [{ path, problem: `contains a broken key (${describe(error)})`, remedy }];
  }
}

function pairFindings(cert: string, key: string): Finding[] {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return [];
  const remedy = 'name the key for which the certificate was issued';
  return [{ path: ['etcd', 'key'], problem: 'does not belong to etcd.cert', remedy }];
}
