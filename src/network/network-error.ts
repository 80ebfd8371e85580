/** The kernel refused a request, or did not answer it in time. */
export class NetworkError extends Error {
  override name = 'NetworkError';
  /**
   * The kernel's `EPERM`, `ENODEV`, `EACCES` (IPv6 is off on the link), …; `TIMEOUT` when it did not
   * answer, `CLOSED` after `close()`, `INTERRUPTED` when the network kept changing during a listing.
   */
  readonly code: string;
  constructor(request: string, code: string, options?: ErrorOptions) {
    super(`${request}: ${code}`, options);
    this.code = code;
  }
}
