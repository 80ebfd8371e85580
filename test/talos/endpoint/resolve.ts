import t from 'tap';
import { resolveEndpoint } from '../../../src/talos/endpoint/resolve.ts';
import { parseInventory } from '../../../src/talos/inventory/load.ts';

const NODES = `nodes:
  - {name: a, role: controlplane, address: 10.0.0.10}
  - {name: b, role: controlplane, address: 10.0.0.11}
`;

function resolved(head: string, lenient = false) {
  return resolveEndpoint(parseInventory(`name: c\n${head}\n${NODES}`, 'c.yaml'), { lenient });
}

await t.test('each mode finds its endpoint', (t) => {
  const cases: [string, string][] = [
    ['endpoint: {mode: none}', 'https://10.0.0.10:6443'],
    ['endpoint: {mode: talosvip}\nvips: [10.0.0.9]', 'https://10.0.0.9:6443'],
    ["endpoint: {mode: talosvip}\nvips: ['fd00::9']", 'https://[fd00::9]:6443'],
    ["endpoint: {mode: talosvip}\nvips: ['fd00::9', 10.0.0.9]", 'https://10.0.0.9:6443'],
    ['endpoint: {loadBalancerIps: [10.0.0.50]}', 'https://10.0.0.50:6443'],
    [
      'endpoint: {mode: custom, custom: "lb1.example.com:8443,lb2"}',
      'https://lb1.example.com:8443',
    ],
    ['endpoint: {mode: none}\ndnsName: cp.example.com', 'https://cp.example.com:6443'],
  ];
  for (const [head, url] of cases) t.equal(resolved(head).url, url, head);
  t.end();
});

await t.test('all endpoints are in the certificate once, talosconfig has nodes only', (t) => {
  const head = 'endpoint: {mode: custom, custom: "https://lb:6443, LB, 10.0.0.10, [fd00:0::1]"}';
  const { sans, talosEndpoints } = resolved(head);
  t.strictSame(sans, ['lb', '10.0.0.10', 'fd00::1', '10.0.0.11']);
  t.strictSame(talosEndpoints, ['10.0.0.10', '10.0.0.11']);
  t.end();
});

await t.test('a mode without its address is refused, or leniently the first control plane', (t) => {
  for (const mode of ['networkconfiguration', 'talosvip']) {
    const head = `endpoint: {mode: ${mode}}`;
    t.throws(() => resolved(head), new RegExp(`endpoint mode ${mode} needs`));
    const { url, warnings } = resolved(head, true);
    t.equal(url, 'https://10.0.0.10:6443');
    t.match(warnings, [/first control plane's address is taken/]);
  }
  t.end();
});
