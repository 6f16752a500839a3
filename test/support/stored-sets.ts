import { encodeNpy } from '../../src/formats/npy.js';
import { setDigest, stimulusDigest } from '../../src/stimulus/stimuli.js';
import { createTestApp, type TestAppOptions } from './app.js';
import { openTestStore, type TestStoreOptions } from './store.js';

export const SETS = '/v1/stimulus-sets';
export const MODEL = '/v1/models/tiny';
/** Four uniform stimuli of 3x2 pixels. */
export const LEVELS = [51, 255, 102, 0];
export const PIXELS = Uint8Array.from({ length: 24 }, (_, i) => LEVELS[Math.floor(i / 6)]!);
export const NPY = encodeNpy(PIXELS, [4, 3, 2]);
export const DIGESTS = LEVELS.map((level) =>
  stimulusDigest({
    height: 3,
    width: 2,
    channels: 1,
    pixels: new Float32Array(6).fill(level / 255),
  }),
);
export const DIGEST = setDigest(DIGESTS);

/** An app with a store that is deleted when the test ends. */
export async function createStoringApp(options: TestAppOptions & TestStoreOptions = {}) {
  const store = await openTestStore(options);
  return { ...createTestApp({ store, ...options }), store };
}

type App = Awaited<ReturnType<typeof createStoringApp>>['app'];

export const put = (
  app: App,
  body: NonNullable<RequestInit['body']> = new Uint8Array(NPY),
  query = '',
  contentType?: string,
) => {
  const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
  return app.request(SETS + query, { method: 'PUT', body, headers });
};

export const send = (
  app: App,
  route: string,
  body: unknown,
  headers: Record<string, string> = {},
) =>
  app.request(`${MODEL}/${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });

export const detailOf = async (answer: Response | Promise<Response>) => {
  const { status, detail } = (await (await answer).json()) as { status: number; detail: string };
  return `${status} ${detail}`;
};
