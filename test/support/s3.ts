import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, onTestFinished, vi } from 'vitest';
import type { S3Connection } from '../../src/objects/s3-objects.js';
import { moto } from './capabilities.js';

const REGION = 'us-east-1';

/** A stand-in for S3, and a bucket of one test. */
export interface TestS3 extends S3Connection {
  readonly endpoint: string;
  readonly bucket: string;
  /** `s3://bucket` */
  readonly place: string;
  /** Of a process that uses it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: S3Client;
}

/**
 * Offers moto, a stand-in for S3, to the tests of a file. It starts when the first test asks for a bucket.
 * Until the end of that test the credentials are in the environment of this process as well.
 */
export function s3ForTests(): () => Promise<TestS3> {
  let started: ReturnType<typeof startMoto> | undefined;
  let buckets = 0;
  afterAll(async () => (await started)?.kill());
  return async () => {
    started ??= startMoto();
    const { endpoint } = await started;
    const environment = {
      AWS_ACCESS_KEY_ID: 'test-key-id',
      AWS_SECRET_ACCESS_KEY: 'test-secret-key',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: endpoint,
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true });
    onTestFinished(() => {
      vi.unstubAllEnvs();
      client.destroy();
    });
    buckets += 1;
    const bucket = `bucket-${buckets}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { endpoint, region: REGION, bucket, place: `s3://${bucket}`, environment, client };
  };
}

async function startMoto() {
  const child = spawn(moto().python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0']);
  const ended = once(child, 'exit');
  let output = '';
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      output += text.toString();
      const url = /Running on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error(output)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { endpoint, kill };
}

/** Keys of uploads in parts that were neither completed nor aborted. */
export async function unfinishedUploads(s3: TestS3): Promise<(string | undefined)[]> {
  const command = new ListMultipartUploadsCommand({ Bucket: s3.bucket });
  const { Uploads = [] } = await s3.client.send(command);
  return Uploads.map(({ Key }) => Key);
}

/** Answers a request in place of S3; false lets it pass. */
export type Fault = (request: IncomingMessage, answer: ServerResponse) => boolean;

/** A proxy of S3 that answers wrongly, late or not at all as long as `fault` is set. */
export interface FaultyS3 {
  readonly endpoint: string;
  fault: Fault | undefined;
  /** Requests that have arrived, as `PUT /bucket/key`. */
  readonly requests: string[];
  /** Open connections. */
  connections(): Promise<number>;
}

/**
 * @param inTurn passes on one request at a time: moto checks a condition and writes in two steps, between which
 *   another request may come
 */
export async function startFaultyS3(
  { endpoint }: Pick<TestS3, 'endpoint'>,
  { inTurn = false } = {},
): Promise<FaultyS3> {
  const requests: string[] = [];
  let line = Promise.resolve();
  const server = createServer((received, answer) => {
    const { method = '', url = '/' } = received;
    requests.push(`${method} ${url}`);
    if (proxy.fault?.(received, answer) === true) return;
    if (!inTurn) return pass(received, answer);
    const closed = once(answer, 'close').then(() => undefined);
    void line.then(() => pass(received, answer));
    line = line.then(() => closed);
  });
  const pass = (received: IncomingMessage, answer: ServerResponse) => {
    const { method, url = '/', headers } = received;
    // The host is part of the signature.
    const forwarded = request(new URL(url, endpoint), { method, headers }, (reply) => {
      answer.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(answer);
    });
    forwarded.on('error', () => answer.destroy());
    received.pipe(forwarded);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  const proxy: FaultyS3 = {
    endpoint: `http://127.0.0.1:${address.port}`,
    fault: undefined,
    requests,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
  };
  return proxy;
}

/** Answers with an error of S3. */
export function s3Error(answer: ServerResponse, status: number, code: string): true {
  answer.writeHead(status, { 'Content-Type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  return true;
}
