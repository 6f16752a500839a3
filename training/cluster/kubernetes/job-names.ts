import { InvalidArgumentError } from 'commander';

/** Reads the name of an image, as container runtimes accept it: `registry.example:5000/lab/hypercolumn:0.1.0`. */
export function imageName(text: string): string {
  if (IMAGE.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be the name of an image, such as registry.example/hypercolumn:0.1.0.',
  );
}

const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REGISTRY = '(?:[A-Za-z0-9.-]+|\\[[0-9a-fA-F:]+\\])(?::\\d+)?/';
const TAG = ':\\w[\\w.-]{0,127}';
const DIGEST = '@sha256:[0-9a-f]{64}';
const IMAGE = new RegExp(`^(?:${REGISTRY})?${PART}(?:/${PART})*(?:${TAG})?(?:${DIGEST})?$`);

/** Reads the name of a PersistentVolumeClaim. */
export function claimName(text: string): string {
  const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
  if (new RegExp(`^${label}(?:\\.${label})*$`).test(text) && text.length <= 253) return text;
  throw new InvalidArgumentError(
    'It must be the name of a claim: lower case letters, digits, - and ., such as hypercolumn.',
  );
}

/** Reads the folder of the containers at which the claim is mounted. */
export function mountFolder(text: string): string {
  if (/^\/[^:\s/][^:\s]*$/.test(text) && !text.split('/').includes('..')) return text;
  throw new InvalidArgumentError('It must be an absolute path without colons, such as /lab.');
}
