/** What must be true of the etcd fields together. Pure. */
import ipaddr from 'ipaddr.js';
import type { Ruled } from './ruled.ts';
import { isRefused } from './ruled.ts';
import type { Draft } from './schema.ts';
import type { Finding } from './issues.ts';

/** Endpoints: none of them a VIP of ours, none twice, one scheme. */
export function endpoints(ruled: Ruled): Finding[] {
  const { etcd, groups = [] } = ruled.draft;
  const urls = etcd?.endpoints ?? [];
  const list = ['etcd', 'endpoints'];
  const managed = new Set(groups.flatMap(({ vips = [] }) => vips.map(({ address }) => address)));
  const found: Finding[] = urls.flatMap((url, position): Finding[] => {
    const path = isRefused(ruled, list) ? list : [...list, position];
    if (managed.has(addressOf(url))) {
      const problem = 'is a virtual IP that this node manages: it would elect by means of itself';
      return [{ path, problem, remedy: "name the members' own addresses" }];
    }
    if (urls.indexOf(url) === position) return [];
    return [{ path, problem: 'is named a second time', remedy: 'name each member once' }];
  });
  const secure = urls.filter((url) => url.startsWith('https:')).length;
  if (secure > 0 && secure < urls.length) {
    const problem = 'mixes http and https';
    found.push({ path: list, problem, remedy: 'use https for all of them' });
  }
  return found;
}

/** The host of an endpoint as an address in canonical form, or its name. */
function addressOf(url: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(host) ? ipaddr.process(host).toString() : host;
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'serverName'] as const;

/** Certificates, user and password: whole pairs, and only where they have an effect. */
export function authentication({ etcd = {} }: Draft): Finding[] {
  const found: Finding[] = [];
  const pair = (given: keyof typeof etcd, other: keyof typeof etcd, remedy: string): void => {
    if (etcd[given] === undefined || etcd[other] !== undefined) return;
    found.push({ path: ['etcd', given], problem: `is given without etcd.${other}`, remedy });
  };
  pair('cert', 'key', 'give both, or neither');
  pair('key', 'cert', 'give both, or neither');
  pair('user', 'passwordFile', 'give both, or a client certificate with the user as common name');
  pair('passwordFile', 'user', 'give both, or neither');
  const urls = etcd.endpoints ?? [];
  if (urls.length === 0) return found;
  const plain = urls.every((url) => url.startsWith('http:'));
  if (!plain && etcd.insecure === true) {
    const problem = 'is only for plain http; with https certificates are always checked';
    found.push({ path: ['etcd', 'insecure'], problem, remedy: 'leave it out' });
  }
  for (const field of plain ? TLS_FIELDS : []) {
    if (etcd[field] === undefined) continue;
    const problem = 'has no effect: the endpoints are http://';
    found.push({ path: ['etcd', field], problem, remedy: 'use https endpoints, or leave it out' });
  }
  return found;
}

/** What is allowed, and yet rarely meant. */
export function ruleWarnings({ node, etcd = {} }: Draft): string[] {
  const found: string[] = [];
  const open = (etcd.endpoints ?? []).filter((url) => url.startsWith('http:') && !isLoopback(url));
  if (open.length > 0 && etcd.insecure !== true) {
    found.push(
      `etcd at ${open.join(', ')} is reached by plain http: anyone on the way can read and change ` +
        'who holds the VIP; use https, or set etcd.insecure if this is intended',
    );
  }
  if (node === 'localhost') {
    found.push(
      'this node is called localhost, as others may be too: set node to a name of its own',
    );
  }
  return found;
}

function isLoopback(url: string): boolean {
  const host = addressOf(url);
  if (host === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.parse(host).range() === 'loopback';
}
