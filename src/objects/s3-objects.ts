import { setImmediate } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { InputError } from '../errors.js';
import { sha256InSlices } from '../files/whole-file.js';
import type { ObjectInfo, ObjectStore, PutOptions, ReadObject } from './object-store.js';
import { storageFault } from './s3-fault.js';
import { parseS3Place } from './s3-place.js';
import { StorageFault } from './storage-fault.js';

/** Where S3 is, if it is not the one of AWS. Credentials are found as every client of AWS finds them. */
export interface S3Connection {
  /** Such as `https://minio.lab:9000`; undefined for AWS. */
  readonly endpoint: string | undefined;
  /** Undefined: found as every client of AWS finds it. An S3 with an endpoint of its own needs none. */
  readonly region: string | undefined;
}

export interface S3ObjectsOptions extends S3Connection {
  /** `s3://bucket/prefix` */
  readonly place: string;
  /** The setting that names the place, for messages. */
  readonly setting: string;
}

/** The region in signatures for an S3 that has no regions. */
const ANY_REGION = 'us-east-1';
/** Milliseconds to connect, to the first byte of an answer, and between two pieces of one. */
const TIMEOUTS = { connectionTimeout: 2000, requestTimeout: 5000, socketTimeout: 10_000 };
/** Milliseconds to the answer of an upload, which begins when all has been sent. */
const UPLOAD_TIMEOUT = 60_000;
/** Times that a request is sent, with growing pauses, and that an answer is read that breaks off. */
const ATTEMPTS = 3;
/** Bytes of a part; a larger object is uploaded in parts. S3 takes at least 5 MiB. */
const PART = 8 * 2 ** 20;
/** The name under which an object's sha256 is kept. */
const SHA256 = 'sha256';

/**
 * Keeps objects in a bucket. Requests that fail for a passing reason are sent again; then they throw a
 * `StorageFault`.
 * @throws InputError when the place cannot be one
 */
export function createS3Objects(options: S3ObjectsOptions): ObjectStore {
  const { endpoint, region, setting } = options;
  const { bucket, prefix } = parseS3Place(options.place);
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: ANY_REGION }),
    ...(region === undefined ? {} : { region }),
    maxAttempts: ATTEMPTS,
    requestHandler: { ...TIMEOUTS, throwOnRequestTimeout: true },
    // Not every S3 knows the newer checksums. The signature has the sha256 of what is sent.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return objectsBelow(client, { bucket, prefix, setting });
}

interface Below {
  readonly bucket: string;
  readonly prefix: string;
  readonly setting: string;
}

