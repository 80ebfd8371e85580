import { ok, warn, type Finding } from './finding.ts';

/** What the kernel is, as far as addresses are concerned. */
export interface KernelSeen {
  /** As `uname -r` prints it. */
  readonly release: string;
  /** It keeps IFA_PROTO. */
  readonly marksAddresses: boolean;
}

export function judgeKernel({ release, marksAddresses }: KernelSeen): Finding[] {
  const marks = 'address marks';
  return [
    ok('kernel', `Linux ${release}`),
    marksAddresses
      ? ok(marks, 'addresses that we add carry our protocol (IFA_PROTO)')
      : warn(
          marks,
          'the kernel keeps no protocol of addresses (IFA_PROTO): only the state file tells ours from ' +
            'others, and without it a start waits 12 s',
          'Linux 5.18 or later; until then keep the runtime directory over restarts of the daemon',
        ),
  ];
}
