import { PayloadTooLargeError, UnsupportedMediaError } from '../stimulus/errors.js';

/**
 * Reads a whole body of at most `limit` bytes.
 * @throws PayloadTooLargeError beyond the limit, UnsupportedMediaError when it is compressed
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new UnsupportedMediaError(
      `Content-Encoding: ${encoding} is not accepted; send the body as it is`,
    );
  }
  return await readAsSent(request, limit);
}

/**
 * Reads a whole body of at most `limit` bytes, compressed if that is how it comes. One that announces
 * more is not read; one that turns out longer is read no further into memory, only past.
 * @throws PayloadTooLargeError beyond the limit
 */
export async function readAsSent(request: Request, limit: number): Promise<Uint8Array> {
  const announced = request.headers.get('content-length');
  if (announced === null) return readCounting(request, limit);
  if (Number(announced) > limit) throw tooLarge(limit);
  // the quickest way on this server, which itself holds a body to the length announced
  return new Uint8Array(await request.arrayBuffer());
}

async function readCounting(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > limit) {
      void discard(reader);
      throw tooLarge(limit);
    }
    chunks.push(read.value);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

/**
 * Takes the rest of a body off the wire: a connection closed on a client that still sends would
 * lose it the answer. The server's request timeout ends this at last.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  try {
    while (reader && !(await reader.read()).done);
  } catch {
    // the client has gone
  }
}

export function tooLarge(limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `the body is larger than ${limit} bytes, the most that is accepted`,
  );
}
