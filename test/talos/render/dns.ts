import t from 'tap';
import { parse } from 'yaml';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { externalDns, recordsOf, route53, zoneLines } from '../../../src/talos/render/dns.ts';

const NAME = 'name: c\ndnsName: cp.k8s.example.net\n';
const NODES = 'nodes: [{name: a, role: controlplane, address: 10.0.0.10}]\n';
const OPTIONS = { ttl: '60', zoneId: 'local.zone_id' };
const records = (head: string) => recordsOf(parseInventory(`${NAME}${head}\n${NODES}`, 'c'));
const DUAL = "endpoint: {mode: talosvip}\nvips: [10.0.0.9, 'fd00::9']";

await t.test('Terraform: a record of each family, one value each', (t) => {
  t.equal(
    route53(records('endpoint: {mode: talosvip}\nvips: [10.0.0.9]'), {
      ...OPTIONS,
      ttl: 'local.default_ttl',
    }),
    `# Apply it when the VIP answers, not before: "vip-elector talos owner" shows it.
resource "aws_route53_record" "cp_k8s_example_net_a" {
  zone_id = local.zone_id
  name    = "cp.k8s.example.net"
  type    = "A"
  ttl     = local.default_ttl
  records = ["10.0.0.9"]
}
`,
  );
  const both = route53(records(DUAL), { ttl: '60', zoneId: 'Z0123ABC' });
  t.match(both, /zone_id = "Z0123ABC"[^]*"AAAA"[^]*"fd00::9"/);
  t.end();
});

await t.test('a zone file, external-dns, an alias', (t) => {
  t.equal(
    zoneLines(records(DUAL), OPTIONS).split('\n').slice(1).join('\n'),
    'cp.k8s.example.net. 60 IN A 10.0.0.9\ncp.k8s.example.net. 60 IN AAAA fd00::9\n',
  );
  t.match(parse(externalDns(records(DUAL), OPTIONS)), {
    kind: 'DNSEndpoint',
    spec: { endpoints: [{ recordType: 'A', recordTTL: 60, targets: ['10.0.0.9'] }, {}] },
  });
  const alias = records('endpoint: {mode: custom, custom: lb.example.com}');
  t.match(zoneLines(alias, OPTIONS), 'IN CNAME lb.example.com.\n');
  t.end();
});

await t.test('what makes no record, and what could leave its place in Terraform', (t) => {
  t.throws(() => recordsOf(parseInventory(`name: c\n${NODES}`, 'c')), /write dnsName/);
  t.throws(() => records('endpoint: {mode: networkconfiguration}'), /gives no address/);
  const one = records(DUAL);
  t.throws(() => route53(one, { ...OPTIONS, zoneId: 'x" }' }), /--zone-id = "x\\" }": is none/);
  t.throws(() => route53(one, { ...OPTIONS, ttl: '-1' }), /--ttl = "-1": is none; write seconds/);
  t.throws(() => zoneLines(one, { ...OPTIONS, ttl: 'local.ttl' }), /--ttl/);
  t.end();
});
