import { PublicError } from '../errors.js';
import { StorageFault } from './storage-fault.js';

/** Reasons by the code of S3, of the client or of the system: those that only a change of settings mends. */
const SETTINGS_REASONS: ReadonlyMap<string, string> = new Map([
  ['NoSuchBucket', 'has no such bucket'],
  ['AccessDenied', 'denies access'],
  ['Forbidden', 'denies access'],
  ['AllAccessDisabled', 'denies access'],
  ['InvalidAccessKeyId', 'does not know the access key'],
  ['SignatureDoesNotMatch', 'does not accept the secret key'],
  ['InvalidToken', 'does not accept the session token'],
  ['ExpiredToken', 'does not accept the session token, which has expired'],
  ['PermanentRedirect', 'has the bucket in another region'],
  ['AuthorizationHeaderMalformed', 'has the bucket in another region'],
  [
    'CredentialsProviderError',
    'got no credentials; expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a web identity or a role',
  ],
]);

const SLOWED: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]);

/** What the client throws, as an error of no kind. */
const NO_REGION = 'Region is missing';

/** What is read of an error of the client. */
interface ClientError {
  readonly name: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Returns what S3, the client or the network reports as a fault with its reason.
 * @param setting whose storage it is, such as `DATA_DIR`
 * @returns undefined for anything else, which is a bug
 */
export function storageFault(setting: string, error: unknown): StorageFault | undefined {
  if (error instanceof StorageFault) return error;
  if (error instanceof Error && error.message === NO_REGION) {
    return new StorageFault(
      `the storage of ${setting} has no region; set AWS_REGION`,
      false,
      error,
    );
  }
  if (error instanceof PublicError || !isClientError(error)) return undefined;
  const code = typeof error.code === 'string' ? error.code : error.name;
  const storage = `the storage of ${setting}`;
  const status = error.$metadata?.httpStatusCode;
  const known = SETTINGS_REASONS.get(code) ?? (status === 403 ? 'denies access' : undefined);
  if (known !== undefined) return new StorageFault(`${storage} ${known} (${code})`, false, error);
  const what = describePassing(code, status);
  return new StorageFault(`${storage} ${what} (${code})`, true, error);
}

function describePassing(code: string, status: number | undefined): string {
  if (SLOWED.has(code) || status === 503 || status === 429) return 'asks for fewer requests';
  if (status !== undefined) return `answers with status ${status}`;
  if (code === 'TimeoutError' || code === 'ETIMEDOUT') return 'does not answer in time';
  return 'cannot be reached';
}

/** Errors of S3 have `$metadata`; those of the network and of the client's timers have a code or a name. */
function isClientError(error: unknown): error is ClientError {
  if (!(error instanceof Error)) return false;
  return (
    '$metadata' in error ||
    ('code' in error && typeof error.code === 'string') ||
    error.name === 'TimeoutError' ||
    error.name === 'CredentialsProviderError'
  );
}
