import { accepts } from 'hono/accepts';
import { PayloadTooLargeError } from '../../stimulus/errors.js';
import { encodePng } from '../../stimulus/image.js';
import { sheetOf } from '../../stimulus/sheet.js';
import type { Stimuli } from '../../stimulus/stimuli.js';
import { stimulusDigests } from '../../stimulus/turns.js';
import { answerNpy } from '../answer.js';
import { decodeForModel } from '../body/presented.js';
import { bodyClient, readBody } from '../body/read-body.js';
import { CanvasQuery, Side } from '../canvas-query.js';
import { REPORT_HEADERS, STIMULI } from '../openapi/parts.js';
import { BINARY } from '../operation.js';
import { reportHeaders } from '../report-headers.js';
import { modelRoute, route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { canvasOf, StimulusQuery, type StimulusReport } from '../stimulus-request.js';
import { storedStimuli } from '../stored.js';
import { type AppContext, timed } from '../trace.js';

/** The most that one PNG may hold. */
const MOST_PIXELS = 2 ** 24;
/** The side of the paper's stimuli. */
const SIDE = 50;

const SheetQuery = CanvasQuery.extend({
  height: Side.default(SIDE),
  width: Side.default(SIDE),
});
const ModelQuery = StimulusQuery.omit({ neurons: true });

const answers = {
  200: {
    description: 'The stimuli on one sheet, or float32 [stimuli, y, x]',
    content: { 'image/png': BINARY, 'application/x-npy': BINARY },
    headers: REPORT_HEADERS,
  },
} as const;

/** Stimuli to look at: as they are rendered, or as a model is presented with them. */
export function stimulusRoutes(deps: AppDependencies) {
  const { clock, limits, decoder } = deps;
  const render = route(
    deps,
    {
      method: 'POST',
      path: '/v1/stimuli',
      id: 'renderStimuli',
      tag: 'stimuli',
      summary: 'Renders gratings, gabors, bars, noise and more, as PNG or .npy',
      query: SheetQuery,
      body: { required: true, content: STIMULI },
      answers,
    },
    async (c, { query }) => {
      const { fit, dtype, ...target } = query;
      const body = await readBody(c, deps);
      const contentType = c.req.header('Content-Type');
      const { stimuli, reports } = await timed(c, clock, 'decode', async () => {
        const asker = 'the canvas is';
        const decoded = await decoder.stimuli(
          { contentType, body, target, asker, limits, fit, dtype },
          bodyClient(c, deps, storedStimuli(deps)),
        );
        const digests = await stimulusDigests(decoded.stimuli);
        const reported = digests.map((digest, i) => ({ digest, warnings: decoded.notes[i]! }));
        return { ...decoded, reports: reported };
      });
      return answerStimuli(c, deps, stimuli, target.background, reports);
    },
  );
  const renderForModel = modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v1/models/:model/stimuli',
      id: 'showStimuli',
      tag: 'stimuli',
      summary: 'Stimuli as the model is shown them, as PNG or .npy',
      query: ModelQuery,
      body: { required: true, content: STIMULI },
      answers,
    },
    async (c, { model, query }) => {
      const { stimuli, reports } = await decodeForModel(c, deps, model, query);
      return answerStimuli(c, deps, stimuli, canvasOf(model).background, reports);
    },
  );
  return [render, ...renderForModel];
}

async function answerStimuli(
  c: AppContext,
  { clock }: AppDependencies,
  stimuli: Stimuli,
  background: number,
  reports: readonly StimulusReport[],
): Promise<Response> {
  c.get('trace').stimuli = stimuli.count;
  for (const [name, value] of reportHeaders(reports)) c.header(name, value);
  const { count, height, width, pixels } = stimuli;
  const type = accepts(c, {
    header: 'Accept',
    supports: ['image/png', 'application/x-npy'],
    default: 'image/png',
  });
  if (type === 'application/x-npy') return answerNpy(c, clock, pixels, [count, height, width]);
  if (pixels.length > MOST_PIXELS) {
    throw new PayloadTooLargeError(
      `${pixels.length} pixels; a PNG of at most ${MOST_PIXELS} is made: ask for fewer stimuli, or for ` +
        '.npy by Accept: application/x-npy',
    );
  }
  const png = await timed(c, clock, 'encode', () => encodePng(sheetOf(stimuli, background)));
  return c.body(new Uint8Array(png), 200, { 'Content-Type': type });
}
