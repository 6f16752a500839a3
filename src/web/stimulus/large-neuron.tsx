import { useEffect, useRef, useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { Figure } from '../figures/figure.js';
import { Sparkline } from '../figures/sparkline.js';
import type { SentRequest } from '../service/service.js';
import { useModel } from '../state/context.js';
import { useNeurons } from '../state/neurons.js';
import type { Response } from './rendered-stimulus.js';

/** Maximum number of responses in the trace. */
const TRACE_LENGTH = 120;

export interface LargeNeuronProps {
  readonly response: Response;
  readonly blank: Float32Array | undefined;
  readonly request: SentRequest;
}

/** Shows the current and the recent responses of the first chosen neuron. */
export function LargeNeuron({ response, blank, request }: LargeNeuronProps) {
  const { card } = useModel();
  const { first } = useNeurons();
  const column = card.neurons.findIndex(({ id }) => id === first);
  const trace = useTrace(first, response, column);
  const value = response.answer.responses[column]!;
  const rest = blank?.[column];
  const { unit } = card.response;
  return (
    <Figure
      title={`Neuron ${first}`}
      name={`neuron-${first}-trace`}
      columns={{ response: trace }}
      requests={[request]}
      caption="Responses to this stimulus and to the previous ones; the newest is on the right."
    >
      <div class="large-neuron">
        <p class="large-value">
          <output aria-label={`Response of neuron ${first}`}>{value.toFixed(3)}</output>
          <span class="quiet"> {unit}</span>
          {rest !== undefined && (
            <span class="quiet small-print">blank image: {rest.toFixed(3)}</span>
          )}
        </p>
        <Sparkline
          label={`The last ${trace.length} responses of neuron ${first}`}
          values={trace}
          width={360}
          height={90}
          colour={seriesColour(0)}
        />
      </div>
    </Figure>
  );
}

/** Collects the last responses of one neuron. */
function useTrace(id: number, response: Response, column: number): readonly number[] {
  const seen = useRef<readonly Response[]>([]);
  const [trace, setTrace] = useState<readonly number[]>([]);
  useEffect(() => {
    if (seen.current.at(-1) !== response)
      seen.current = [...seen.current, response].slice(-TRACE_LENGTH);
    setTrace(seen.current.map(({ answer }) => answer.responses[column]!));
  }, [response, id]);
  return trace;
}
