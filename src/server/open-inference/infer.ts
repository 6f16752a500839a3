import { z } from 'zod';
import { contrastRange } from '../../experiments/canvas.js';
import { selectNeurons } from '../../experiments/neurons.js';
import { respondWithReports } from '../../experiments/spread-warnings.js';
import { reportInChunks } from '../../experiments/stimulus-report.js';
import type { ServedModel } from '../../inference/catalogue.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { bodyClient, readAsSent } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { BINARY, named } from '../operation.js';
import { setReportHeaders, warningsText } from '../report-headers.js';
import { modelRoute } from '../route.js';
import { scheduleResponses } from '../schedule-responses.js';
import { REPORT_HEADERS } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { timed } from '../timing.js';
import { compress, decompress } from './encoding.js';
import { InferBody } from './infer-body.js';
import type { ReadInference } from './infer-request.js';
import { modelTensors, SPREAD } from './model-tensors.js';

const Inference = named(
  'Inference',
  z.strictObject({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: z
      .strictObject({ warnings: z.string().describe('as X-Stimulus-Warnings has them') })
      .optional(),
    outputs: z.array(
      z.strictObject({
        name: z.string(),
        datatype: z.literal('FP32'),
        shape: z.array(z.int()),
        data: z.array(z.number()),
      }),
    ),
  }),
);

/** Stimuli in, responses out, as tensors. */
export function inferRoutes(deps: AppDependencies) {
  const { clock, limits, decoder } = deps;
  return modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v2/models/:model/infer',
      id: 'infer',
      tag: 'protocol',
      summary: 'Stimuli in, responses out, as tensors',
      description:
        'One input `stimulus` [n, height, width], or [n, height, width, 3] of a model in colour, FP32 (0..1) or UINT8 (0..255), and perhaps ' +
        '`neurons` [k], INT32; one output `responses` [n, k], FP32; an ensemble also gives ' +
        '`spread` [n, k]. A binary body is the JSON, then ' +
        'the tensors; with a header length of 0 it is the stimuli alone, as float32.',
      deadline: true,
      headers: {
        'Inference-Header-Content-Length': {
          description: 'bytes of the JSON in a binary body, once it is decompressed',
          schema: z.string().regex(/^\d{1,10}$/),
        },
      },
      body: {
        required: true,
        content: {
          'application/json': named('InferenceRequest', InferBody),
          'application/octet-stream': BINARY,
        },
      },
      answers: {
        200: {
          description: 'Responses',
          content: { 'application/json': Inference, 'application/octet-stream': BINARY },
          headers: {
            ...REPORT_HEADERS,
            'Inference-Header-Content-Length': 'bytes of the JSON, where tensors follow it',
          },
        },
      },
    },
    async (c, { service, model, deadline: patience }) => {
      const sent = await readAsSent(c, deps);
      const request = await timed(c, clock, 'decode', async () => {
        const body = await decompress(sent, c.req.header('Content-Encoding'), limits.maxBody);
        const headerLength = c.req.header('Inference-Header-Content-Length');
        const { stimulus: image, neurons } = model.card;
        const outputs = modelTensors(model.card).outputs.map(({ name }) => name);
        const task = { body, headerLength, image, neurons: neurons.length, outputs, limits };
        const read = await decoder.inference(task, bodyClient(c, deps));
        return { ...read, reports: await reportInChunks(contrastRange(model), read) };
      });
      const { priority } = request;
      const { columns } = selectNeurons(model.card, request.neurons);
      const deadline = earlier(patience, readTimeout(c, request));
      const respond = (images: Stimuli, asked: Int32Array) => {
        const scheduled = { model, stimuli: images, columns: asked, priority, deadline };
        return scheduleResponses(c, service, scheduled);
      };
      const wantsSpread = request.outputs.some(({ name }) => name === SPREAD);
      const presented = { ...request, model, columns };
      const { reports, ...tensors } = await respondWithReports(presented, { respond }, wantsSpread);
      setReportHeaders(c, reports);
      const computed = { neurons: columns.length, ...tensors, warnings: warningsText(reports) };
      return await timed(c, clock, 'encode', () => answer(c, model, request, computed));
    },
  );
}

/** The results for an answer. */
interface Computed {
  readonly neurons: number;
  readonly mean: Float32Array;
  readonly spread?: Float32Array;
  readonly warnings: string | undefined;
}

async function answer(
  c: AppContext,
  { name, version }: ServedModel,
  { id, stimuli, outputs }: ReadInference,
  { neurons, mean, spread, warnings }: Computed,
): Promise<Response> {
  const tensors = outputs.map((output) => {
    return { ...output, values: output.name === SPREAD ? spread! : mean };
  });
  const json = JSON.stringify({
    model_name: name,
    model_version: String(version),
    ...(id === undefined ? {} : { id }),
    // Clients of this protocol show no headers to their users.
    ...(warnings === undefined ? {} : { parameters: { warnings } }),
    outputs: tensors.map(({ name, binary, values }) => ({
      name,
      datatype: 'FP32',
      shape: [stimuli.count, neurons],
      ...(binary
        ? { parameters: { binary_data_size: values.byteLength } }
        : { data: Array.from(values) }),
    })),
  });
  const header = new TextEncoder().encode(json);
  const behind = tensors.filter(({ binary }) => binary).map(({ values }) => values);
  const isBinary = behind.length > 0;
  const { body, headers } = await compress(c, joined(header, behind));
  return c.body(body, 200, {
    ...headers,
    'Content-Type': isBinary ? 'application/octet-stream' : 'application/json',
    ...(isBinary ? { 'Inference-Header-Content-Length': String(header.length) } : {}),
  });
}

function joined(header: Uint8Array, tensors: readonly Float32Array[]) {
  const parts = tensors.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return new Uint8Array(Buffer.concat([header, ...parts]));
}

/** On the clock by which requests arrive, in milliseconds. */
function readTimeout(c: AppContext, { timeout }: ReadInference): number | undefined {
  return timeout === undefined ? undefined : c.get('request').arrived + timeout / 1000;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
