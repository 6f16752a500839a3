import { PayloadTooLargeError } from '../../errors.js';
import { modelCanvas } from '../../experiments/canvas.js';
import { present } from '../../experiments/presentation.js';
import type { StimulusReport } from '../../experiments/stimulus-report.js';
import { stimulusDigests } from '../../stimulus/chunks.js';
import { drawSheet } from '../../stimulus/sheet.js';
import { imageAxes, type Stimuli } from '../../stimulus/stimuli.js';
import { answerAs } from '../answer.js';
import { decodeBody } from '../body/decode-body.js';
import { bodyClient, readBody } from '../body/read-body.js';
import { CanvasQuery, Side } from '../canvas-query.js';
import type { AppContext } from '../context.js';
import { describeContent, IMAGE_FORMATS, TENSOR_FORMATS } from '../formats.js';
import { setReportHeaders } from '../report-headers.js';
import { modelRoute, route } from '../route.js';
import { REPORT_HEADERS, STIMULI } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { StimulusQuery } from '../stimulus-request.js';
import { storedStimuli } from '../store.js';
import { timed } from '../timing.js';

/** The largest PNG. */
const MAX_PIXELS = 2 ** 24;
/** The side of the paper's stimuli. */
const SIDE = 50;

const SheetQuery = CanvasQuery.extend({
  height: Side.default(SIDE),
  width: Side.default(SIDE),
});
const ModelQuery = StimulusQuery.omit({ neurons: true });

const answers = {
  200: {
    description:
      'The stimuli on one sheet, or float32 [stimuli, y, x], in colour [stimuli, y, x, 3]',
    content: { ...describeContent(IMAGE_FORMATS), ...describeContent(TENSOR_FORMATS) },
    headers: REPORT_HEADERS,
  },
} as const;

/** Stimuli as images: as they are rendered, or as they are presented to a model. */
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
    async (c, { query, mediaType }) => {
      const { fit, dtype, channels, ...canvas } = query;
      const target = { ...canvas, channels };
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
      return answerStimuli(c, deps, mediaType, { stimuli, reports, background: target.background });
    },
  );
  const renderForModel = modelRoute(
    deps,
    {
      method: 'POST',
      path: '/v1/models/:model/stimuli',
      id: 'showStimuli',
      tag: 'stimuli',
      summary: 'Stimuli as they are presented to the model, as PNG or .npy',
      query: ModelQuery,
      body: { required: true, content: STIMULI },
      answers,
    },
    async (c, { model, query, mediaType }) => {
      const decoded = await decodeBody(c, deps, model, query);
      const { stimuli, reports } = await timed(c, deps.clock, 'decode', () =>
        present(model, decoded),
      );
      const { background } = modelCanvas(model);
      return answerStimuli(c, deps, mediaType, { stimuli, reports, background });
    },
  );
  return [render, ...renderForModel];
}

interface RenderedStimuli {
  readonly stimuli: Stimuli;
  readonly reports: readonly StimulusReport[];
  /** Gray level of a sheet where there is no stimulus. */
  readonly background: number;
}

async function answerStimuli(
  c: AppContext,
  { clock }: AppDependencies,
  type: keyof (typeof answers)[200]['content'],
  { stimuli, reports, background }: RenderedStimuli,
): Promise<Response> {
  c.get('log').stimuli = stimuli.count;
  setReportHeaders(c, reports);
  const { count, pixels } = stimuli;
  if (type !== 'image/png') {
    const tensor = { values: pixels, shape: [count, ...imageAxes(stimuli)] };
    return answerAs(c, clock, TENSOR_FORMATS, type, tensor);
  }
  if (pixels.length > MAX_PIXELS) {
    throw new PayloadTooLargeError(
      `${pixels.length} pixels; a PNG of at most ${MAX_PIXELS} is made: request fewer stimuli, or for ` +
        '.npy by Accept: application/x-npy',
    );
  }
  return answerAs(c, clock, IMAGE_FORMATS, type, drawSheet(stimuli, background));
}
