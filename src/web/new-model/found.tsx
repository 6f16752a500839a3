import { readProblem } from '../../client/problem.js';
import type { IngestReport } from '../../datasets/ingest-request.js';
import { CodeToCopy } from '../parts/code-to-copy.js';
import { FetchedView } from '../parts/notices.js';
import type { Answered } from '../service/service.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { useObjectUrl } from '../state/object-url.js';
import { ReliabilityFigure } from './reliability-figure.js';

interface FoundProps {
  readonly answer: Answered<IngestReport>;
  /** The id of the job. */
  readonly job: string;
}

/** Shows what was found in a recording: in words, as images, and how reliable each neuron is. */
export function Found({ answer: { value, request }, job }: FoundProps) {
  const { card, found } = value;
  return (
    <div class="found-grid">
      <div>
        <dl class="found-rows">
          {found.map(({ name, text }) => (
            <div key={`${name} ${text}`}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <CodeToCopy title="hypercolumn ingest" text={card.command} />
      </div>
      <div>
        <ContactSheet job={job} />
        <ReliabilityFigure neurons={card.neurons} requests={[request]} />
      </div>
    </div>
  );
}

function ContactSheet({ job }: { readonly job: string }) {
  const { service } = usePage();
  const sheet = useFetched(`sheet ${job}`, async (signal) => {
    const url = `${service.origin}/v1/jobs/${job}/result?part=sheet.png`;
    const answer = await service.send(url, { signal });
    if (!answer.ok) throw await readProblem(answer);
    return answer.blob();
  });
  return (
    <FetchedView fetched={sheet} waiting="Loading the images…">
      {(png) => <Sheet png={png} />}
    </FetchedView>
  );
}

function Sheet({ png }: { readonly png: Blob }) {
  const url = useObjectUrl(png);
  if (url === undefined) return null;
  return (
    <figure class="sheet">
      <img src={url} alt="Ten images of the recording, as the model gets them" />
      <figcaption class="caption">
        Check that the images are upright and not transposed. Otherwise open "Correct it".
      </figcaption>
    </figure>
  );
}
