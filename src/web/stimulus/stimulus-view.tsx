import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Figure } from '../figures/figure.js';
import { imageAxes } from '../figures/image-shape.js';
import { Pixels } from '../figures/pixels.js';
import { NeuronPicker } from '../parts/neuron-picker.js';
import { FetchedView, Warnings } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { type StimulusChoice, useStimulusChoice } from './chosen-stimulus.js';
import { contrastLabel } from './contrast-label.js';
import { LargeNeuron } from './large-neuron.js';
import { type Response, renderStimulus } from './rendered-stimulus.js';
import { createResponseStream } from './response-stream.js';
import { ResponseStrip } from './response-strip.js';
import { responsesRequest } from './responses-request.js';
import { StimulusPanel } from './stimulus-panel.js';
import './stimulus.css';

/** Shows a stimulus and the responses to it while the user changes it. */
export function StimulusView() {
  const { service } = usePage();
  const model = useModel();
  const choice = useStimulusChoice();
  const stream = useMemo(() => createResponseStream(service, model), [service, model.card.digest]);
  useEffect(() => stream.close, [stream]);
  const blank = useBlank(stream);
  const fetched = useLatest(choice.text, async (signal): Promise<Response> => {
    const requestedAt = performance.now();
    const rendered = await renderStimulus(service, model, choice.chosen, signal);
    return { rendered, answer: await stream.respond(rendered.pixels), requestedAt };
  });
  return (
    <div class="stimulus-view">
      <StimulusPanel choice={choice} />
      <FetchedView fetched={fetched} waiting="Rendering the stimulus and computing the responses…">
        {(response) => <Seen response={response} choice={choice} blank={blank} />}
      </FetchedView>
    </div>
  );
}

interface SeenProps {
  readonly response: Response;
  readonly choice: StimulusChoice;
  readonly blank: Float32Array | undefined;
}

function Seen({ response, choice, blank }: SeenProps) {
  const { service } = usePage();
  const model = useModel();
  const { ids } = useNeurons();
  const { rendered, answer } = response;
  const milliseconds = useTimeToPicture(response);
  const request = responsesRequest(service, model, choice.chosen);
  const { height, width } = rendered;
  return (
    <div class="seen">
      <div class="seen-pixels">
        <Figure
          title="What the network sees"
          name="stimulus"
          array={{ data: rendered.pixels, shape: imageAxes(rendered) }}
          requests={[rendered.request]}
          caption={`${height} x ${width} pixels, 0 black to 1 white. ${contrastLabel(rendered, model.card)}.`}
        >
          <Pixels
            label="The stimulus, pixel by pixel"
            values={rendered.pixels}
            height={height}
            width={width}
          />
        </Figure>
        <Warnings warnings={rendered.warnings} />
        <p class="quiet timing" data-milliseconds={milliseconds?.toFixed(1)}>
          {milliseconds === undefined
            ? ' '
            : `${milliseconds.toFixed(0)} ms from request to picture, of which ${answer.times.infer.toFixed(1)} ms in the engine`}
        </p>
      </div>
      <div class="seen-responses">
        <NeuronPicker />
        <LargeNeuron response={response} blank={blank} request={request} />
        <ResponseStrip responses={answer.responses} blank={blank} chosen={ids} request={request} />
      </div>
    </div>
  );
}

/** Requests the responses to the blank image. */
function useBlank({ respond }: ReturnType<typeof createResponseStream>): Float32Array | undefined {
  const { height, width, channels, backgroundGray } = useModel().card.stimulus;
  const [blank, setBlank] = useState<Float32Array>();
  useEffect(() => {
    let there = true;
    const pixels = new Float32Array(height * width * channels).fill(backgroundGray);
    respond(pixels).then(
      ({ responses }) => there && setBlank(responses),
      // The request for the stimulus reports the error.
      () => {},
    );
    return () => {
      there = false;
    };
  }, [respond]);
  return blank;
}

/** Measures the milliseconds from the newest request until its answer is painted. */
function useTimeToPicture(response: Response): number | undefined {
  const [milliseconds, setMilliseconds] = useState<number>();
  const frame = useRef(0);
  useEffect(() => {
    frame.current = requestAnimationFrame(() =>
      setMilliseconds(performance.now() - response.requestedAt),
    );
    return () => cancelAnimationFrame(frame.current);
  }, [response]);
  return milliseconds;
}
