/** Two stimuli of 3x2 pixels (height x width); their pixels sum to 1.5 and 6. */
export const PIXELS = Float32Array.of(0, 0.25, 0.5, 0, 0.25, 0.5, 1, 1, 1, 1, 1, 1);
/** Their responses of columns 0..3 from the fake engine: sum * (column + 1). */
export const RESPONSES = [1.5, 3, 4.5, 6, 6, 12, 18, 24];

export const INFER = '/v2/models/tiny/infer';

/** The stimuli as an input without data. */
export const STIMULUS = { name: 'stimulus', shape: [2, 3, 2], datatype: 'FP32' };
/** The stimuli as an input in JSON. */
export const IN_JSON = { ...STIMULUS, data: [...PIXELS] };

export function bytesOf(values: Float32Array | Int32Array | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.slice().buffer);
}

/** A request whose body is only JSON, without a Content-Type, as clients send it. */
export function jsonRequest(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: new TextEncoder().encode(JSON.stringify(body)), headers };
}

/** A request whose tensors follow the JSON. */
export function binaryRequest(
  body: unknown,
  tensors: readonly Uint8Array[],
  headers: Record<string, string> = {},
) {
  const json = new TextEncoder().encode(JSON.stringify(body));
  return {
    method: 'POST',
    body: new Uint8Array(Buffer.concat([json, ...tensors])),
    headers: { 'Inference-Header-Content-Length': String(json.length), ...headers },
  } satisfies RequestInit;
}

/** A request with the stimuli after the JSON. */
export function withBinaryStimulus(
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  const tensor = bytesOf(PIXELS);
  const parameters = { binary_data_size: tensor.length };
  return binaryRequest({ inputs: [{ ...STIMULUS, parameters }], ...more }, [tensor], headers);
}

/** The JSON of a response, and the tensor after it as numbers. */
export async function readBinaryAnswer(answer: Response) {
  const body = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get('Inference-Header-Content-Length'));
  return {
    json: JSON.parse(body.subarray(0, length).toString()) as unknown,
    values: [...new Float32Array(new Uint8Array(body.subarray(length)).buffer)],
  };
}
