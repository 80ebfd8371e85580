import t from 'tap';
import { defectsOf, firstSoundVersion } from '../../../src/election/etcd/defects.ts';

await t.test('a version below the first sound one of its line has the defect', async (t) => {
  t.match(defectsOf('3.4.23').join(), /20418.*20590.*15247.*17529/, "Debian 12's");
  t.match(defectsOf('3.5.27').join(), /20418.*CVE/);
  t.same(defectsOf('3.5.28'), []);
  t.match(defectsOf('3.6.8').join(), /20418/);
  t.same(defectsOf('3.6.9'), []);
  t.same(defectsOf('3.4.42'), []);
  t.notMatch(defectsOf('3.4.38').join(), /20590/, 'only what is not mended yet');
});

await t.test('a newer line has none that we know of, an older one was never tried', async (t) => {
  t.same(defectsOf('3.7.0'), []);
  t.same(defectsOf('4.0.0'), []);
  t.match(defectsOf('3.3.27'), [/3\.3 is older/]);
});

await t.test('suffixes do not matter, and what is no version has no defects', async (t) => {
  t.match(defectsOf('3.5.1+git'), [/20418/, /20590/, /15247/, /17529/, /CVE/]);
  t.same(defectsOf('kine'), []);
  t.same(defectsOf(''), []);
});

await t.test(
  'what to upgrade to is the first version of the line without any of them',
  async (t) => {
    for (const version of ['3.4.23', '3.5.0', '3.5.27', '3.6.8', '3.6.0-rc.1']) {
      const sound = firstSoundVersion(version) ?? '';
      t.same(defectsOf(sound), [], `${version} → ${sound}`);
      t.equal(sound.slice(0, 4), version.slice(0, 4), 'of the same line');
    }
    for (const version of ['3.3.27', '3.7.0', 'kine', ''])
      t.equal(firstSoundVersion(version), undefined);
  },
);