function objectsBelow(client: S3Client, { bucket, prefix, setting }: Below): ObjectStore {
  const store: ObjectStore = {
    place: `s3://${bucket}/${prefix}`.replace(/\/$/, ''),
    read: (key, most) => guard(() => readWhole(key, most)),
    readStart: (key, length) => guard(() => get(key, `bytes=0-${length - 1}`, length)),
    stat: (key) => guard(() => stat(key)),
    put: (key, content, put = {}) => guard(() => write(key, content, put)),
    list,
    remove: (key) => guard(async () => void (await client.send(new DeleteObjectCommand(at(key))))),
    within: (name) => objectsBelow(client, { bucket, prefix: `${prefix}${name}/`, setting }),
  };
  return store;

  async function guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageFault(setting, error) ?? error;
    }
  }

  function at(key: string) {
    return { Bucket: bucket, Key: `${prefix}${key}` };
  }

  async function stat(key: string): Promise<ObjectInfo | undefined> {
    try {
      const head = await client.send(new HeadObjectCommand(at(key)));
      return describe(key, head.ContentLength, head);
    } catch (error) {
      if (!hasName(error, 'NotFound', 'NoSuchKey')) throw error;
      // An answer to HEAD does not say whether it is the bucket that is not there.
      await checkBucket();
      return undefined;
    }
  }

  async function checkBucket(): Promise<void> {
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!hasName(error, 'NotFound')) throw error;
      throw new StorageFault(
        `the storage of ${setting} has no such bucket (NoSuchBucket)`,
        false,
        error,
      );
    }
  }

  async function readWhole(key: string, most: number): Promise<ReadObject | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await get(key, undefined, most);
      } catch (error) {
        // The client sends a request again, but does not read an answer again that broke off.
        if (!(error instanceof BrokenAnswer) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async function get(
    key: string,
    range: string | undefined,
    most: number,
  ): Promise<ReadObject | undefined> {
    const found = await client
      .send(new GetObjectCommand({ ...at(key), Range: range }))
      .catch((error: unknown) => {
        if (!hasName(error, 'NoSuchKey')) throw error;
        return undefined;
      });
    if (found === undefined) return undefined;
    // In Node it is a stream of the answer.
    const body = found.Body as unknown as AsyncIterable<Buffer> & { destroy(): void };
    const length = found.ContentLength ?? 0;
    if (length > most) {
      body.destroy();
      throw new InputError(`${key} is too large: ${length} bytes; expected at most ${most}`);
    }
    const total = Number(/\/(\d+)$/.exec(found.ContentRange ?? '')?.[1] ?? length);
    return { ...describe(key, total, found), content: await collect(key, body, length) };
  }

  async function write(key: string, content: Uint8Array, { ifAbsent = false }: PutOptions) {
    const metadata = { [SHA256]: await sha256InSlices(content) };
    const condition = ifAbsent ? { IfNoneMatch: '*' } : {};
    const send = content.length > PART ? putInParts : putAtOnce;
    for (let attempt = 1; ; attempt++) {
      try {
        await send(key, content, metadata, condition);
        return true;
      } catch (error) {
        if (ifAbsent && hasName(error, 'PreconditionFailed')) return false;
        // Two wrote at the same time, and neither may have succeeded.
        if (!hasName(error, 'ConditionalRequestConflict') || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async function putAtOnce(key: string, Body: Uint8Array, Metadata: Metadata, condition: object) {
    const command = new PutObjectCommand({ ...at(key), Body, Metadata, ...condition });
    await client.send(command, { requestTimeout: UPLOAD_TIMEOUT });
  }

  /** The object is there once all parts are, when the upload is completed. */
  async function putInParts(
    key: string,
    content: Uint8Array,
    Metadata: Metadata,
    condition: object,
  ): Promise<void> {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...at(key), Metadata }),
    );
    const upload = { ...at(key), UploadId };
    try {
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let begin = 0; begin < content.length; begin += PART) {
        const PartNumber = Parts.length + 1;
        const Body = content.subarray(begin, begin + PART);
        const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }), {
          requestTimeout: UPLOAD_TIMEOUT,
        });
        Parts.push({ PartNumber, ETag });
        await setImmediate();
      }
      await client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...condition }),
        { requestTimeout: UPLOAD_TIMEOUT },
      );
    } catch (error) {
      // Parts that stay are never seen; they only take room.
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async function* list(): AsyncGenerator<ObjectInfo> {
    let next: string | undefined;
    do {
      const token = next;
      const page = await guard(() =>
        client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        ),
      );
      for (const { Key = '', Size, ...found } of page.Contents ?? []) {
        yield describe(Key.slice(prefix.length), Size, found);
      }
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  async function collect(
    key: string,
    body: AsyncIterable<Buffer>,
    length: number,
  ): Promise<Buffer> {
    const content = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    try {
      for await (const piece of body) {
        if (filled + piece.length > length) throw new Error('the answer is longer than it says');
        content.set(piece, filled);
        filled += piece.length;
      }
      if (filled < length) throw new Error('the answer is shorter than it says');
    } catch (cause) {
      throw new BrokenAnswer(
        `the storage of ${setting} broke off while ${key} was read`,
        true,
        cause,
      );
    }
    return content;
  }
}

type Metadata = Record<string, string>;

/** What S3 says of an object. */
interface Described {
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Metadata | undefined;
  readonly ETag?: string | undefined;
}

class BrokenAnswer extends StorageFault {}

function describe(
  key: string,
  bytes: number | undefined,
  { LastModified, Metadata, ETag }: Described,
): ObjectInfo {
  return {
    key,
    bytes: bytes ?? 0,
    modified: LastModified ?? new Date(0),
    sha256: Metadata?.[SHA256],
    tag: ETag,
  };
}

function hasName(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
